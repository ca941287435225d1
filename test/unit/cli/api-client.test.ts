import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ApiClient, originOfConfig, path } from '../../../src/cli/api-client.js';
import type { DaemonFlags } from '../../../src/cli/api-client.js';
import { confirm } from '../../../src/cli/confirm.js';
import { textTable } from '../../../src/cli/text-table.js';
import { harness } from './harness.js';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

let server: http.Server;
let origin: string;
let seen: Seen[];
let reply: { status: number; body: string; headers?: Record<string, string> };

const folder = mkdtempSync(join(tmpdir(), 'switchhook-client-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  seen = [];
  reply = { status: 200, body: '{"ok":true}' };
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const okSchema = z.object({ ok: z.boolean() });

function client(env: Record<string, string> = {}, flags: DaemonFlags = {}): ApiClient {
  return ApiClient.of(harness(env).cli, flags);
}

describe('the client of the API', () => {
  it('asks the daemon that is named, as the one who is named', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'a-token-of-mine\n');
    const env = { SWITCHHOOK_URL: 'http://127.0.0.1:1', SWITCHHOOK_TOKEN: 'another' };
    const api = client(env, { daemon: `${origin}/`, tokenFile: file });
    expect(await api.get(path`/calls/${'a b/..'}`, okSchema, { query: { x: 'ä&', y: undefined } })).toEqual({
      ok: true,
    });
    await client({ SWITCHHOOK_URL: origin, SWITCHHOOK_TOKEN: 'another' }).post('/x', okSchema, {
      body: { a: 1 },
    });
    await client({ SWITCHHOOK_URL: origin }).post('/x', okSchema);
    expect(seen.map(({ method, url, headers, body }) => [method, url, headers.authorization, body])).toEqual([
      ['GET', '/v1/calls/a%20b%2F..?x=%C3%A4%26', 'Bearer a-token-of-mine', ''],
      ['POST', '/v1/x', 'Bearer another', '{"a":1}'],
      ['POST', '/v1/x', undefined, '{}'],
    ]);
  });

  it.each([
    [{ host: '0.0.0.0', port: 1 }, 'http://127.0.0.1:1'],
    [{ host: '::', port: 1 }, 'http://[::1]:1'],
    [{ host: '2001:db8::1', port: 1 }, 'http://[2001:db8::1]:1'],
    [{ host: 'localhost', port: 1 }, 'http://localhost:1'],
  ])('finds the daemon of a configuration: %j', (config, expected) => {
    expect(originOfConfig(config)).toBe(expected);
  });

  it.each([
    [{ daemon: 'localhost:8085' }, /--daemon: expected an http/],
    [{ daemon: 'nonsense' }, /--daemon: expected a URL/],
    [{ daemon: 'http://user:secret@127.0.0.1:1' }, /without user and password/],
    [
      { daemon: 'http://127.0.0.1:1', tokenFile: '/nowhere/token' },
      /--token-file: \/nowhere\/token can't be read/,
    ],
    [{ daemon: 'http://127.0.0.1:1', tokenFile: '/dev/null' }, /holds no token/],
  ] as const)('refuses %j', (flags, message) => {
    expect(() => client({}, flags)).toThrow(
      expect.objectContaining({ code: 'usage', detail: expect.stringMatching(message) as string }) as Error,
    );
  });

  it('says what the daemon said', async () => {
    const error = { code: 'call_gone', message: 'm', detail: 'it left', remedy: 'r' };
    reply = { status: 410, body: JSON.stringify({ error }) };
    await expect(client({ SWITCHHOOK_URL: origin }).get('/x', okSchema)).rejects.toMatchObject({
      code: 'call_gone',
      detail: 'it left',
    });
  });

  it.each([
    ['something else answers', 200, 'It works!'],
    ['the answer is of another version', 200, '{"ok":"yes"}'],
    ['an error has another shape', 500, '{"error":"Internal"}'],
    [
      'an error is of a newer version',
      400,
      '{"error":{"code":"brand_new","message":"m","detail":"","remedy":""}}',
    ],
    ['it redirects', 302, ''],
  ])('says so when %s', async (_title, status, body) => {
    reply = { status, body, headers: { location: 'http://127.0.0.1:1/' } };
    await expect(client({ SWITCHHOOK_URL: origin }).get('/x', okSchema)).rejects.toMatchObject({
      code: 'daemon_protocol',
    });
    expect(seen).toHaveLength(1);
  });

  it('says so when nobody is there', async () => {
    const url = 'http://127.0.0.1:1';
    await expect(client({ SWITCHHOOK_URL: url }).get('/x', okSchema)).rejects.toMatchObject({
      code: 'daemon_unreachable',
      detail: url,
    });
  });

  it.each(['.', '..'])('takes no step in the path for a name: %s', (name) => {
    expect(() => path`/calls/${name}/hangup`).toThrow(/is not a name/);
  });
});

describe('a confirmation', () => {
  it.each([
    ['y', true],
    ['YES ', true],
    ['', false],
    ['yep', false],
    ['n', false],
  ])('%j is %s', async (answer, expected) => {
    const asked = confirm(harness({}, { answer }).cli, 'Do it', {});
    if (expected) await asked;
    else await expect(asked).rejects.toMatchObject({ code: 'not_confirmed' });
  });

  it('is not asked for with --yes, and wanted where nobody can be asked', async () => {
    const { cli, err } = harness();
    await confirm(cli, 'Do it', { yes: true });
    await expect(confirm(cli, 'Do it', {})).rejects.toMatchObject({ code: 'confirmation_needed' });
    expect(err()).toBe('');
  });
});

describe('a table', () => {
  it('has aligned columns, and steers no terminal', () => {
    expect(
      textTable(
        ['A', 'LONGER', 'LAST'],
        [
          ['one', 'x', 'y\u001b[2J\nz'],
          ['2', '', ''],
        ],
      ),
    ).toBe('A    LONGER  LAST\none  x       y\\x1b[2J z\n2\n');
  });
});
