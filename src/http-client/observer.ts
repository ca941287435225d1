import type { ErrorCode } from '../errors.js';
import type { TraceContext } from './trace-context.js';

/** One try of a request that was made for a call, for whoever counts or follows requests. */
export interface ObservedTry {
  readonly kind: 'app' | 'function';
  /** The endpoint or the function; `''` for a URL that no endpoint matches. */
  readonly peer: string;
  readonly callUuid: string;
  /** Secrets masked; absent where nothing is asked over HTTP. */
  readonly url?: string;
  readonly method?: string;
  /** From 1. */
  readonly attempt: number;
  readonly durationMs: number;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Left out when the answer could be used. */
  readonly code?: ErrorCode;
  /** The span that the peer was told in `traceparent`; absent where nothing was sent. */
  readonly spanId?: string;
  /** The trace to which it belongs, where that is not the call's own. */
  readonly trace?: TraceContext;
}

/** Is told of every try. Must not throw, and must not take time: the call waits. */
export interface RequestObserver {
  tried(one: ObservedTry): void;
  /** Whether the trace is recorded; peers are told in `traceparent`. Absent: they are told that it is. */
  isSampled?(traceId: string): boolean;
}

/** A circuit breaker, as it is right now. */
export interface Circuit {
  /** The origin, or the function. */
  readonly peer: string;
  /** It is left alone, but for the one request that tries again. */
  readonly isOpen: boolean;
}
