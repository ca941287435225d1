import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { ActionServer } from '../../action-server/action-server.js';
import type { ActionAnswer, ActionRequest } from '../../action-server/request.js';
import { AppError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import type { TraceContext } from '../../http-client/trace-context.js';
import { answerFailure } from '../api.js';
import {
  actionBodySchema,
  actionParamsSchema,
  actionQuerySchema,
  actionsSchema,
} from '../contract/actions.js';
import { BODY_FAILURES } from '../failures.js';
import { traceOf } from '../traced.js';

const BODY_LIMIT_BYTES = 64 * 1024;

/** mod_httapi takes nothing but `text/xml`. */
const TYPES: Readonly<Record<ActionAnswer['format'], string>> = {
  json: 'application/json; charset=utf-8',
  switchhook: 'application/json; charset=utf-8',
  httapi: 'text/xml; charset=utf-8',
};

const DOCUMENTATION = {
  summary: 'Actions for a FreeSWITCH that asks for them itself.',
  description:
    'For mod_cti, mod_httapi and dialplans with Lua or mod_curl: docs/guide/action-server.md. An entry is protected by its own `protection`, not by the tokens of the API. Once a call is let in, whatever goes wrong (a replayed, expired, altered or foreign token, a flow that fails) is answered 200 with the fallback actions of the entry and `X-Switchhook-Reason`.',
  params: actionParamsSchema,
  querystring: actionQuerySchema,
  response: { 200: actionsSchema },
};

const FAILURES: readonly ErrorCode[] = [
  'invalid_request',
  'no_such_entry',
  'unauthorized',
  'address_refused',
  'signature_invalid',
  'rate_limited',
  ...BODY_FAILURES,
];

/**
 * `/v1/actions/<entry>`. It is asked by switches, not by operators: entries are protected by themselves, and roles
 * mean nothing here.
 */
export function actionRoutes(
  app: FastifyInstance,
  options: { readonly server: () => ActionServer },
  done: () => void,
): void {
  app.removeAllContentTypeParsers();
  // Signatures are over the body as it came.
  app.addContentTypeParser(
    '*',
    { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
    (_request, body, parsed) => parsed(null, body),
  );
  const route = (method: 'GET' | 'POST', documented: FastifySchema): unknown =>
    app.route({
      method,
      url: '/v1/actions/:entry',
      exposeHeadRoute: false,
      config: { documented, errors: FAILURES },
      handler: (request: Asking, reply) => {
        const server = options.server();
        const { format: given } = request.query as { format?: unknown };
        // Of what is said twice the first counts.
        const format: unknown = Array.isArray(given) ? given[0] : given;
        const answer =
          server.openAnswer(request.params.entry, format, request.headers['user-agent']) ??
          server.answer(new AskedRequest(request, reply));
        if (!(answer instanceof Promise)) return send(reply, answer);
        return answer.then((late) => send(reply, late));
      },
      errorHandler: (error, _request, reply) => {
        if (error instanceof AppError && error.code === 'rate_limited')
          reply.header('retry-after', /\d+/.exec(error.detail)?.[0] ?? '60');
        if (error instanceof AppError) void answerFailure(reply, { error });
        else throw error;
      },
    });
  route('GET', DOCUMENTATION);
  route('POST', { ...DOCUMENTATION, body: actionBodySchema });
  done();
}

function send(reply: FastifyReply, { format, body, reason }: ActionAnswer): FastifyReply {
  reply.isTold = true;
  if (reason !== undefined) reply.header('x-switchhook-reason', reason);
  return reply.header('content-type', TYPES[format]).header('cache-control', 'no-store').send(body);
}

type Asking = FastifyRequest<{ Params: { entry: string } }>;

/** A request, read as far as it is wanted. */
class AskedRequest implements ActionRequest {
  readonly entry: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: ActionRequest['headers'];
  readonly body: string;
  readonly #request: Asking;
  readonly #reply: FastifyReply;

  constructor(request: Asking, reply: FastifyReply) {
    const { params, query, headers, body } = request;
    this.entry = params.entry;
    this.headers = headers;
    this.body = typeof body === 'string' ? body : '';
    const asked = plain(query as Record<string, unknown>);
    this.parameters =
      this.body === '' ? asked : { ...asked, ...told(this.body, headers['content-type'] ?? '') };
    this.#request = request;
    this.#reply = reply;
  }

  get host(): string | undefined {
    return this.#request.raw.headers.host;
  }

  get remoteAddress(): string {
    return this.#request.raw.socket.remoteAddress ?? '';
  }

  get trace(): TraceContext | undefined {
    return traceOf(this.#request);
  }

  onDelivered(listener: (arrived: boolean) => void): void {
    const { raw } = this.#reply;
    raw.once('close', () => listener(raw.writableFinished));
  }
}

/** Of what is said twice the first counts. */
function plain(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  for (const name in values) if (typeof values[name] !== 'string') return firsts(values);
  return values as Readonly<Record<string, string>>;
}

function firsts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(values)) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') found[name] = first;
  }
  return found;
}

/** A form, as mod_httapi posts it, or the body that switchhook posts to apps. */
function told(text: string, contentType: string): Record<string, string> {
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    const found: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const [name, value] of new URLSearchParams(text)) found[name] ??= value;
    return found;
  }
  if (!/^application\/json\b/i.test(contentType)) throw new AppError('unsupported_media_type');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('invalid_request', 'body: not a JSON text');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('invalid_request', 'body: expected an object');
  const { variables, ...fields } = value as Record<string, unknown>;
  const more = typeof variables === 'object' && variables !== null ? variables : {};
  return { ...plain(more as Record<string, unknown>), ...plain(fields) };
}
