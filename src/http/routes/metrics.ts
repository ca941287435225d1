import type { FastifyInstance } from 'fastify';
import { AppError } from '../../errors.js';
import type { Access } from '../access.js';
import { answerFailure } from '../api.js';

/** What Prometheus asks for. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** Whoever asks more often gets the same again: making it takes milliseconds, in which calls wait. */
const FRESH_MS = 250;

/** `GET /metrics`. @param options access: absent, everybody may see it */
export function metricsRoute(
  app: FastifyInstance,
  options: { readonly page: MetricsPage; readonly access?: Access },
  done: () => void,
): void {
  const { page, access } = options;
  let text: Promise<string> | undefined;
  let madeMs = 0;
  const fresh = (): Promise<string> => {
    const nowMs = performance.now();
    if (text === undefined || nowMs - madeMs > FRESH_MS) {
      text = page.render();
      madeMs = nowMs;
    }
    return text;
  };
  app.get('/metrics', async (request, reply) => {
    const identity = access?.identify({
      remoteAddress: request.socket.remoteAddress,
      headers: request.headers,
    });
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (identity instanceof AppError) return answerFailure(reply, { error: identity });
    return reply.type(page.contentType).send(await fresh());
  });
  done();
}
