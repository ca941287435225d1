import type { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors.js';
import type { TraceContext } from '../http-client/trace-context.js';
import type { HttpAnswer } from '../telemetry/metrics.js';
import type { ServedRequest } from '../telemetry/traces/request-spans.js';
import type { Access } from './access.js';
import type { ApiFeature, ApiServices } from './api.js';
import { answerFailure, apiPlugin } from './api.js';
import { answerOf, failureOf } from './error-answer.js';
import type { Health } from './health.js';
import { documentation } from './openapi/document.js';
import { documentationRoutes } from './openapi/routes.js';
import { RouteMethods } from './route-methods.js';
import { actionRoutes } from './routes/actions.js';
import type { ActionServer } from '../action-server/action-server.js';
import { healthRoutes } from './routes/health.js';
import { metricsRoute } from './routes/metrics.js';
import type { MetricsPage } from './routes/metrics.js';
import { traceOf } from './traced.js';

declare module 'fastify' {
  interface FastifyReply {
    /** Its route has counted it. */
    isTold: boolean;
  }
}

/** A route that takes more says so. */
const BODY_LIMIT_BYTES = 128 * 1024;
/** A connection on which nothing moves; the longest answer (a reload of the switch) takes less. */
const QUIET_CONNECTION_MS = 120_000;

export interface HttpServices {
  /** Asked at every request, so it must be cheap. */
  readonly health: () => Health;
  /** `/metrics`. `access`: who may see them; absent, everybody. */
  readonly metrics?: { readonly page: MetricsPage; readonly access?: Access };
  /** Told of every answer, but for those of `actions`, which keep their own count. */
  readonly onAnswer?: (answer: HttpAnswer) => void;
  /** Told of answers to requests that go on with a trace (`traceparent`) which is recorded. */
  readonly onTraced?: (request: ServedRequest) => void;
  /** `/v1/actions/<entry>`, with the configuration that is in force. */
  readonly actions?: () => ActionServer;
  /** The API below `/v1`; without it there are only the health checks. */
  readonly api?: ApiServices & { readonly features: readonly ApiFeature[] };
}

/** The daemon's HTTP server, not listening yet. */
export function createHttpApp(services: HttpServices): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // A peer that sends slowly or holds connections open is not waited for.
    requestTimeout: 5000,
    connectionTimeout: QUIET_CONNECTION_MS,
    keepAliveTimeout: 5000,
    // A probe that keeps its connection must not keep a stopping daemon alive.
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => void answerFailure(reply, failureOf(error)),
    clientErrorHandler: refuseGarbage,
  });
  takeEmptyBodies(app);
  const methods = new RouteMethods();
  app.addHook('onRoute', ({ url, method }) => methods.add(url, method));
  app.setErrorHandler((error, _request, reply) => void answerFailure(reply, failureOf(error)));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = methods.at(path);
    if (allowed.length === 0) return answerFailure(reply, { error: new AppError('no_such_route') });
    reply.header('allow', allowed.join(', '));
    const detail = `Allowed: ${allowed.join(', ')}.`;
    return answerFailure(reply, { error: new AppError('method_not_allowed', detail) });
  });
  const { onAnswer } = services;
  if (onAnswer !== undefined) {
    app.decorateReply('isTold', false);
    app.addHook('onResponse', (request, reply, done) => {
      if (reply.isTold) {
        done();
        return;
      }
      const { method, routeOptions } = request;
      onAnswer({
        route: routeOptions.url ?? '',
        method,
        status: reply.statusCode,
        durationMs: reply.elapsedTime,
      });
      done();
    });
  }
  app.decorateRequest('trace');
  const { onTraced } = services;
  if (onTraced !== undefined)
    app.addHook('onResponse', (request, reply, done) => {
      const trace = traceOf(request);
      if (trace?.isSampled === true) onTraced(servedRequest(request, reply, trace));
      done();
    });
  app.register(swagger, documentation());
  app.register(documentationRoutes);
  app.register(healthRoutes, { health: services.health });
  if (services.metrics !== undefined) app.register(metricsRoute, services.metrics);
  if (services.actions !== undefined) app.register(actionRoutes, { server: services.actions });
  if (services.api !== undefined) {
    const { features, ...rest } = services.api;
    app.register(apiPlugin, { prefix: '/v1', services: rest, features });
  }
  return app;
}

/** Clients that always say `application/json` send no bytes where there is nothing to say. */
function takeEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null);
    else void parseJson(request, String(body), done);
  });
}

function servedRequest(
  { method, routeOptions, params }: FastifyRequest,
  { statusCode, elapsedTime }: FastifyReply,
  trace: TraceContext,
): ServedRequest {
  const { uuid } = (params ?? {}) as { uuid?: unknown };
  return {
    trace,
    method,
    route: routeOptions.url ?? '',
    status: statusCode,
    durationMs: elapsedTime,
    ...(typeof uuid === 'string' ? { callUuid: uuid } : {}),
  };
}

/** What isn't HTTP at all gets the shape of every other error, and no more of our time. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const failure = {
    error: new AppError('invalid_request', `Not HTTP as it is understood here (${error.code ?? ''}).`),
  };
  const body = JSON.stringify(answerOf(failure));
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
