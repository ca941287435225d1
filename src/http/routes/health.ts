import type { FastifyInstance } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { healthSchema } from '../contract/health.js';
import type { Health, HealthState } from '../health.js';

/** `/healthz`: is the process of use? A draining daemon is: killing it would cost calls. */
const ALIVE: Readonly<Record<HealthState, boolean>> = {
  ok: true,
  degraded: true,
  draining: true,
  down: false,
};
/** `/readyz`: may it be given new calls? */
const READY: Readonly<Record<HealthState, boolean>> = {
  ok: true,
  degraded: true,
  draining: false,
  down: false,
};

export function healthRoutes(
  app: FastifyInstance,
  options: { readonly health: () => Health },
  done: () => void,
): void {
  app.setSerializerCompiler(serializerCompiler);
  const answer = (
    path: string,
    passes: Readonly<Record<HealthState, boolean>>,
    schema: { readonly summary: string; readonly description: string },
  ): void => {
    const documented = { ...schema, response: { 200: healthSchema, 503: healthSchema } };
    app.get(path, { config: { documented }, schema: documented }, async (_request, reply) => {
      const { state, calls, reasons } = options.health();
      return reply
        .code(passes[state] ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: state, calls, reasons: [...reasons] });
    });
  };
  answer('/healthz', ALIVE, {
    summary: 'Is the process of use?',
    description: '200 unless it is `down`. A draining daemon is of use: killing it would cost calls.',
  });
  answer('/readyz', READY, {
    summary: 'May it be given new calls?',
    description: '200 while it is `ok` or `degraded`, 503 while it is `draining` or `down`.',
  });
  done();
}
