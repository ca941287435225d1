import type { ErrorCode } from '../errors.js';

/** Errors of a connection and time-outs. Certificates, addresses and answers don't get better by asking again. */
const RETRIED: ReadonlySet<ErrorCode> = new Set([
  'dns_failed',
  'connect_refused',
  'connect_timeout',
  'response_timeout',
]);

export function isRetried(code: ErrorCode, status: number | undefined): boolean {
  if (code === 'http_status') return status === 429 || isServerError(status);
  return RETRIED.has(code);
}

/** Whether the failure says that the app is down, for the circuit breaker. */
export function isOutage(code: ErrorCode, status: number | undefined): boolean {
  if (code === 'http_status') return isServerError(status);
  return RETRIED.has(code) || code === 'tls_failed';
}

function isServerError(status: number | undefined): boolean {
  return status !== undefined && status >= 500;
}

/**
 * The pause before the next try.
 * @param failed how many tries failed, from 1
 * @param random from 0 to 1: calls that failed together should not come back together
 */
export function backoffMs(failed: number, delayMs: number, random: number): number {
  return delayMs * 2 ** (failed - 1) * (1 - random / 2);
}

/**
 * What `Retry-After` asks for, in seconds or as a date.
 * @returns milliseconds, or undefined when the header is missing or neither of the two
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Za-z]{3,9},? .*\d/.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
