import type { FastifyInstance } from 'fastify';
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
  const answer = (path: string, passes: Readonly<Record<HealthState, boolean>>): void => {
    app.get(path, async (_request, reply) => {
      const { state, calls, reasons } = options.health();
      return reply
        .code(passes[state] ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: state, calls, reasons });
    });
  };
  answer('/healthz', ALIVE);
  answer('/readyz', READY);
  done();
}
