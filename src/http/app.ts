import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Health } from './health.js';
import { healthRoutes } from './routes/health.js';

export interface HttpServices {
  /** Asked at every request, so it must be cheap. */
  readonly health: () => Health;
}

/** The daemon's HTTP server, not listening yet. */
export function createHttpApp(services: HttpServices): FastifyInstance {
  const app = Fastify({
    // Nothing here takes a body; a peer that sends slowly or holds connections open is not waited for.
    bodyLimit: 1024,
    requestTimeout: 5000,
    connectionTimeout: 10_000,
    keepAliveTimeout: 5000,
    // A probe that keeps its connection must not keep a stopping daemon alive.
    forceCloseConnections: true,
  });
  app.register(healthRoutes, { health: services.health });
  return app;
}
