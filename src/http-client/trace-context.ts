import { createHash, randomUUID } from 'node:crypto';

/**
 * The value of `traceparent` (W3C Trace Context).
 * @param spanId every request has one of its own, from `newSpanId`
 * @param isSampled whether the trace is recorded
 */
export function traceparent(traceId: string, spanId: string, isSampled = true): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/**
 * The same for all requests of a call, whichever daemon makes them: FreeSWITCH's uuid has the 16 bytes that a W3C
 * trace id needs.
 */
export function traceIdOf(callUuid: string): string {
  const hex = callUuid.replaceAll('-', '').toLowerCase();
  if (/^[0-9a-f]{32}$/.test(hex) && !/^0+$/.test(hex)) return hex;
  return createHash('sha256').update(callUuid).digest('hex').slice(0, 32);
}

/** 8 bytes, never all zero: the 13th digit of a random UUID is its version, 4. */
export function newSpanId(): string {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18);
}

/** The trace of somebody who asked us, and our part in it. */
export interface TraceContext {
  readonly traceId: string;
  /** That in which he asked. */
  readonly parentSpanId: string;
  /** Our own; what is asked on his behalf lies within it. */
  readonly spanId: string;
  /** He records the trace, and so do we. */
  readonly isSampled: boolean;
}

/** Version, trace, span, flags; a later version than 00 may bring more behind them. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Goes on with the trace of a request.
 * @param header its `traceparent`
 * @returns undefined where there is none, or none that means something
 */
export function continuedTrace(header: unknown): TraceContext | undefined {
  if (typeof header !== 'string' || header.length > 512) return undefined;
  const [, version, traceId = '', parentSpanId = '', flags = '', more] = TRACEPARENT.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) return undefined;
  const isSampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, parentSpanId, spanId: newSpanId(), isSampled };
}
