import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../../src/errors.js';
import type { ApiFeature } from '../../../src/http/api.js';
import type { Role } from '../../../src/http/role.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

const things: ApiFeature = (api) => {
  const params = z.strictObject({ name: z.string() });
  for (const requires of ['viewer', 'operator', 'admin'] as const) {
    api.read({
      url: `/needs/${requires}`,
      summary: 'A thing to look at.',
      requires,
      response: z.object({ who: z.string() }),
      handler: ({ identity }) => ({ who: identity.name }),
    });
  }
  api.read({
    url: '/things/:name',
    summary: 'One thing.',
    requires: 'viewer',
    params,
    query: z.strictObject({ big: z.enum(['true', 'false']).optional() }),
    response: z.object({ name: z.string(), big: z.boolean() }),
    handler: ({ params: { name }, query }) => ({ name, big: query.big === 'true' }),
  });
  api.change({
    url: '/things/:name',
    summary: 'Change a thing.',
    requires: 'operator',
    params,
    body: z.strictObject({
      list: z.array(z.strictObject({ size: z.number() })).default([]),
      label: z.string().max(10).default(''),
      mode: z.enum(['ok', 'gone', 'broken', 'wrong answer']).default('ok'),
    }),
    response: z.object({ sizes: z.number() }),
    action: 'thing.change',
    target: ({ params: { name } }) => `thing ${name}`,
    handler: ({ body: { list, mode }, note }) => {
      note('half done');
      if (mode === 'gone') throw new AppError('call_gone', 'it left');
      if (mode === 'broken') throw new Error('the password is hunter2');
      return { sizes: mode === 'wrong answer' ? ('none' as never) : list.length };
    },
  });
};

let api: ApiUnderTest;
afterEach(() => api.close());

function start(options?: Parameters<typeof apiWith>[1]): ApiUnderTest {
  api = apiWith([things], options);
  return api;
}

async function post(
  payload: unknown,
  role: Role = 'operator',
  url = '/v1/things/a',
): Promise<{ status: number; body: unknown }> {
  const response = await api.inject({
    method: 'POST',
    url,
    headers: api.as(role),
    payload: payload as object,
  });
  return { status: response.statusCode, body: response.json() };
}

describe('roles', () => {
  it.each([
    ['viewer', [200, 403, 403]],
    ['operator', [200, 200, 403]],
    ['admin', [200, 200, 200]],
  ] as const)('%s may do what its role and the lower ones may', async (role, expected) => {
    start();
    const statuses = [];
    for (const needed of ['viewer', 'operator', 'admin'])
      statuses.push((await api.inject({ url: `/v1/needs/${needed}`, headers: api.as(role) })).statusCode);
    expect(statuses).toEqual(expected);
  });

  it.each([
    ['no header', {}],
    ['an unknown token', { authorization: 'Bearer admin-token-0123456789abcdee' }],
    ['a prefix of a token', { authorization: 'Bearer admin-token-0123456789abcde' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
    ['the token in the query', {}],
    ['two of them', { authorization: 'Bearer admin-token-0123456789abcdef, Bearer x' }],
  ])('refuses %s', async (title, headers) => {
    start();
    const query = title.includes('query') ? '?token=admin-token-0123456789abcdef' : '';
    const response = await api.inject({ url: `/v1/needs/viewer${query}`, headers });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(response.json()).toMatchObject({
      error: { code: 'unauthorized', remedy: expect.stringContaining('Bearer') as string },
    });
  });

  it('asks for a token before it reads the body', async () => {
    start();
    const response = await api.inject({ method: 'POST', url: '/v1/things/a', payload: 'x'.repeat(500_000) });
    expect(response.statusCode).toBe(401);
  });

  it('leaves the health checks open', async () => {
    start();
    expect((await api.inject('/healthz')).statusCode).toBe(200);
    expect((await api.inject('/readyz')).statusCode).toBe(200);
  });
});

describe('without tokens', () => {
  const loopback = { remoteAddress: '127.0.0.1', headers: { host: '127.0.0.1:8085' } };

  async function ask(from: { remoteAddress: string; headers: Record<string, string> }): Promise<number> {
    return (await api.inject({ url: '/v1/needs/admin', ...from })).statusCode;
  }

  it.each([
    ['127.0.0.1', 'localhost:8085'],
    ['127.9.9.9', '127.0.0.1'],
    ['::1', '[::1]:8085'],
    ['::ffff:127.0.0.1', 'LOCALHOST'],
  ])('this machine is admin: %s as %s', async (remoteAddress, host) => {
    start({ tokens: false });
    expect(await ask({ remoteAddress, headers: { host } })).toBe(200);
  });

  it.each([
    ['192.0.2.7', '127.0.0.1:8085'],
    ['::ffff:192.0.2.7', '127.0.0.1:8085'],
    ['2001:db8::1', '[::1]:8085'],
    ['127.0.0.1', 'rebound.example:8085'],
    ['127.0.0.1', 'localhost.example'],
    ['127.0.0.1', '127.0.0.1.example'],
    ['127.0.0.1', '10.0.0.1:8085'],
  ])('others are nobody: %s as %s', async (remoteAddress, host) => {
    start({ tokens: false });
    const response = await api.inject({ url: '/v1/needs/viewer', remoteAddress, headers: { host } });
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ error: { code: 'not_local' } });
  });

  it.each([
    ['origin', 'https://evil.example', 403],
    ['origin', 'null', 403],
    ['origin', 'http://127.0.0.1:9999', 403],
    ['origin', 'http://127.0.0.1:8085', 200],
    ['sec-fetch-site', 'cross-site', 403],
    ['sec-fetch-site', 'same-site', 403],
    ['sec-fetch-site', 'same-origin', 200],
    ['sec-fetch-site', 'none', 200],
    ['x-forwarded-for', '192.0.2.7', 403],
    ['forwarded', 'for=192.0.2.7', 403],
    ['via', '1.1 proxy', 403],
  ])('a browser or proxy lends nobody its address: %s: %s is %i', async (name, value, status) => {
    start({ tokens: false });
    expect(await ask({ ...loopback, headers: { ...loopback.headers, [name]: value } })).toBe(status);
  });
});

describe('a request', () => {
  it('is answered by its schema', async () => {
    start();
    const response = await api.inject({ url: '/v1/things/a%20b?big=true', headers: api.as('viewer') });
    expect(response.json()).toEqual({ name: 'a b', big: true });
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  it('says where it is wrong', async () => {
    start();
    expect(await post({ list: [{ size: 1 }, { size: 'two' }] })).toEqual({
      status: 400,
      body: {
        error: {
          code: 'invalid_request',
          message: 'The request is not valid.',
          detail: 'body.list[1].size: Invalid input: expected number, received string',
          remedy: expect.any(String) as string,
          path: 'body.list[1].size',
        },
      },
    });
    const query = await api.inject({ url: '/v1/things/a?big=huge', headers: api.as('viewer') });
    expect(query.json()).toMatchObject({ error: { path: 'query.big' } });
    const unknown = await api.inject({ url: '/v1/things/a?bigg=true', headers: api.as('viewer') });
    expect(unknown.json()).toMatchObject({
      error: { code: 'invalid_request', detail: expect.stringContaining('bigg') as string },
    });
  });

  it('may come without a body and with the type of one', async () => {
    start();
    const headers = { ...api.as('operator'), 'content-type': 'application/json' };
    const ask = (method: 'POST' | 'DELETE') => api.inject({ method, url: '/v1/things/a', headers });
    expect((await ask('POST')).statusCode).toBe(200);
    const refused = await ask('DELETE');
    expect(refused.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
  });

  it('may come without a body where nothing must be said', async () => {
    start();
    const response = await api.inject({ method: 'POST', url: '/v1/things/a', headers: api.as('operator') });
    expect(response.json()).toEqual({ sizes: 0 });
  });

  it.each([
    ['no JSON', { 'content-type': 'application/json' }, '{"secret": hunter2}', 400, 'invalid_request'],
    ['blank JSON', { 'content-type': 'application/json' }, ' ', 400, 'invalid_request'],
    ['a prototype', { 'content-type': 'application/json' }, '{"__proto__":{"x":1}}', 400, 'invalid_request'],
    ['a list', { 'content-type': 'application/json' }, '[]', 400, 'invalid_request'],
    [
      'a length that is none',
      { 'content-type': 'application/json' },
      '{"label":{"length":{"toString":""}}}',
      ...([400, 'invalid_request'] as const),
    ],
    ['plain text', { 'content-type': 'text/plain' }, '{}', 415, 'unsupported_media_type'],
    [
      'a form',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'mode=ok',
      415,
      'unsupported_media_type',
    ],
    ['too much', { 'content-type': 'application/json' }, `"${'x'.repeat(200_000)}"`, 413, 'body_too_large'],
  ])('with %s as its body is refused', async (_title, headers, payload, status, code) => {
    start();
    const response = await api.inject({
      method: 'POST',
      url: '/v1/things/a',
      headers: { ...api.as('operator'), ...headers },
      payload,
    });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ error: { code } });
    expect(response.body).not.toContain('hunter2');
  });

  it.each([
    ['GET', '/v1/nothing', 404, 'no_such_route', undefined],
    ['GET', '/nothing', 404, 'no_such_route', undefined],
    ['GET', '/v1/things/a/b', 404, 'no_such_route', undefined],
    ['DELETE', '/v1/things/a', 405, 'method_not_allowed', 'GET, HEAD, POST'],
    ['OPTIONS', '/v1/things/a', 405, 'method_not_allowed', 'GET, HEAD, POST'],
    ['POST', '/healthz', 405, 'method_not_allowed', 'GET, HEAD'],
    ['GET', '/v1/things/%zz', 400, 'invalid_request', undefined],
    ['GET', `/v1/things/${'x'.repeat(300)}`, 400, 'invalid_request', undefined],
  ] as const)('%s %s is %i %s', async (method, url, status, code, allow) => {
    start();
    const response = await api.inject({ method, url, headers: api.as('admin') });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({
      error: { code, message: expect.any(String) as string, remedy: expect.any(String) as string },
    });
    expect(response.headers.allow).toBe(allow);
  });

  it('that is no HTTP is answered in the same shape', async () => {
    const url = new URL(await start().listen());
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(url.port), url.hostname, () => socket.write('auth ClueCon\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
      error: { code: 'invalid_request' },
    });
  });

  it('that meets a defect learns nothing of it', async () => {
    start();
    for (const mode of ['broken', 'wrong answer']) {
      const { status, body } = await post({ mode });
      expect(status).toBe(500);
      expect(JSON.stringify(body)).toContain('"internal"');
      expect(JSON.stringify(body)).not.toContain('hunter2');
    }
    expect(api.log.join('')).toContain('hunter2');
  });
});

describe('the rate limit', () => {
  it('is per token, and for those without one', async () => {
    start({ perMinute: 3 });
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await api.inject({ url: '/v1/needs/viewer', headers })).statusCode;
    const statuses = [];
    for (let count = 0; count < 4; count += 1) statuses.push(await ask(api.as('viewer')));
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect(await ask(api.as('admin'))).toBe(200);
    const guesses = [];
    for (let count = 0; count < 4; count += 1)
      guesses.push(await ask({ authorization: `Bearer guess-${count}` }));
    expect(guesses).toEqual([401, 401, 401, 429]);
    const response = await api.inject({ url: '/v1/needs/viewer', headers: api.as('viewer') });
    expect(response.json()).toMatchObject({ error: { code: 'rate_limited' } });
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect((await api.inject('/healthz')).statusCode).toBe(200);
  });
});

describe('the audit log', () => {
  it('has a line for every change, with what came of it', async () => {
    start();
    await post({}, 'admin');
    await post({ mode: 'gone' });
    await post({ mode: 'broken' });
    const base = {
      role: 'operator',
      who: 'operator',
      address: '127.0.0.1',
      action: 'thing.change',
      note: 'half done',
    };
    expect(await api.audit()).toMatchObject([
      { ...base, who: 'admin', role: 'admin', target: 'thing a', result: 'ok' },
      { ...base, target: 'thing a', result: 'refused', code: 'call_gone' },
      { ...base, target: 'thing a', result: 'failed', code: 'internal' },
    ]);
    expect((await api.audit())[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('has a line for what was refused before it began, too', async () => {
    start();
    await post({}, 'viewer');
    await post({ list: 7 });
    await api.inject({ method: 'POST', url: '/v1/things/a?token=hunter2' });
    expect(await api.audit()).toMatchObject([
      { who: 'viewer', action: 'thing.change', target: '/v1/things/a', result: 'refused', code: 'forbidden' },
      {
        who: 'operator',
        action: 'thing.change',
        target: '/v1/things/a',
        result: 'refused',
        code: 'invalid_request',
      },
      { who: '', action: 'thing.change', target: '/v1/things/a', result: 'refused', code: 'unauthorized' },
    ]);
  });

  it('has none for what is only looked at', async () => {
    start();
    await api.inject({ url: '/v1/needs/viewer', headers: api.as('viewer') });
    await api.inject({ url: '/v1/needs/admin', headers: api.as('viewer') });
    expect(await api.audit()).toEqual([]);
  });

  it('keeps to one line whatever the target holds', async () => {
    start();
    await post({}, 'operator', `/v1/things/${encodeURIComponent('a\nb\u001b[2J')}`);
    const lines = await api.audit();
    expect(lines).toHaveLength(1);
    expect(lines[0]?.target).toBe('thing a\nb\u001b[2J');
  });

  it('falls back to the log when its file cannot be written', async () => {
    start({ auditFile: '/nowhere/at/all/audit.jsonl' });
    expect((await post({})).status).toBe(200);
    expect(api.log.join('')).toContain('"action":"thing.change"');
    expect(api.log.join('')).toContain('audit_log_unwritable');
  });
});
