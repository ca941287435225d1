import type { ErrorCode } from '../errors.js';
import type { Failure } from '../http-client/failure.js';
import type { ResponseResult } from './response.js';

/** What an HTTP failure is to a flow. What is not here keeps its code. */
const BY_CAUSE: Partial<Record<ErrorCode, ErrorCode>> = {
  dns_failed: 'function_unreachable',
  connect_refused: 'function_unreachable',
  connect_timeout: 'function_unreachable',
  tls_failed: 'function_unreachable',
  egress_refused: 'function_unreachable',
  circuit_open: 'function_unreachable',
  response_timeout: 'function_timeout',
  too_large: 'function_too_large',
  not_json: 'function_not_understood',
};

/** The code with which a flow's error exit is taken; the detail names the cause. */
export function failureCode({ code, detail, status }: Failure): ResponseResult {
  if (code === 'http_status') return { ok: false, code: byStatus(status ?? 0), detail };
  const own = BY_CAUSE[code];
  if (own === undefined) return { ok: false, code, detail };
  return { ok: false, code: own, detail: own === 'function_unreachable' ? `${code}: ${detail}` : detail };
}

function byStatus(status: number): ErrorCode {
  if (status === 429) return 'function_throttled';
  return status >= 500 ? 'function_exception' : 'function_status';
}
