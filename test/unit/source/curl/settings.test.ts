import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  SECRET_PATHS,
  appDefaultsSchema,
  egressSchema,
  endpointSchema,
} from '../../../../src/source/curl/settings.js';

function problems(schema: z.ZodType, value: unknown): string[] {
  const parsed = schema.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
}

describe('the defaults', () => {
  it('are those of the documentation', () => {
    expect(appDefaultsSchema.parse({})).toEqual({
      connect_timeout_ms: 1000,
      try_timeout_ms: 3000,
      total_timeout_ms: 8000,
      tries: 3,
      retry_delay_ms: 100,
      connections: 256,
      keep_alive_ms: 4000,
      policy: 'default',
      breaker: { failures: 10, open_ms: 10_000 },
    });
  });

  it('leave an endpoint empty', () => {
    expect(endpointSchema.parse({})).toEqual({
      match: [],
      method: 'GET',
      variables: [],
      headers: {},
      signing_secrets: [],
      secret_parameters: [],
    });
  });
});

describe('an endpoint', () => {
  const SECRET = Buffer.alloc(24, 7).toString('base64');

  it('may have everything', () => {
    expect(
      problems(endpointSchema, {
        url: 'https://a.example/{destination_number}',
        match: ['https://a.example', 'https://b.example/ivr/'],
        method: 'POST',
        variables: ['digits', 'sip_h_X-Customer'],
        headers: { Authorization: 'Bearer x', 'X-Key': 'y' },
        signing_secrets: [`whsec_${SECRET}`, SECRET],
        secret_parameters: ['customer'],
        fallback_url: 'https://b.example/fallback',
        fallback_actions: [{ application: 'bridge', data: 'user/operator' }],
        while_waiting: { play: 'tone_stream://%(200,300,440)' },
        ca_file: 'ca.pem',
        client_cert_file: 'c.pem',
        client_key_file: 'k.pem',
        try_timeout_ms: 500,
        policy: 'strict',
      }),
    ).toEqual([]);
  });

  it.each([
    ['url', { url: 'https://{host}/' }],
    ['url', { url: 'https://u:p@a.example/' }],
    ['url', { url: 'ftp://a.example/' }],
    ['match.0', { match: ['a.example'] }],
    ['match.0', { match: ['https://a.example/{x}'] }],
    ['match.0', { match: ['https://a.example/?x'] }],
    ['method', { method: 'PUT' }],
    ['headers.Host', { headers: { Host: 'x' } }],
    ['headers.Content-Length', { headers: { 'Content-Length': '5' } }],
    ['headers.traceparent', { headers: { traceparent: 'x' } }],
    ['headers.X Y', { headers: { 'X Y': 'x' } }],
    ['headers.X', { headers: { X: 'a\r\nY: b' } }],
    ['headers.X', { headers: { X: 'a\u0000' } }],
    ['headers.X', { headers: { X: 'π' } }],
    ['signing_secrets.0', { signing_secrets: ['too short'] }],
    ['signing_secrets.0', { signing_secrets: [Buffer.alloc(10).toString('base64')] }],
    ['variables.0', { variables: ['a b'] }],
    ['fallback_actions.0', { fallback_actions: [{ application: 'a', dta: 'x' }] }],
    ['tries', { tries: 0 }],
    ['', { unknown: 1 }],
  ])('names %s in %j', (path, value) => expect(problems(endpointSchema, value)).toContain(path));
});

describe('egress', () => {
  it.each([
    ['allowed_origins.0', { allowed_origins: ['a.example'] }],
    ['allowed_origins.0', { allowed_origins: ['https://a.example/path'] }],
    ['allowed_addresses.0', { allowed_addresses: ['10.0.0'] }],
    ['denied_addresses.0', { denied_addresses: ['10.0.0.0/33'] }],
    ['denied_addresses.0', { denied_addresses: ['a.example'] }],
  ])('names %s in %j', (path, value) => expect(problems(egressSchema, value)).toContain(path));
});

describe('secrets', () => {
  it('are marked in the schema where the list says', () => {
    const found: string[] = [];
    const walk = (schema: unknown, path: string): void => {
      const node = schema as Record<string, unknown>;
      if (node['secret'] === true) found.push(path);
      for (const [key, value] of Object.entries((node['properties'] as object | undefined) ?? {})) {
        walk(value, `${path}.${key}`);
      }
      for (const key of ['items', 'additionalProperties']) {
        if (typeof node[key] === 'object') walk(node[key], `${path}.*`);
      }
    };
    walk(z.toJSONSchema(endpointSchema, { io: 'input' }), 'endpoints.*');
    expect(found.sort()).toEqual([...SECRET_PATHS].sort());
  });

  it('leave relative paths to the loader', () => {
    const schema = z.toJSONSchema(endpointSchema, { io: 'input' });
    expect(schema.properties?.['ca_file']).toMatchObject({ type: 'string', path: true });
  });
});
