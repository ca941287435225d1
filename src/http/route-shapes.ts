import type { ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ErrorCode } from '../errors.js';
import type { Identity } from './access.js';
import type { Role } from './role.js';

/** What a handler may return: what its schema describes, read-only or not. */
export type Answer<T> = T extends (infer Item)[]
  ? readonly Answer<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Answer<T[Key]> }
    : T;

export interface ApiRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly identity: Identity;
  /** Adds to the line of the audit log what came of it: `2 calls lost`. Neither digits nor secrets. */
  readonly note: (text: string) => void;
}

export interface RouteShape<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
> {
  /** Below `/v1`: `/calls/:uuid`. */
  readonly url: string;
  readonly summary: string;
  readonly requires: Role;
  /** Strict objects, so that a mistyped key is an error; without one nothing may be sent there. */
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response: R;
  readonly bodyLimitBytes?: number;
  /** More than the summary, for the documentation. */
  readonly description?: string;
  /** What may go wrong besides what may with every route, for the documentation. */
  readonly errors?: readonly ErrorCode[];
}

interface Route<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
> extends RouteShape<P, Q, B, R> {
  /** May throw AppError: its status and code are answered. */
  readonly handler: (
    request: ApiRequest<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Answer<z.output<R>> | Promise<Answer<z.output<R>>>;
}

/** Strict, so that nothing may be sent. */
export const NOTHING = z.strictObject({});
export type Empty = typeof NOTHING;

export interface Reading<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
> extends Route<P, Q, B, R> {
  /** POST where the question needs a body. */
  readonly method?: 'GET' | 'POST';
}

export interface Change<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
> extends Route<P, Q, B, R> {
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `call.hangup` */
  readonly action: string;
  /** What may not be done twice: clients may send an `Idempotency-Key`. */
  readonly keyed?: boolean;
  /** What it is about, for the audit log; neither digits nor secrets. */
  readonly target: (request: {
    readonly params: z.output<P>;
    readonly query: z.output<Q>;
    readonly body: z.output<B>;
  }) => string;
}

/** Answers that go on for as long as the client reads. */
export interface Stream<Q extends z.ZodType> {
  readonly url: string;
  readonly summary: string;
  readonly description?: string;
  readonly errors?: readonly ErrorCode[];
  readonly requires: Role;
  readonly query?: Q;
  readonly headers?: z.ZodType;
  /** What comes, for the documentation. */
  readonly contentType: string;
  /** Throws AppError before it writes anything, or takes the response over. */
  readonly handler: (request: StreamRequest<z.output<Q>>) => void;
}

export interface StreamRequest<Query> {
  readonly query: Query;
  readonly headers: FastifyRequest['headers'];
  /** To be written to; closed by whoever closes first. */
  readonly response: ServerResponse;
  /** Whether the token still counts, and for this. */
  readonly isAllowed: () => boolean;
}
