import type {
  FastifyDynamicSwaggerOptions,
  SwaggerTransform,
  SwaggerTransformObject,
} from '@fastify/swagger';
import { createJsonSchemaTransform } from 'fastify-type-provider-zod';
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import { ERRORS } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import { errorAnswerSchema } from '../contract/error.js';
import { byStatus } from '../failures.js';
import { exampleOf } from './examples/all.js';
import type { Example } from './examples/example.js';

const ABOUT = `Sees and steers the calls of a switchhook daemon.

Send \`Authorization: Bearer <token>\` with a token of \`http.tokens\`; without any configured, the API answers the daemon's own machine alone. Each operation names the least role that may use it: \`viewer\` looks, \`operator\` also acts on calls, \`admin\` also changes the switch and the configuration.

Every error has one shape, \`{"error":{"code":"…","message":"…","detail":"…","remedy":"…","path":"…"}}\`, and its \`code\` is one of docs/reference/errors.md; each operation lists its own. A \`traceparent\` is gone on with. An unknown key or query parameter is an error, with its \`path\`. More than \`http.rate_limit.per_minute\` requests are answered 429 with \`Retry-After\`.`;

const TAGS: Readonly<Record<string, string>> = {
  calls: 'Live calls, and calls that are placed.',
  originations: 'What came of calls that were placed.',
  events: 'The stream of events.',
  flows: 'Flows: programs of blocks.',
  functions: 'The functions that flows invoke.',
  records: 'Contact records of calls that ended.',
  callbacks: 'Status callbacks and what could not be delivered.',
  switches: 'The connections to FreeSWITCH.',
  acl: "FreeSWITCH's access lists.",
  reload: 'Reloading of FreeSWITCH and of the daemon.',
  fs: "FreeSWITCH's terminal.",
  audit: "What is dangerous in a switch's configuration.",
  actions: 'Action lists for FreeSWITCHes that fetch them over HTTP.',
  metrics: 'Figures for Prometheus.',
  health: 'Whether the daemon works, and takes calls.',
};

/** How the OpenAPI document is made of the routes and their schemas. */
export function documentation(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'switchhook', description: ABOUT, version: '1', license: { name: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token of `http.tokens`.' },
        },
      },
    },
    transform,
    transformObject,
  };
}

const toJsonSchema = createJsonSchemaTransform({});
const errorShape = z.toJSONSchema(errorAnswerSchema) as Part;

const transform: SwaggerTransform = (given) => {
  const { url, route } = given;
  const { requires, action, documented, errors = [] } = route.config ?? {};
  if (requires === undefined && documented === undefined) return { schema: { hide: true }, url };
  const own = documented ?? given.schema;
  const { schema } = toJsonSchema({ ...given, schema: own });
  const { summary, description } = own;
  const notes = [
    description,
    requires === undefined ? undefined : `Needs the role \`${requires}\`.`,
    action === undefined ? undefined : `Stands in the audit log as \`${action}\`.`,
  ].filter((note) => note !== undefined);
  const parts = withExamples(withoutEmpty(schema) as Parts, exampleOf(methodOf(route), url));
  return {
    schema: {
      ...parts,
      response: withErrors(parts.response, errors),
      ...(summary === undefined ? {} : { summary }),
      description: notes.join('\n\n'),
      tags: [tagOf(url)],
      operationId: operationIdOf(route, url),
      ...(requires === undefined ? {} : { security: [{ bearer: [] }] }),
    },
    url,
  };
};

/** A JSON Schema, of which only parts are looked at. */
interface Part extends Record<string, unknown> {
  readonly properties?: Readonly<Record<string, object>>;
}

interface Parts extends Record<string, unknown> {
  readonly params?: Part;
  readonly querystring?: Part;
  readonly body?: Part;
  readonly response?: Readonly<Record<string, Part>>;
}

function withExamples(parts: Parts, example: Example | undefined): Parts {
  if (example === undefined) return parts;
  const { params = {}, query = {}, body, answer } = example;
  const answered = parts.response?.['200'];
  return {
    ...parts,
    ...(parts.params === undefined ? {} : { params: withValues(parts.params, params) }),
    ...(parts.querystring === undefined ? {} : { querystring: withValues(parts.querystring, query) }),
    ...(parts.body === undefined ? {} : { body: { ...parts.body, examples: [body] } }),
    ...(answered === undefined
      ? {}
      : {
          response: {
            ...parts.response,
            200: { ...answeredBy(answered, answer), description: answered['description'] ?? 'Done.' },
          },
        }),
  };
}

/** What is no JSON says its type and schema by itself. */
function answeredBy(answered: Part, example: unknown): Part {
  const { content } = answered as { content?: Readonly<Record<string, { readonly schema: object }>> };
  if (content === undefined) return { ...answered, examples: [example] };
  const typed = Object.entries(content).map(([type, { schema }]) => [
    type,
    { schema: { ...schema, examples: [example] } },
  ]);
  return { ...answered, content: Object.fromEntries(typed) as object };
}

function withValues(part: Part, values: Readonly<Record<string, string | number>>): Part {
  const properties = Object.entries(part.properties ?? {}).map(([name, schema]) => [
    name,
    Object.hasOwn(values, name) ? { ...schema, examples: [values[name]] } : schema,
  ]);
  return { ...part, properties: Object.fromEntries(properties) as Record<string, object> };
}

/** Errors have one shape, which need not be told with each of them. */
const transformObject: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const { openapiObject } = document;
  const operations = Object.values(openapiObject.paths ?? {}).flatMap((path) => Object.values(path ?? {}));
  for (const { responses = {} } of operations as { responses?: Record<string, Answered> }[])
    for (const [status, { content }] of Object.entries(responses)) {
      const json = content?.['application/json'];
      if (json?.schema.properties?.['error'] !== undefined && status !== '200')
        json.schema = { $ref: '#/components/schemas/Error' };
    }
  const schemas = { Error: errorShape };
  return { ...openapiObject, components: { ...openapiObject.components, schemas } } as typeof openapiObject;
};

interface Answered {
  readonly content?: Readonly<Record<string, { schema: Part }>>;
}

/** Each status with the codes that it may mean. */
function withErrors(responses: Parts['response'], errors: readonly ErrorCode[]): Parts['response'] {
  const { '4xx': refused, '5xx': failed, ...others } = responses ?? {};
  const shape = refused ?? failed ?? errorShape;
  const told = Array.from(byStatus(errors), ([status, codes]) => {
    const description = codes.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n');
    return [status, { ...shape, description }] as const;
  });
  return { ...others, ...Object.fromEntries(told) };
}

/** What takes nothing is left out. */
function withoutEmpty<T extends object>(schema: T): T {
  const kept = Object.entries(schema).filter(([part, value]) => {
    if (!['params', 'querystring', 'body', 'headers'].includes(part)) return true;
    const properties = (value as { properties?: object } | undefined)?.properties;
    return properties === undefined || Object.keys(properties).length > 0;
  });
  return Object.fromEntries(kept) as T;
}

function tagOf(url: string): string {
  const [first = ''] = url
    .replace(/^\/v1\//, '')
    .replace(/^\//, '')
    .split('/');
  return Object.hasOwn(TAGS, first) ? first : 'health';
}

/** `post_calls_uuid_hangup`: generated clients name their functions by it. */
function operationIdOf(route: RouteOptions, url: string): string {
  const word = methodOf(route);
  const path = url
    .replace(/^\/v1\//, '')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
  return `${word.toLowerCase()}_${path}`;
}

function methodOf({ method }: RouteOptions): string {
  return (Array.isArray(method) ? method[0] : method) ?? '';
}
