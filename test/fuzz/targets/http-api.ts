import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { writeFileSync, mkdirSync } from 'node:fs';
import { configSchema } from '../../../src/config/schema.js';
import { startDaemon } from '../../../src/daemon.js';
import { asText, asTexts, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { Scratch } from '../support/scratch.js';
import { defineTarget, must } from '../target.js';

const FLOW = `start: ask
blocks:
  ask: { type: get_digits, prompt: { silence_ms: 10 }, next: end, exits: { no_input: end, no_match: end, error: end } }
  end: { type: end }
`;
const RECORD = '{"record_id":"rec_1","contact_id":"u1","started_at":"2026-01-01T00:00:00.000Z"}\n';

const TOKENS = {
  viewer: 'viewer-token-0123456789abcdef',
  operator: 'operator-token-0123456789abcdef',
  admin: 'admin-token-0123456789abcdef',
};
/** In the thread that hunts, and not where the target is only looked at. */
async function started(): Promise<number> {
  const folder = new Scratch().emptied();
  mkdirSync(path.join(folder, 'flows'));
  writeFileSync(path.join(folder, 'flows/main.yaml'), FLOW);
  writeFileSync(path.join(folder, 'functions.yaml'), 'functions: { a: { url: "http://127.0.0.1:9/" } }\n');
  writeFileSync(path.join(folder, 'contacts.jsonl'), RECORD);
  const config = configSchema.parse({
    listen: { host: '127.0.0.1', port: 0 },
    http: {
      host: '127.0.0.1',
      port: 0,
      rate_limit: { per_minute: 1_000_000 },
      tokens: Object.entries(TOKENS).map(([role, token]) => ({ name: role, role, token })),
    },
    log: { level: 'silent' },
    flows: { folder: path.join(folder, 'flows'), versions_folder: path.join(folder, '.versions') },
    functions: { file: path.join(folder, 'functions.yaml') },
    records: { file: path.join(folder, 'contacts.jsonl'), state_folder: path.join(folder, 'state') },
    actions: { entries: { main: { flow: 'main' }, list: { list: [{ application: 'answer' }] } } },
  });
  return (await startDaemon(config)).httpPort;
}

let port: Promise<number> | undefined;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Answers of a handler that did not see something coming. Not implemented, bad gateway, unavailable and time-out are said. */
function judge({ status, type, body }: Answer): void {
  must(status !== 500 && status >= 200 && status < 600, `status ${status}: ${body.slice(0, 300)}`);
  if (status < 400 || !type.startsWith('application/json')) return;
  const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
  must(
    typeof error?.code === 'string' && typeof error.message === 'string',
    `an error without code and message: ${body.slice(0, 200)}`,
  );
  must(!/\bat .*:\d+:\d+|node_modules/.test(body), `a stack is shown: ${body.slice(0, 300)}`);
}

/** Header values as Node lets them be sent; what it does not is sent by `raw`. */
function headersOf(value: JsonValue | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, text] of Object.entries(asTexts(value))) {
    if (
      !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ||
      /[^\t\x20-\x7e\x80-\xff]/.test(text) ||
      /^(?:transfer-encoding|upgrade|expect|connection|content-length)$/i.test(name)
    )
      continue;
    Object.defineProperty(headers, name, { value: text, enumerable: true });
  }
  return headers;
}

async function ask(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<Answer | undefined> {
  const at = await (port ??= started());
  return new Promise((resolve) => {
    const request = http.request({
      host: '127.0.0.1',
      port: at,
      method,
      path: url,
      headers,
      agent: false,
      timeout: 5000,
    });
    request.on('error', () => resolve(undefined));
    request.on('timeout', () => request.destroy());
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      const { statusCode: status = 0, headers: told } = response;
      const done = (): void =>
        resolve({ status, type: told['content-type'] ?? '', body: Buffer.concat(chunks).toString() });
      // An endless answer.
      if (told['content-type']?.startsWith('text/event-stream') === true) {
        request.destroy();
        done();
        return;
      }
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('close', done);
    });
    request.end(body);
  });
}

/** Bytes that are no request, or half of one. */
async function sendRaw(bytes: Buffer): Promise<string> {
  const at = await (port ??= started());
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect(at, '127.0.0.1');
    socket.setTimeout(200, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1').slice(0, 2000)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.end(bytes);
  });
}

const OPERATIONS = [
  ['GET', '/v1/calls'], ['GET', '/v1/calls/u1'], ['POST', '/v1/calls/u1/hangup', { cause: 'USER_BUSY' }], ['POST', '/v1/calls/u1/transfer', { extension: '1', context: 'default' }], ['POST', '/v1/calls/u1/run', { actions: [{ application: 'answer' }] }],
  ['POST', '/v1/calls/u1/attach', { flow: 'main' }], ['POST', '/v1/calls', { to: 'user/1000', flow: 'main' }], ['GET', '/v1/originations?limit=5'], ['GET', '/v1/flows'], ['GET', '/v1/flows/main'], ['GET', '/v1/flows/main/diagram'],
  ['POST', '/v1/flows/check', { flows: { main: FLOW } }], ['POST', '/v1/flows/test', { flow: 'main', cases: [] }], ['GET', '/v1/acl/lists'], ['POST', '/v1/acl/test', { address: '192.0.2.1', list: 'lan' }], ['POST', '/v1/acl/lists/lan/entries', { network: '192.0.2.1', type: 'allow' }],
  ['GET', '/v1/callbacks/dead-letters?limit=1'], ['POST', '/v1/callbacks/dead-letters/redeliver', {}], ['GET', '/v1/audit'], ['GET', '/v1/switches'], ['POST', '/v1/reload', { dry_run: true }], ['POST', '/v1/fs', { command: 'status' }],
  ['GET', '/v1/records?limit=2&from=2026-01-01T00:00:00Z'], ['GET', '/v1/records/u1'], ['GET', '/v1/functions'], ['GET', '/v1/functions/a'], ['POST', '/v1/functions/a/test', { parameters: {} }], ['PUT', '/v1/functions/a', { url: 'http://127.0.0.1:9/' }], ['DELETE', '/v1/functions/none'],
  ['GET', '/v1/events?types=call.started'], ['GET', '/v1/actions/main?number=1&caller=2&uuid=u1&format=json'], ['POST', '/v1/actions/main?format=httapi', 'session_id=1&Caller-Caller-ID-Number=3'], ['GET', '/v1/actions/list?token=1.AAAAAA.AAAA'],
  ['GET', '/metrics'], ['GET', '/healthz'], ['GET', '/readyz'], ['GET', '/openapi.json'], ['GET', '/docs'],
] as const satisfies readonly (readonly [string, string, JsonValue?])[]; // prettier-ignore

export const target = defineTarget<JsonValue>({
  name: 'http-api',
  about:
    'Requests to a running daemon by every role, with any path, query, headers and body, and bytes that are no request: never a 500, never a stack, errors with code and message, and the daemon answers the next one.',
  covers: ['http/', 'action-server/', 'wiring/'],
  form: jsonForm([
    'method', 'url', 'headers', 'body', 'role', 'raw', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'viewer', 'operator', 'admin', 'application/json', 'application/x-www-form-urlencoded', 'text/plain', 'idempotency-key', 'content-type', 'accept', 'authorization', 'Bearer ', 'traceparent', 'webhook-id', 'webhook-signature', 'last-event-id', 'if-none-match', 'host', 'x-forwarded-for',
    'limit', 'cursor', 'from', 'to', 'actions', 'application', 'data', 'flow', 'flows', 'parameters', 'network', 'address', 'command', 'extension', 'context', 'cause', 'dry_run', '?', '&', '%2e%2e/', '%00', '..;/', '//', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'Transfer-Encoding: chunked\r\n', 'Content-Length: 5\r\n', '0\r\n\r\n',
    ...OPERATIONS.map(([, url]) => url),
  ]), // prettier-ignore
  seeds: [
    ...OPERATIONS.map(([method, url, body]): JsonValue => ({
      method,
      url,
      role: 'admin',
      headers: {
        'content-type': typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json',
      },
      ...(body === undefined ? {} : { body }),
    })),
    {
      raw: 'POST /v1/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nabcde\r\n0\r\n\r\n',
    },
    { raw: 'GET /v1/calls HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n' },
  ],
  maxHeapMb: 512,
  async run(input) {
    const raw = partOf(input, 'raw');
    if (raw !== undefined) {
      const answers = await sendRaw(Buffer.from(asText(raw)));
      must(!/^HTTP\/1\.1 500/m.test(answers), `status 500: ${answers.slice(0, 300)}`);
      return;
    }
    const method = asText(partOf(input, 'method'));
    if (!http.METHODS.includes(method) || method === 'CONNECT') return;
    const url = `/${asText(partOf(input, 'url')).replace(/^\//, '')}`.replaceAll(
      /[^\x21-\x7e]/g,
      (character) => encodeURIComponent(Buffer.from(character).toString()),
    );
    const role = asText(partOf(input, 'role'));
    const headers = headersOf(partOf(input, 'headers'));
    if (Object.hasOwn(TOKENS, role))
      headers['authorization'] ??= `Bearer ${TOKENS[role as keyof typeof TOKENS]}`;
    const body = partOf(input, 'body');
    const answer = await ask(
      method,
      url,
      headers,
      typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body),
    );
    if (answer !== undefined && method !== 'HEAD') judge(answer);
    else if (answer === undefined)
      must((await ask('GET', '/healthz', {}, ''))?.status === 200, 'the daemon does not answer any more');
  },
});
