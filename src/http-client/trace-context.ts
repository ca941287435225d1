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
