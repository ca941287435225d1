import type { FastifyRequest } from 'fastify';
import { continuedTrace } from '../http-client/trace-context.js';
import type { TraceContext } from '../http-client/trace-context.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Use `traceOf`. */
    trace: TraceContext | undefined;
  }
}

/** The trace that a request goes on with; the same however often it is asked for. */
export function traceOf(request: FastifyRequest): TraceContext | undefined {
  const { traceparent } = request.headers;
  if (traceparent === undefined) return undefined;
  return (request.trace ??= continuedTrace(traceparent));
}
