import type { ErrorCode } from '../errors.js';
import type { Health } from './breaker.js';
import { headerOf } from './exchange.js';
import type { ExchangeResult } from './exchange.js';
import { maskUrl } from './mask.js';
import { isOutage, retryAfterMs } from './retry.js';

/** What became of one try that brought nothing usable. */
export interface Failure {
  readonly ok: false;
  readonly health: Health;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly status?: number;
  /** What the peer asked for with `Retry-After`. */
  readonly retryAfterMs?: number;
  /** The connection had been kept for too long: see ExchangeResult. */
  readonly stale?: true;
}

export const GONE: Failure = { ok: false, health: 'unknown', code: 'call_gone', detail: 'the call ended' };

/** No answer came. */
export function exchangeFailure(result: ExchangeResult & { kind: 'failed' }): Failure {
  const isUnclear = result.unsent === true || result.stale === true || !isOutage(result.code, undefined);
  return {
    ok: false,
    health: isUnclear ? 'unknown' : 'bad',
    code: result.code,
    detail: result.detail,
    ...(result.status !== undefined && { status: result.status }),
    ...(result.stale === true && { stale: true }),
  };
}

/**
 * The answer has a status that carries nothing.
 * @param secretNames query parameters that are masked in the detail, in lower case
 */
export function statusFailure(
  answer: ExchangeResult & { kind: 'answer' },
  secretNames: ReadonlySet<string>,
): Failure {
  const { status, headers } = answer;
  const location = headerOf(headers, 'location');
  const waits = status === 429 || status === 503;
  const after = waits ? retryAfterMs(headerOf(headers, 'retry-after'), Date.now()) : undefined;
  let detail = `HTTP ${status}`;
  if (status >= 300 && status < 400 && location !== undefined) {
    const shown = maskUrl(location.slice(0, 200), secretNames);
    detail += ` to ${JSON.stringify(shown)}; redirects are not followed`;
  }
  if (after !== undefined) detail += `, Retry-After ${Math.ceil(after / 1000)} s`;
  return {
    ok: false,
    health: isOutage('http_status', status) ? 'bad' : 'good',
    code: 'http_status',
    detail,
    status,
    ...(after !== undefined && { retryAfterMs: after }),
  };
}
