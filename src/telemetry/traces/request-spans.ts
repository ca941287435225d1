import type { ObservedTry } from '../../http-client/observer.js';
import { newSpanId } from '../../http-client/trace-context.js';
import type { TraceContext } from '../../http-client/trace-context.js';
import type { Span, SpanValue } from './span.js';

/** A request to the daemon's own HTTP server, when its answer is out. */
export interface ServedRequest {
  readonly trace: TraceContext;
  readonly method: string;
  /** As it is declared: `/v1/calls/:uuid`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** The call that it was about. */
  readonly callUuid?: string;
}

/** The part of the daemon in the trace of whoever asked it. */
export function spanOfRequest({ trace, method, route, status, durationMs, callUuid }: ServedRequest): Span {
  const endMs = Date.now();
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    name: route === '' ? method : `${method} ${route}`,
    kind: 'server',
    startMs: endMs - durationMs,
    endMs,
    attributes: known({
      'http.request.method': method,
      'http.route': route === '' ? undefined : route,
      'http.response.status_code': status,
      'switchhook.call.uuid': callUuid,
    }),
    // That a client asked for something wrong is no error of the server (OpenTelemetry's conventions).
    ...(status >= 500 ? { error: String(status) } : {}),
  };
}

/** A request to an app or a function that was made for an answer to such a request. */
export function tryOfRequest(one: ObservedTry, trace: TraceContext): Span {
  const endMs = Date.now();
  return {
    traceId: trace.traceId,
    spanId: one.spanId ?? newSpanId(),
    parentSpanId: trace.spanId,
    ...requestPart(one),
    startMs: endMs - one.durationMs,
    endMs,
  };
}

/** What a try is called, and what is told of it, in whichever trace. */
export function requestPart({
  kind,
  peer,
  url,
  method,
  attempt,
  status,
  code,
}: ObservedTry): Pick<Span, 'name' | 'kind' | 'attributes' | 'error'> {
  return {
    // Few different names, or a collector can't group them.
    name: `${kind} ${peer === '' ? '(url)' : peer}`,
    kind: url === undefined ? 'internal' : 'client',
    attributes: known({
      [`switchhook.${kind === 'app' ? 'endpoint' : 'function'}`]: peer,
      'url.full': url,
      'http.request.method': method,
      'http.response.status_code': status,
      'http.request.resend_count': attempt > 1 ? attempt - 1 : undefined,
      'error.type': code,
    }),
    ...(code === undefined ? {} : { error: code }),
  };
}

/** Text from outside is cut: a collector takes no more either. */
const MAX_TEXT = 500;

/** Those that have a value. */
export function known(
  attributes: Readonly<Record<string, SpanValue | undefined>>,
): Readonly<Record<string, SpanValue>> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [[key, typeof value === 'string' ? value.slice(0, MAX_TEXT) : value] as const],
    ),
  );
}
