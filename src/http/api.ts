import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { UNREADABLE } from '../checked.js';
import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { AuditLog } from '../telemetry/audit-log.js';
import type { Logger } from '../telemetry/log.js';
import type { Access, Identity } from './access.js';
import { errorAnswerSchema } from './contract/error.js';
import { answerOf, failureOf } from './error-answer.js';
import type { RequestFailure } from './error-answer.js';
import { BODY_FAILURES, COMMON_FAILURES } from './failures.js';
import { IDEMPOTENCY_KEY, IdempotentAnswers } from './idempotency.js';
import { allows } from './role.js';
import type { Role } from './role.js';
import { NOTHING } from './route-shapes.js';
import type { ApiRequest, Change, Empty, Reading, RouteShape, Stream } from './route-shapes.js';
import { RateStore } from './rate-store.js';

/** A part of the API. It declares its routes, without the prefix `/v1`. */
export type ApiFeature = (api: Api) => void;

export interface ApiServices {
  readonly access: Access;
  readonly auditLog: AuditLog;
  readonly log: Logger;
  readonly requestsPerMinute: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    requires?: Role;
    /** What may go wrong, for the documentation. */
    errors?: readonly ErrorCode[];
    /** Set on routes that change something. */
    action?: string;
    /** Routes outside of the API that its documentation shows. */
    documented?: FastifySchema;
  }
  interface FastifyRequest {
    identity: Identity | AppError;
    audited: boolean;
  }
}

const KEY_HEADER = 'idempotency-key';
const keyHeader = z.looseObject({
  [KEY_HEADER]: z
    .string()
    .regex(IDEMPOTENCY_KEY, 'expected 1 to 200 visible ASCII characters')
    .optional()
    .describe(
      'The same for a request that is sent again: it is done once, and answered alike. Kept for a day.',
    ),
});

/** Declares routes; how they are guarded, checked, audited and answered is the same for all of them. */
export class Api {
  readonly #app: FastifyInstance;
  readonly #auditLog: AuditLog;
  readonly #access: Access;
  readonly #answers = new IdempotentAnswers();

  constructor(app: FastifyInstance, auditLog: AuditLog, access: Access) {
    this.#app = app;
    this.#auditLog = auditLog;
    this.#access = access;
  }

  /** A route that changes nothing. */
  read<
    R extends z.ZodType,
    P extends z.ZodType = Empty,
    Q extends z.ZodType = Empty,
    B extends z.ZodType = Empty,
  >(route: Reading<P, Q, B, R>): void {
    this.#add(route, route.method ?? 'GET', {}, (request) =>
      route.handler(partsOf(request, () => undefined)),
    );
  }

  /** A route that changes something: every use of it, also one that is refused, is a line of the audit log. */
  change<
    R extends z.ZodType,
    P extends z.ZodType = Empty,
    Q extends z.ZodType = Empty,
    B extends z.ZodType = Empty,
  >(route: Change<P, Q, B, R>): void {
    const { action, keyed = false } = route;
    this.#add(route, route.method ?? 'POST', { action }, async (request, reply) => {
      const notes: string[] = [];
      const parts = partsOf<z.output<P>, z.output<Q>, z.output<B>>(request, (text) => notes.push(text));
      const about = { action, target: route.target(parts) };
      const noted = (): { note?: string } => (notes.length === 0 ? {} : { note: notes.join('; ') });
      request.audited = true;
      try {
        const act = async (): Promise<unknown> => route.handler(parts);
        const answer = keyed ? await this.#once(request, reply, parts, act) : await act();
        await this.#auditLog.write({ ...whoOf(request), ...about, result: 'ok', ...noted() });
        return answer;
      } catch (error) {
        const { code, statusCode } = failureOf(error).error;
        const result = statusCode < 500 ? 'refused' : 'failed';
        await this.#auditLog.write({ ...whoOf(request), ...about, result, code, ...noted() });
        throw error;
      }
    });
  }

  /** A route whose answer goes on. */
  stream<Q extends z.ZodType = Empty>(route: Stream<Q>): void {
    const { url, summary, description, errors = [], requires, query, headers, contentType } = route;
    this.#app.route({
      method: 'GET',
      url,
      config: { requires, errors: [...COMMON_FAILURES, ...errors] },
      schema: {
        summary,
        ...(description === undefined ? {} : { description }),
        params: NOTHING,
        querystring: query ?? NOTHING,
        ...(headers === undefined ? {} : { headers }),
        response: {
          200: { description: 'What comes.', content: { [contentType]: { schema: z.string() } } },
          '4xx': errorAnswerSchema,
          '5xx': errorAnswerSchema,
        },
      },
      handler: (request, reply) => {
        const { raw, headers: sent } = request;
        route.handler({
          query: request.query as z.output<Q>,
          headers: sent,
          response: reply.raw,
          isAllowed: () => {
            const now = this.#access.identify({
              remoteAddress: raw.socket.remoteAddress,
              headers: raw.headers,
            });
            return !(now instanceof AppError) && allows(now.role, requires);
          },
        });
        reply.hijack();
      },
    });
  }

  /** The first of the requests with that key, or the answer of it. */
  async #once(
    request: FastifyRequest,
    reply: FastifyReply,
    { identity, params, query, body, note }: ApiRequest<unknown, unknown, unknown>,
    act: () => Promise<unknown>,
  ): Promise<unknown> {
    const key = request.headers[KEY_HEADER];
    if (typeof key !== 'string') return act();
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    const content = { params, query, body };
    const { answer, replayed } = await this.#answers.once({ who: identity.name, key, route, content }, act);
    if (replayed) {
      reply.header('idempotent-replayed', 'true');
      note('done before, with the same key');
    }
    return answer;
  }

  #add(
    route: RouteShape<z.ZodType, z.ZodType, z.ZodType, z.ZodType> & { readonly keyed?: boolean },
    method: string,
    config: { action?: string },
    handler: (request: FastifyRequest, reply: FastifyReply) => unknown,
  ): void {
    const { url, summary, description, requires, params, query, body, response, bodyLimitBytes } = route;
    const errors: ErrorCode[] = [
      ...COMMON_FAILURES,
      ...(body === undefined ? [] : BODY_FAILURES),
      ...(route.keyed === true ? (['idempotency_key_reused'] as const) : []),
      ...(route.errors ?? []),
    ];
    this.#app.route({
      method,
      url,
      config: { ...config, requires, errors },
      ...(bodyLimitBytes === undefined ? {} : { bodyLimit: bodyLimitBytes }),
      schema: {
        summary,
        ...(description === undefined ? {} : { description }),
        ...(route.keyed === true ? { headers: keyHeader } : {}),
        params: params ?? NOTHING,
        querystring: query ?? NOTHING,
        ...(method === 'GET' ? {} : { body: body ?? NOTHING }),
        response: { 200: response, '4xx': errorAnswerSchema, '5xx': errorAnswerSchema },
      },
      handler,
    });
  }
}

function partsOf<P, Q, B>(request: FastifyRequest, note: (text: string) => void): ApiRequest<P, Q, B> {
  return {
    params: request.params as P,
    query: request.query as Q,
    body: request.body as B,
    identity: knownIdentity(request),
    note,
  };
}

function knownIdentity({ identity }: FastifyRequest): Identity {
  if (identity instanceof AppError) throw identity;
  return identity;
}

function refusalOf({ routeOptions, identity }: FastifyRequest): AppError | null {
  const { requires } = routeOptions.config;
  if (requires === undefined) return null;
  if (identity instanceof AppError) return identity;
  if (allows(identity.role, requires)) return null;
  return new AppError('forbidden', `${identity.name} is ${identity.role}; this needs ${requires}.`);
}

function whoOf(request: FastifyRequest): { who: string; role: string; address: string } {
  const { identity } = request;
  const known = identity instanceof AppError ? { name: '', role: '' } : identity;
  return { who: known.name, role: known.role, address: request.ip };
}

/**
 * What every route of the API goes through, in this order: who is it, not too often, allowed, a valid request. To be
 * registered with the prefix `/v1`.
 */
export async function apiPlugin(
  app: FastifyInstance,
  options: { readonly services: ApiServices; readonly features: readonly ApiFeature[] },
): Promise<void> {
  const { access, auditLog, log, requestsPerMinute } = options.services;
  app.setValidatorCompiler((route) => {
    const validate = validatorCompiler(route as never);
    // A request without a body is one that says nothing.
    return (data: unknown) => {
      try {
        return validate(route.httpPart === 'body' ? (data ?? {}) : data);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        return { error: new AppError('invalid_request', `${route.httpPart ?? 'body'}: ${UNREADABLE}`) };
      }
    };
  });
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('identity');
  app.decorateRequest('audited', false);

  app.addHook('onRequest', (request, reply, done) => {
    request.identity = access.identify({
      remoteAddress: request.socket.remoteAddress,
      headers: request.headers,
    });
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    done();
  });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    store: RateStore,
    keyGenerator: ({ ip, identity }) => `${identity instanceof AppError ? '' : identity.name}@${ip}`,
    errorResponseBuilder: () => new AppError('rate_limited'),
  });
  // Before the body is read.
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    done(refusalOf(request));
  });

  app.setErrorHandler(async (thrown, request, reply) => {
    const failure = failureOf(thrown);
    const { code } = failure.error;
    if (code === 'internal') log.error({ err: thrown, path: request.routeOptions.url }, 'request failed');
    const { action } = request.routeOptions.config;
    if (action !== undefined && !request.audited) {
      await auditLog.write({ ...whoOf(request), action, target: pathOf(request), result: 'refused', code });
    }
    return answerFailure(reply, failure);
  });
  const api = new Api(app, auditLog, access);
  for (const feature of options.features) feature(api);
}

/** Without the query: what is in it may be anything. */
function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}

export function answerFailure(reply: FastifyReply, failure: RequestFailure): FastifyReply {
  if (failure.error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  return reply.code(failure.error.statusCode).type('application/json').send(answerOf(failure));
}
