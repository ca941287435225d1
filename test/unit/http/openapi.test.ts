import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callRoutes } from '../../../src/http/routes/calls.js';
import { documentationPage } from '../../../src/http/openapi/page.js';
import { EventLog } from '../../../src/events/event-log.js';
import { Readers } from '../../../src/events/readers.js';
import { eventRoutes } from '../../../src/http/routes/events.js';
import { originationRoutes } from '../../../src/http/routes/originations.js';
import { switchRoutes } from '../../../src/http/routes/switches.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

interface Operation {
  summary: string;
  description: string;
  operationId: string;
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content: Record<string, { schema: { properties?: object } }> }>;
}

let api: ApiUnderTest;

beforeEach(() => {
  const none = {} as never;
  api = apiWith([
    callRoutes(none, () => false),
    originationRoutes(none),
    switchRoutes({ states: () => [] }),
    eventRoutes(new Readers(new EventLog(100)), () => 1),
  ]);
});
afterEach(() => api.close());

async function document(): Promise<{ openapi: string; paths: Record<string, Record<string, Operation>> }> {
  return (await api.inject({ url: '/openapi.json' })).json();
}

describe('the OpenAPI document', () => {
  it('is 3.1 and has every route of the API, and the health checks', async () => {
    const { openapi, paths } = await document();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual([
      '/healthz',
      '/readyz',
      '/v1/calls',
      '/v1/calls/{uuid}',
      '/v1/calls/{uuid}/attach',
      '/v1/calls/{uuid}/hangup',
      '/v1/calls/{uuid}/run',
      '/v1/calls/{uuid}/transfer',
      '/v1/events',
      '/v1/originations',
      '/v1/originations/{id}',
      '/v1/originations/{id}/cancel',
      '/v1/switches',
    ]);
    expect(Object.keys(paths['/v1/calls'] ?? {}).sort()).toEqual(['get', 'post']);
  });

  it('says of each operation what it takes, answers and needs', async () => {
    const { paths } = await document();
    const hangup = paths['/v1/calls/{uuid}/hangup']?.['post'];
    expect(hangup?.description).toContain('Needs the role `operator`.');
    expect(hangup?.description).toContain('`call.hangup`');
    expect(hangup?.security).toEqual([{ bearer: [] }]);
    expect(hangup?.parameters?.map(({ name, in: place }) => `${place} ${name}`).sort()).toEqual([
      'header idempotency-key',
      'path uuid',
    ]);
    expect(hangup?.requestBody?.content['application/json']?.schema).toMatchObject({
      properties: { cause: { type: 'string', default: 'NORMAL_CLEARING' } },
      additionalProperties: false,
    });
    expect(hangup?.responses['200']?.content['application/json']?.schema).toMatchObject({
      properties: { uuid: { type: 'string' } },
    });
    expect(hangup?.responses['404']?.content['application/json']?.schema).toEqual({
      $ref: '#/components/schemas/Error',
    });
    const list = paths['/v1/calls']?.['get'];
    expect(list?.parameters?.find(({ name }) => name === 'cursor')).toMatchObject({
      in: 'query',
      required: false,
    });
    expect(list?.requestBody).toBeUndefined();
    expect(paths['/v1/events']?.['get']?.responses['200']?.content).toHaveProperty(['text/event-stream']);
    expect(paths['/healthz']?.['get']?.security).toBeUndefined();
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not in it', async () => {
    const whole = await document();
    for (const [, reference] of JSON.stringify(whole).matchAll(/"\$ref":"([^"]*)"/g)) {
      const found = (reference ?? '')
        .slice(2)
        .split('/')
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], whole);
      expect(found, reference).toBeDefined();
    }
  });
});

describe('the page to read it', () => {
  it('shows every operation, needs no script, and allows none', async () => {
    const response = await api.inject({ url: '/docs' });
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(response.body).not.toMatch(/<script|javascript:|https?:\/\/(?!127\.0\.0\.1)/i);
    const { paths } = await document();
    for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods)))
      expect(response.body).toContain(`id="${operation.operationId}"`);
    expect(response.body).toContain(
      'curl -X POST http://127.0.0.1:8085/v1/calls/0f8fad5b-d9cb-469f-a165-70867728950e/hangup',
    );
  });

  it('makes text of whatever stands in the document', () => {
    const bad = '<img src=x onerror=alert(1)>"\'';
    const page = documentationPage({
      info: { title: bad, description: bad, version: '1' },
      tags: [{ name: bad, description: bad }],
      paths: {
        [`/${bad}`]: {
          get: {
            summary: bad,
            description: `\`${bad}\``,
            tags: [bad],
            operationId: bad,
            parameters: [{ name: bad, in: bad, description: bad, schema: { enum: [bad], default: bad } }],
            requestBody: {
              content: { 'application/json': { schema: { properties: { [bad]: { const: bad } } } } },
            },
          },
        },
      },
    });
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/="[^"]*'/);
  });
});
