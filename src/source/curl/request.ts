import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { ErrorCode } from '../../errors.js';
import { sign } from '../../http-client/signature.js';
import { newSpanId, traceparent } from '../../http-client/trace-context.js';
import type { CallView } from '../port.js';
import type { Endpoint } from './endpoint.js';
import type { RequestBody } from './request-body.js';

/** One question to an app. Its tries carry the same body and the same webhook-id. */
export interface Question {
  readonly url: URL;
  /** With the query; what stands in the request line. */
  readonly path: string;
  readonly body: string;
  readonly messageId: string;
}

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
    messageId: endpoint.signers.length === 0 ? '' : `msg_${randomUUID()}`,
  };
}

/** One try of a question: its headers and body, and the span that they name. */
export function tryOf(
  endpoint: Endpoint,
  asked: Question,
  { traceId, isSampled }: { readonly traceId: string; readonly isSampled: boolean },
): { readonly options: Dispatcher.DispatchOptions; readonly spanId: string } {
  const spanId = newSpanId();
  const headers = [...endpoint.headers, 'traceparent', traceparent(traceId, spanId, isSampled)];
  if (asked.messageId !== '') sign(headers, endpoint.signers, asked.messageId, asked.body);
  const body = asked.body === '' ? null : asked.body;
  return { options: { path: asked.path, method: endpoint.method, headers, body }, spanId };
}

function bodyOf(endpoint: Endpoint, call: CallView, failure: ErrorCode | undefined): string {
  const body: RequestBody = {
    uuid: call.uuid,
    caller_id_number: call.get('caller_id_number') ?? '',
    caller_id_name: call.get('caller_id_name') ?? '',
    destination_number: call.get('destination_number') ?? '',
    context: call.get('context') ?? '',
    // Entries of an object made of untrusted names: `__proto__` must stay an ordinary key.
    variables: Object.fromEntries(
      endpoint.variables.flatMap((name) => {
        const value = call.get(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    ...(failure !== undefined && { cti_error: failure }),
  };
  return JSON.stringify(body);
}
