import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
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

const DOCUMENTATION = {
  summary: 'Figures for Prometheus.',
  description:
    'In its text format. With `metrics.access: token`, which is the default, with any token of `http.tokens`; docs/guide/monitoring.md has the names.',
  response: {
    200: { description: 'The figures.', content: { 'text/plain': { schema: z.string() } } },
  },
};

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
  const config = { documented: DOCUMENTATION, errors: ['unauthorized', 'not_local'] as const };
  app.get('/metrics', { config }, async (request, reply) => {
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
