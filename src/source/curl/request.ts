import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { ErrorCode } from '../../errors.js';
import { sign } from '../../http-client/signature.js';
import { traceIdOf, traceparent } from '../../http-client/trace-context.js';
import type { CallView } from '../port.js';
import type { Endpoint } from './endpoint.js';

/** One question to an app. Its tries carry the same body and the same webhook-id. */
export interface Question {
  readonly url: URL;
  /** With the query; what stands in the request line. */
  readonly path: string;
  readonly body: string;
  readonly traceId: string;
  readonly messageId: string;
}

/** Fields of the caller profile that a POST carries, by FreeSWITCH's own names. */
const PROFILE_FIELDS = ['caller_id_number', 'caller_id_name', 'destination_number', 'context'] as const;

/** @param failure for the fallback URL: what went wrong before */
export function question(endpoint: Endpoint, call: CallView, url: URL, failure?: ErrorCode): Question {
  const path = url.pathname + url.search;
  const isPost = endpoint.method === 'POST';
  const withFailure =
    failure === undefined || isPost ? path : `${path}${url.search === '' ? '?' : '&'}cti_error=${failure}`;
  return {
    url,
    path: withFailure,
    body: isPost ? bodyOf(endpoint, call, failure) : '',
    traceId: traceIdOf(call.uuid),
    messageId: endpoint.signers.length === 0 ? '' : `msg_${randomUUID()}`,
  };
}

/** The headers and body of one try. */
export function dispatchOptions(endpoint: Endpoint, asked: Question): Dispatcher.DispatchOptions {
  const headers = [...endpoint.headers, 'traceparent', traceparent(asked.traceId)];
  if (asked.messageId !== '') sign(headers, endpoint.signers, asked.messageId, asked.body);
  return { path: asked.path, method: endpoint.method, headers, body: asked.body === '' ? null : asked.body };
}

function bodyOf(endpoint: Endpoint, call: CallView, failure: ErrorCode | undefined): string {
  const body: Record<string, unknown> = { uuid: call.uuid };
  for (const field of PROFILE_FIELDS) body[field] = call.get(field) ?? '';
  // Entries of an object made of untrusted names: `__proto__` must stay an ordinary key.
  body['variables'] = Object.fromEntries(
    endpoint.variables.flatMap((name) => {
      const value = call.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  if (failure !== undefined) body['cti_error'] = failure;
  return JSON.stringify(body);
}
