import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallAttachRequest, LiveCallDetails, RunRequest } from '../../../src/call/call-control.js';
import { callRoutes } from '../../../src/http/routes/calls.js';
import { switchRoutes } from '../../../src/http/routes/switches.js';
import type { Role } from '../../../src/http/role.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

const DETAILS: LiveCallDetails = {
  uuid: 'u-1',
  origin: { kind: 'attached', switch: 'main' },
  program: 'https://app.example/?token=***',
  startedAt: new Date('2026-03-01T10:00:00Z'),
  elapsedMs: 5000,
  caller: '4989100',
  destination: '7001',
  state: 'running',
  running: ['read'],
  appended: 0,
  actionsRan: 1,
  application: 'read',
  trace: [
    { type: 'run', atMs: 1, list: 1, first: 0, steps: 1 },
    {
      type: 'outcome',
      atMs: 2,
      list: 1,
      index: 0,
      application: 'read',
      status: 'ok',
      durationMs: 1,
      variables: { read_result: 'success', digits: '4929123123123' },
    },
  ],
};

let api: ApiUnderTest;
let asked: unknown[];
let showsDigits: boolean;

beforeEach(() => {
  asked = [];
  showsDigits = false;
  const other = {
    ...DETAILS,
    uuid: 'u-2',
    state: 'asking',
    origin: { kind: 'socket' },
    caller: '1',
  } as const;
  const calls = {
    list: () => [DETAILS, other],
    show: () => Promise.resolve(DETAILS),
    hangup: (...args: unknown[]) => Promise.resolve(void asked.push(args)),
    transfer: (...args: unknown[]) => Promise.resolve(void asked.push(args)),
    run: (uuid: string, request: RunRequest) => {
      asked.push([uuid, request]);
      return Promise.resolve({ how: 'queued' } as const);
    },
    attach: (uuid: string, request: CallAttachRequest) => {
      asked.push([uuid, request]);
      return Promise.resolve({ program: 'https://app.example/?token=***', switch: 'main' });
    },
  };
  const since = new Date('2026-03-01T10:00:00Z');
  const states = [{ name: 'main', connected: true, since, version: '1.10.12' }];
  api = apiWith([callRoutes(calls, () => showsDigits), switchRoutes({ states: () => states })]);
});
afterEach(() => api.close());

async function get(url: string): Promise<unknown> {
  return (await api.inject({ url: `/v1${url}`, headers: api.as('viewer') })).json();
}

async function post(
  url: string,
  payload: object,
  role: Role = 'operator',
): Promise<{ status: number; body: unknown }> {
  const response = await api.inject({ method: 'POST', url: `/v1${url}`, headers: api.as(role), payload });
  return { status: response.statusCode, body: response.json() };
}

async function found(query: string): Promise<string[]> {
  const { calls } = (await get(`/calls?${query}`)) as { calls: { uuid: string }[] };
  return calls.map(({ uuid }) => uuid);
}

describe('live calls over HTTP', () => {
  it('are listed, and can be filtered', async () => {
    expect(await get('/calls')).toMatchObject({
      total: 2,
      calls: [
        {
          uuid: 'u-1',
          origin: 'attached',
          switch: 'main',
          started_at: '2026-03-01T10:00:00.000Z',
          elapsed_ms: 5000,
        },
        { uuid: 'u-2', origin: 'socket', state: 'asking' },
      ],
    });
    expect(await found('state=asking')).toEqual(['u-2']);
    expect(await found('origin=attached')).toEqual(['u-1']);
    expect(await found('switch=main')).toEqual(['u-1']);
    expect(await found('number=9891')).toEqual(['u-1']);
    expect(await found('number=700')).toEqual(['u-1', 'u-2']);
    expect(await found('program=app.example&limit=1')).toEqual(['u-1']);
    expect(await found('program=other')).toEqual([]);
    expect(await get('/calls?limit=0')).toMatchObject({
      error: { code: 'invalid_request', path: 'query.limit' },
    });
  });

  it('are listed a page at a time', async () => {
    const first = (await get('/calls?limit=1')) as { calls: { uuid: string }[]; next_cursor: string };
    expect(first.calls.map(({ uuid }) => uuid)).toEqual(['u-1']);
    const second = (await get(`/calls?limit=1&cursor=${first.next_cursor}`)) as typeof first;
    expect(second.calls.map(({ uuid }) => uuid)).toEqual(['u-2']);
    expect(second).not.toHaveProperty('next_cursor');
    expect(await found(`state=running&cursor=${first.next_cursor}`)).toEqual([]);
    for (const cursor of ['x', 'W10', Buffer.from('["a","b"]').toString('base64url')])
      expect(await get(`/calls?cursor=${cursor}`)).toMatchObject({ error: { code: 'invalid_request' } });
  });

  it('are shown without what callers entered, unless the log shows it too', async () => {
    const shown = JSON.stringify(await get('/calls/u-1'));
    expect(shown).toContain('"type":"outcome","at_ms":2');
    expect(shown).toContain('"duration_ms":1');
    expect(shown).toContain('"read_result":"success"');
    expect(shown).not.toContain('4929123123123');
    showsDigits = true;
    expect(JSON.stringify(await get('/calls/u-1'))).toContain('4929123123123');
  });

  it('are hung up and transferred by operators, with what is usual where nothing is said', async () => {
    expect(await post('/calls/u-1/hangup', {}, 'viewer')).toMatchObject({ status: 403 });
    expect(await post('/calls/u-1/hangup', {})).toEqual({ status: 200, body: { uuid: 'u-1' } });
    await post('/calls/u-1/transfer', { extension: '5000' });
    expect(asked).toEqual([
      ['u-1', 'NORMAL_CLEARING'],
      ['u-1', { extension: '5000', dialplan: 'XML', context: 'default' }],
    ]);
  });

  it('run a list in the words of the code, by the one who asked', async () => {
    const actions = [{ application: 'playback', data: 'x.wav', on_error: 'stop', timeout_ms: 100 }];
    await post('/calls/u-1/run', { actions, mode: 'append' });
    await post(
      '/calls/u-1/run',
      { actions, mode: 'interrupt', policy: 'wide', then: { extension: '1' } },
      'admin',
    );
    const action = { application: 'playback', data: 'x.wav', onError: 'stop', timeoutMs: 100 };
    expect(asked).toEqual([
      ['u-1', { actions: [action], mode: 'append', policy: 'default', by: 'operator' }],
      [
        'u-1',
        {
          actions: [action],
          mode: 'interrupt',
          policy: 'wide',
          by: 'admin',
          then: { extension: '1', dialplan: 'XML', context: 'default' },
        },
      ],
    ]);
  });

  it('are attached to one thing', async () => {
    expect(await post('/calls/u-3/attach', {})).toMatchObject({ status: 400 });
    expect(await post('/calls/u-3/attach', { url: 'x', flow: 'y' })).toMatchObject({ status: 400 });
    expect(asked).toEqual([]);
    await post('/calls/u-3/attach', { url: 'https://app.example/?token=hunter2', then: 'hangup' });
    await post('/calls/u-3/attach', { flow: 'support', switch: 'main' });
    expect(asked).toEqual([
      ['u-3', { run: { kind: 'curl', target: 'https://app.example/?token=hunter2' }, then: 'hangup' }],
      ['u-3', { run: { kind: 'flow', target: 'support' }, switch: 'main' }],
    ]);
  });

  it.each([
    ['a uuid with a blank', '/calls/a%20b/hangup', {}, 'params.uuid'],
    ['a uuid with a line break', '/calls/a%0D%0Ab/hangup', {}, 'params.uuid'],
    ['a uuid that is an option', '/calls/-both/hangup', {}, 'params.uuid'],
    ['no actions', '/calls/u-1/run', { mode: 'append', actions: [] }, 'body.actions'],
    ['no mode', '/calls/u-1/run', { actions: [{ application: 'answer' }] }, 'body.mode'],
    [
      'a mistyped key',
      '/calls/u-1/run',
      { mode: 'append', actions: [{ application: 'answer', dta: '' }] },
      'body.actions[0]',
    ],
    [
      'a strange application',
      '/calls/u-1/run',
      { mode: 'append', actions: [{ application: 'a b' }] },
      'body.actions[0].application',
    ],
    [
      'too many actions',
      '/calls/u-1/run',
      { mode: 'append', actions: Array(101).fill({ application: 'answer' }) },
      'body.actions',
    ],
  ])('refuse %s', async (_what, url, body, path) => {
    expect(await post(url, body)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', path } },
    });
    expect(asked).toEqual([]);
  });

  it('leave lines in the audit log, without data, digits and secrets', async () => {
    const actions = [{ application: 'send_dtmf', data: '4929123' }, { application: 'answer' }];
    await post('/calls/u-1/run', { actions, mode: 'append' });
    await post('/calls/u-3/attach', { url: 'https://app.example/?token=hunter2' });
    await post('/calls/u-1/hangup', { cause: 'USER_BUSY' });
    await post('/calls/u-1/transfer', { extension: '5000' });
    const lines = await api.audit();
    expect(lines.map(({ action, target, note }) => [action, target, note])).toEqual([
      ['call.run', 'u-1 append policy default: send_dtmf answer', 'queued'],
      ['call.attach', 'u-3', 'program https://app.example/?token=***'],
      ['call.hangup', 'u-1 USER_BUSY', undefined],
      ['call.transfer', 'u-1 to 5000 XML default', undefined],
    ]);
  });
});

describe('switches over HTTP', () => {
  it('are shown with their state', async () => {
    expect(await get('/switches')).toEqual([
      { name: 'main', connected: true, since: '2026-03-01T10:00:00.000Z', version: '1.10.12' },
    ]);
  });
});
