import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../../src/config/load.js';
import type { Daemon } from '../../../src/daemon.js';
import { startDaemon } from '../../../src/daemon.js';
import { createLogger } from '../../../src/telemetry/log.js';
import { ExampleApp } from '../../support/example-app.js';

/** Flows, functions and records of a real daemon, over HTTP. */

const CONF = join(import.meta.dirname, '../../../conf');
const ENV = { SWITCHHOOK_FUNCTION_KEY: 'very-secret', PATH: 'not yours' };

let folder: string;
let daemon: Daemon;
let app: ExampleApp;

const FLOW = `
description: Asks for an account.
start: ask
blocks:
  ask:
    type: invoke_function
    function: account
    parameters: { number: $.CustomerEndpoint.Address }
    next: bye
    exits: { error: bye }
  bye: { type: disconnect }
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchhook-workshop-'));
  app = await ExampleApp.start();
  await mkdir(join(folder, 'flows/tests'), { recursive: true });
  await writeFile(join(folder, 'flows/support.yaml'), FLOW);
  const url = app.route(() => ({ status: 200, body: '{"name":"Alice"}' })).url;
  await writeFile(
    join(folder, 'functions.yaml'),
    stringify({
      functions: {
        account: {
          url,
          headers: { 'x-key': { env: 'SWITCHHOOK_FUNCTION_KEY' } },
          parameters: { number: { required: true, example: '4930' } },
          outputs: { name: {} },
        },
        local: { file: join(CONF, 'functions/number-region.js'), handler: 'region' },
      },
    }),
  );
  const config = {
    listen: { port: 0 },
    http: { port: 0 },
    flows: { folder: 'flows', numbers: { 7000: 'support' } },
    functions: { file: 'functions.yaml' },
    records: { file: 'records.jsonl' },
    log: { level: 'silent' },
  };
  const file = join(folder, 'switchhook.yaml');
  await writeFile(file, stringify(config));
  const read = (): ReturnType<typeof readConfig> => readConfig(file, ENV);
  daemon = await startDaemon(read().config, {
    log: createLogger({ level: 'silent', format: 'json' }),
    reread: read,
    env: ENV,
  });
});
afterEach(async () => {
  await daemon.stop();
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ask(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> & { error?: { code: string; detail: string } } }> {
  const response = await fetch(`http://127.0.0.1:${daemon.httpPort}/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

describe('flows over HTTP', () => {
  it('are listed, shown and drawn', async () => {
    const list = await ask('GET', '/flows');
    expect(list.body).toMatchObject({
      flows: [{ name: 'support', description: 'Asks for an account.', blocks: 2, numbers: ['7000'] }],
    });
    const { body } = await ask('GET', '/flows/support');
    expect(body).toMatchObject({
      name: 'support',
      document: { start: 'ask' },
      exits: expect.arrayContaining([
        { block: 'ask', type: 'invoke_function', exit: 'next', to: 'bye' },
      ]) as unknown,
    });
    expect((await ask('GET', '/flows/support/diagram')).body['text']).toMatch(/^flowchart TD\n/);
    expect((await ask('GET', '/flows/support/diagram?format=tree')).body['text']).toMatch(/^support \(/);
    expect((await ask('GET', '/flows/nothing')).body.error?.code).toBe('no_such_flow');
    expect((await ask('GET', '/flows/..%2Fx')).status).toBe(400);
  });

  it('are checked as they are written now, and as they would be', async () => {
    expect((await ask('POST', '/flows/check', {})).body).toMatchObject({ ok: true });
    const broken = FLOW.replace('next: bye', 'next: nowhere');
    const sent = await ask('POST', '/flows/check', { flow: { name: 'support', text: broken } });
    expect(sent.body).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.objectContaining({ severity: 'error', flow: 'support', file: 'support.yaml', line: 9 }),
      ]) as unknown,
    });
    const other = await ask('POST', '/flows/check', { flow: { name: 'other', text: 'a: [' } });
    expect(other.body).toMatchObject({ ok: false, problems: [{ rule: 'yaml', file: 'other.yaml' }] });
    await writeFile(join(folder, 'flows/support.yaml'), broken);
    const now = await ask('POST', '/flows/check', {});
    expect(now.body['ok']).toBe(false);
    expect(JSON.stringify(now.body)).not.toContain(folder);
    expect((await ask('GET', '/flows')).status).toBe(200);
  });
});

describe('functions over HTTP', () => {
  it('are listed and shown without their secrets and places', async () => {
    const list = await ask('GET', '/functions');
    expect(list.body).toMatchObject([
      { name: 'account', kind: 'http', response: 'string_map', timeout_ms: 3000 },
      { name: 'local', kind: 'local', target: 'number-region.js' },
    ]);
    const shown = await ask('GET', '/functions/account');
    expect(shown.body).toMatchObject({
      place: 'functions.yaml:2',
      settings: { headers: { 'x-key': '***' } },
      uses: [{ flow: 'support', block: 'ask', place: 'support.yaml:7:15', parameters: ['number'] }],
    });
    expect(JSON.stringify(shown.body)).not.toContain('very-secret');
    expect((await ask('GET', '/functions/acount')).body.error).toMatchObject({
      code: 'no_such_function',
      detail: '"acount"; did you mean account?',
    });
  });

  it('are added, changed, renamed and removed, and are in force at once', async () => {
    const settings = { url: app.route(() => ({ status: 200, body: '{"a":"b"}' })).url };
    expect((await ask('POST', '/functions', { name: 'new', settings })).body).toEqual({
      name: 'new',
      files: ['functions.yaml'],
      misfits: [],
      in_force: true,
    });
    expect((await ask('POST', '/functions/new/test', {})).body).toMatchObject({
      ok: true,
      values: { a: 'b' },
    });
    expect((await ask('POST', '/functions', { name: 'new', settings })).body.error?.code).toBe(
      'function_exists',
    );
    expect((await ask('PATCH', '/functions/new', { settings: { timeout_ms: 5000 } })).status).toBe(200);
    expect((await ask('GET', '/functions/new')).body).toMatchObject({ settings: { timeout_ms: 5000 } });
    expect(
      (await ask('PATCH', '/functions/new', { settings: { timeout_ms: 50_000 } })).body.error?.code,
    ).toBe('config_invalid');
    expect((await ask('POST', '/functions/account/rename', { to: 'customer' })).body.error?.code).toBe(
      'function_in_use',
    );
    const renamed = await ask('POST', '/functions/account/rename', { to: 'customer', update_flows: true });
    expect(renamed.body).toMatchObject({ in_force: true, files: ['functions.yaml', 'support.yaml'] });
    expect(await readFile(join(folder, 'flows/support.yaml'), 'utf8')).toContain('function: customer');
    expect((await ask('DELETE', '/functions/customer')).body.error?.code).toBe('function_in_use');
    expect((await ask('DELETE', '/functions/new')).body).toMatchObject({ in_force: true });
    expect((await ask('POST', '/functions/new/test', {})).body.error?.code).toBe('no_such_function');
  });

  it('are tested, and that they fail is an answer', async () => {
    expect((await ask('POST', '/functions/account/test', {})).body).toMatchObject({
      ok: true,
      values: { name: 'Alice' },
      flows: [{ flow: 'support', block: 'ask', missing: [] }],
    });
    const settings = { url: app.route(() => ({ status: 500 })).url, parameters: { a: { required: true } } };
    await ask('POST', '/functions', { name: 'bad', settings });
    expect((await ask('POST', '/functions/bad/test', {})).body.error).toMatchObject({
      code: 'invalid_request',
    });
    const failed = await ask('POST', '/functions/bad/test', { parameters: { a: 1 } });
    expect(failed).toMatchObject({ status: 200, body: { ok: false, code: 'function_exception' } });
  });

  it('say when what was written could not be taken over', async () => {
    await writeFile(join(folder, 'flows/broken.yaml'), 'blocks: {}');
    const { body } = await ask('PATCH', '/functions/account', { settings: { timeout_ms: 2000 } });
    expect(body).toMatchObject({
      in_force: false,
      problem: expect.stringMatching(/^flow_invalid: /) as unknown,
    });
  });

  it.each([
    ['code', { file: '/tmp/x.js' }],
    ['certificates', { url: 'https://x.example', ca_file: '/etc/shadow' }],
    ['keys', { url: 'https://x.example', client_key_file: '/etc/shadow' }],
    ['an environment', { environment: { A: 'b' } }],
    ['secrets of files', { url: 'https://x.example', headers: { a: { file: '/etc/shadow' } } }],
    ['secrets of files, deeper', { signing_secrets: [{ file: '/etc/shadow' }] }],
    [
      'secrets of files, by a patch of two steps',
      { headers: { 'x-key': { file: '/etc/shadow', env: null } } },
    ],
    ['the environment of the daemon', { url: 'https://x.example', headers: { a: { env: 'PATH' } } }],
    ['the same, beside another key', { headers: { 'x-key': { env: 'PATH', file: null } } }],
  ])('take no %s from afar', async (_what, settings) => {
    const before = await readFile(join(folder, 'functions.yaml'), 'utf8');
    expect((await ask('POST', '/functions', { name: 'evil', settings })).body.error?.code).toBe('forbidden');
    expect((await ask('PATCH', '/functions/account', { settings })).body.error?.code).toBe('forbidden');
    expect(await readFile(join(folder, 'functions.yaml'), 'utf8')).toBe(before);
  });

  it.each([
    ['elsewhere', {}],
    ['elsewhere, with a header that is changed by nothing', { headers: { 'x-key': {} } }],
    ['elsewhere, with another header', { headers: { 'x-other': 'a' } }],
  ])('send no secret of the file %s from afar', async (_how, more) => {
    const before = await readFile(join(folder, 'functions.yaml'), 'utf8');
    const settings = { url: 'http://127.0.0.1:9/', ...more };
    expect((await ask('PATCH', '/functions/account', { settings })).body.error?.code).toBe('forbidden');
    expect(await readFile(join(folder, 'functions.yaml'), 'utf8')).toBe(before);
  });

  it.each([
    ['to another path of the same server', (url: string) => ({ url: `${url}/other` })],
    ['elsewhere without the secret', () => ({ url: 'http://127.0.0.1:9/', headers: null })],
    ['elsewhere with another', () => ({ url: 'http://127.0.0.1:9/', headers: { 'x-key': 'mine' } })],
  ])('may be sent %s', async (_how, settingsFor) => {
    const shown = (await ask('GET', '/functions/account')).body['settings'] as { url: string };
    const settings = settingsFor(shown.url);
    expect((await ask('PATCH', '/functions/account', { settings })).status).toBe(200);
  });

  it('may be given a secret that is meant for them', async () => {
    const settings = { url: 'https://x.example/', headers: { a: { env: 'SWITCHHOOK_FUNCTION_KEY' } } };
    expect((await ask('POST', '/functions', { name: 'good', settings })).body).toMatchObject({
      in_force: true,
    });
  });
});

describe('contact records over HTTP', () => {
  function record(id: number, more: object = {}): string {
    return `${JSON.stringify({
      record_id: `rec_${id}`,
      contact_id: `u-${id}`,
      started_at: `2026-01-0${id}T00:00:00.000Z`,
      ended_at: `2026-01-0${id}T00:01:00.000Z`,
      duration_ms: 60_000,
      program: 'flow/support',
      flow: { name: 'support', version: 'x' },
      customer_endpoint: { address: `+493${id}`, type: 'TELEPHONE_NUMBER' },
      system_endpoint: null,
      result: 'done',
      hangup_cause: null,
      path: [],
      ...more,
    })}\n`;
  }

  async function found(query: string): Promise<unknown[]> {
    const { body } = await ask('GET', `/records?${query}`);
    return (body['records'] as { contact_id: string }[]).map(({ contact_id: id }) => id);
  }

  it('are shown without those that are spoilt', async () => {
    const spoilt = [
      '{"record_id":"rec_8","contact_id":"u-8"}\n',
      record(8, { program: null }),
      record(8, { flow: 'x' }),
      '{"record_id"',
    ];
    await writeFile(join(folder, 'records.jsonl'), record(1) + spoilt.join(''));
    expect(await found('')).toEqual(['u-1']);
    expect(await found('program=x&number=1&flow=x&since=2026-01-02T00:00:00Z')).toEqual([]);
    expect((await ask('GET', '/records/u-8')).body.error?.code).toBe('no_such_record');
  });

  it('are listed, chosen, paged and shown', async () => {
    await writeFile(
      join(folder, 'records.jsonl'),
      record(1) + record(2, { result: 'failed', flow: null, program: 'https://x' }) + record(3),
    );
    expect(await found('')).toEqual(['u-3', 'u-2', 'u-1']);
    expect(await found('result=failed')).toEqual(['u-2']);
    expect(await found('flow=support')).toEqual(['u-3', 'u-1']);
    expect(await found('program=https')).toEqual(['u-2']);
    expect(await found('number=%2B4931')).toEqual(['u-1']);
    expect(await found('since=2026-01-02T00:00:00Z&until=2026-01-03T00:01:00Z')).toEqual(['u-2']);
    const { body } = await ask('GET', '/records?limit=2');
    expect(await found(`limit=2&cursor=${String(body['next_cursor'])}`)).toEqual(['u-1']);
    expect((await ask('GET', '/records/u-2')).body).toMatchObject({ contact_id: 'u-2', path: [] });
    expect((await ask('GET', '/records/u-9')).body.error?.code).toBe('no_such_record');
    for (const cursor of [
      'x',
      'W10',
      Buffer.from('[1,-1]').toString('base64url'),
      Buffer.from('["a",1]').toString('base64url'),
    ])
      expect((await ask('GET', `/records?cursor=${cursor}`)).body.error?.code).toBe('invalid_request');
  });
});

describe('the OpenAPI document of a daemon', () => {
  it('has all of it', async () => {
    const response = await fetch(`http://127.0.0.1:${daemon.httpPort}/openapi.json`);
    const { paths } = (await response.json()) as { paths: object };
    for (const path of [
      '/v1/acl/lists',
      '/v1/audit',
      '/v1/calls',
      '/v1/callbacks/receivers',
      '/v1/events',
      '/v1/flows/{flow}/diagram',
      '/v1/functions/{function}/test',
      '/v1/records/{uuid}',
      '/v1/switches',
    ])
      expect(Object.keys(paths)).toContain(path);
    expect(await (await fetch(`http://127.0.0.1:${daemon.httpPort}/docs`)).text()).toContain(
      '/v1/records/{uuid}',
    );
  });
});
