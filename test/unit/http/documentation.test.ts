import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../../src/config/schema.js';
import { startDaemon } from '../../../src/daemon.js';
import type { Daemon } from '../../../src/daemon.js';
import { ERRORS } from '../../../src/errors.js';
import { EXAMPLES } from '../../../src/http/openapi/examples/all.js';
import { createLogger } from '../../../src/telemetry/log.js';

/** The API is to be learnt from its own documentation: nothing of what somebody needs is left out anywhere. */

interface Content {
  readonly schema?: Record<string, unknown> & { readonly examples?: readonly unknown[] };
  readonly example?: unknown;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Record<string, unknown>;
    readonly example?: unknown;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, Content>> }>
  >;
}

interface Listed {
  readonly name: string;
  readonly operation: Operation;
}

let daemon: Daemon;
let operations: Listed[];
let page: string;

beforeAll(async () => {
  const log = createLogger({ level: 'silent', format: 'json' });
  daemon = await startDaemon(configSchema.parse({ listen: { port: 0 }, http: { port: 0 } }), { log });
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${daemon.httpPort}${path}`);
  const document = (await (await get('/openapi.json')).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      operation,
    })),
  );
  page = await (await get('/docs')).text();
});
afterAll(() => daemon.stop());

/** All of them at a time, so that one run tells all that is missing. */
function lacking(isThere: (listed: Listed) => boolean): string[] {
  return operations.filter((one) => !isThere(one)).map(({ name }) => name);
}

function fits(schema: Record<string, unknown> | undefined, value: unknown): string | undefined {
  const parsed = z.fromJSONSchema(schema as never).safeParse(JSON.parse(JSON.stringify(value)));
  return parsed.success ? undefined : parsed.error.message;
}

describe('every operation', () => {
  it('is there at all', () => {
    expect(operations.length).toBeGreaterThan(40);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });

  it('has a summary and a description that says more', () => {
    expect(lacking(({ operation: { summary = '' } }) => /^[A-Z].*[.?]$/.test(summary))).toEqual([]);
    const own = (description: string): string =>
      description
        .split('\n\n')
        .filter((part) => !/^(Needs the role|Stands in the audit log)/.test(part))
        .join('\n\n');
    expect(lacking(({ operation: { description = '' } }) => own(description).length > 20)).toEqual([]);
  });

  it('says what each parameter and each key of the body is', () => {
    const silent = operations.flatMap(({ name, operation: { parameters = [], requestBody } }) => {
      const { properties = {} } = (requestBody?.content['application/json']?.schema ?? {}) as {
        properties?: Record<string, { description?: string }>;
      };
      return [
        ...parameters.flatMap((one) => (one.description === undefined ? [`${name}: ${one.name}`] : [])),
        ...Object.entries(properties).flatMap(([key, { description }]) =>
          description === undefined ? [`${name}: body.${key}`] : [],
        ),
      ];
    });
    expect(silent).toEqual([]);
  });

  it('has an example that its schemas take, with whatever has to be sent', () => {
    const bad = operations.flatMap(({ name, operation: { parameters = [], requestBody, responses } }) => {
      const answers = Object.values(responses['200']?.content ?? {});
      const problems = [
        ...parameters.map(({ name: parameter, required = false, schema, example }) =>
          example === undefined ? (required ? `${parameter} has none` : undefined) : fits(schema, example),
        ),
        ...(requestBody === undefined
          ? []
          : [
              fits(
                requestBody.content['application/json']?.schema,
                requestBody.content['application/json']?.example,
              ),
            ]),
        answers.length === 1 ? undefined : 'no answer',
        ...answers.map(({ schema, example = schema?.examples?.[0] }) =>
          example === undefined ? 'no answer' : fits(schema, example),
        ),
      ];
      return problems.flatMap((problem) => (problem === undefined ? [] : [`${name}: ${problem}`]));
    });
    expect(bad).toEqual([]);
  });

  it('has its errors, each with its meaning, under the status with which it is answered', () => {
    const bad = operations.flatMap(({ name, operation: { responses } }) =>
      Object.entries(responses).flatMap(([status, { description = '' }]) => {
        if (status === '200' || name.includes('z ') || /\/(healthz|readyz)$/.test(name)) return [];
        return description.split('\n\n').flatMap((part) => {
          const [, code = '', meaning] = /^`(\w+)`: (.+)$/.exec(part) ?? [];
          const known = ERRORS[code as keyof typeof ERRORS] as (typeof ERRORS)['internal'] | undefined;
          return known?.message === meaning && String(known?.statusCode) === status
            ? []
            : [`${name} ${status}: ${part}`];
        });
      }),
    );
    expect(bad).toEqual([]);
    const guarded = operations.filter(({ name }) => name.includes('/v1/'));
    for (const { name, operation } of guarded)
      expect(Object.keys(operation.responses), name).toEqual(
        expect.arrayContaining(['400', '401', '403', '429']),
      );
  });

  it('is on the page, with what to type and what comes', () => {
    expect(page).toContain(
      'curl -X POST http://127.0.0.1:8085/v1/calls/0f8fad5b-d9cb-469f-a165-70867728950e/hangup',
    );
    expect(page).toContain('-d &#39;{&quot;cause&quot;:&quot;USER_BUSY&quot;}&#39;');
    expect(page).toContain('<code>call_not_controlled</code>');
    expect(lacking(({ operation }) => page.includes(`id="${operation.operationId}"`))).toEqual([]);
    expect(page).not.toContain('…&#39;');
  });
});

describe('the examples', () => {
  it('are of operations that there are', () => {
    const names = operations.map(({ name }) => name);
    expect(Object.keys(EXAMPLES).filter((name) => !names.includes(name))).toEqual([]);
  });
});
