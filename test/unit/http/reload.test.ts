import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { adminRoutes } from '../../../src/http/routes/reload.js';
import type { AdminServices } from '../../../src/http/routes/reload.js';
import type { ReloadOutcome } from '../../../src/switch/admin.js';
import { FsCommands } from '../../../src/switch/fs-commands.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

let app: ApiUnderTest;
afterEach(() => app.close());

function world(outcome: ReloadOutcome, overrides: Partial<AdminServices> = {}): { asked: string[] } {
  const asked: string[] = [];
  const say = (what: string): Promise<ReloadOutcome> => {
    asked.push(what);
    return Promise.resolve(outcome);
  };
  app = apiWith([
    adminRoutes({
      admin: (name) => {
        if (name === 'nope') throw new AppError('no_such_switch', name);
        return {
          name: 'main',
          reloadAcl: () => say('acl'),
          reloadXml: () => say('xml'),
          rescanProfile: (profile) => say(`rescan ${profile}`),
          restartProfile: (profile, force) => say(`restart ${profile} ${force}`),
          reloadSofia: (force) => say(`sofia ${force}`),
          run: (command) => {
            asked.push(command);
            return Promise.resolve({ ok: true, answer: 'UP' });
          },
        };
      },
      fsCommands: () => new FsCommands({ viewer: ['defaults'], operator: ['defaults'], admin: ['defaults'] }),
      reloadConfig: () => ({ changes: [{ path: 'limits.calls', before: 1, after: 2 }], warnings: ['look'] }),
      ...overrides,
    }),
  ]);
  return { asked };
}

const DONE: ReloadOutcome = { ok: true, answer: '+OK', callsLost: 0, notes: ['a note'] };

const post = async (
  url: string,
  payload: object,
  role: 'viewer' | 'operator' | 'admin' = 'admin',
): Promise<{ status: number; body: Record<string, unknown> & { error?: Record<string, string> } }> => {
  const response = await app.inject({ method: 'POST', url: `/v1${url}`, headers: app.as(role), payload });
  return { status: response.statusCode, body: response.json() };
};

describe('POST /v1/reload', () => {
  it.each([
    [{ what: 'acl' }, 'acl'],
    [{ what: 'xml', switch: 'main' }, 'xml'],
    [{ what: 'profile', profile: 'internal' }, 'rescan internal'],
    [{ what: 'profile', profile: 'internal', restart: true }, 'restart internal false'],
    [{ what: 'profile', profile: 'internal', restart: true, force: true }, 'restart internal true'],
    [{ what: 'sofia' }, 'sofia false'],
  ])('%j', async (payload, expected) => {
    const { asked } = world(DONE);
    const { status, body } = await post('/reload', payload);
    expect(status).toBe(200);
    expect(body).toMatchObject({ switch: 'main', answer: '+OK', calls_lost: 0, notes: ['a note'] });
    expect(asked).toEqual([expected]);
  });

  it('answers what FreeSWITCH refused as an error, and audits it', async () => {
    world({ ok: false, code: 'calls_would_be_lost', detail: '2 call legs.', calls: 2 });
    const { status, body } = await post('/reload', { what: 'sofia', force: true });
    expect(status).toBe(409);
    expect(body.error).toMatchObject({ code: 'calls_would_be_lost', detail: '2 call legs.' });
    expect(await app.audit()).toMatchObject([
      {
        who: 'admin',
        action: 'reload',
        target: 'sofia --force',
        result: 'refused',
        code: 'calls_would_be_lost',
      },
    ]);
  });

  it('tells what of the configuration has changed', async () => {
    world(DONE);
    const { body } = await post('/reload', { what: 'config' });
    expect(body).toMatchObject({ what: 'config', changes: [{ path: 'limits.calls', before: 1, after: 2 }] });
    expect(await app.audit()).toMatchObject([{ target: 'config', result: 'ok', note: 'limits.calls' }]);
  });

  it('writes lost calls into the audit log', async () => {
    world({ ...DONE, callsLost: 3 });
    await post('/reload', { what: 'sofia', force: true });
    expect(await app.audit()).toMatchObject([{ result: 'ok', note: '3 call legs lost' }]);
  });

  it('is for admins', async () => {
    const { asked } = world(DONE);
    expect((await post('/reload', { what: 'xml' }, 'operator')).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it.each([
    {},
    { what: 'everything' },
    { what: 'profile' },
    { what: 'profile', profile: '' },
    { what: 'profile', profile: 'internal restart' },
    { what: 'profile', profile: 'internal\nrestart' },
    { what: 'profile', profile: "a'b" },
    { what: 'profile', profile: '^^:internal:restart' },
    { what: 'acl', force: true },
  ])('refuses %j', async (payload) => {
    const { asked } = world(DONE);
    const { status, body } = await post('/reload', payload);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'invalid_request' });
    expect(asked).toEqual([]);
  });

  it('knows its switches', async () => {
    world(DONE);
    const { status, body } = await post('/reload', { what: 'acl', switch: 'nope' });
    expect([status, body.error?.['code']]).toEqual([404, 'no_such_switch']);
  });
});

describe('POST /v1/fs', () => {
  it('runs what the role allows, and audits each command', async () => {
    const { asked } = world(DONE);
    expect((await post('/fs', { command: ' status ' }, 'viewer')).body).toEqual({
      switch: 'main',
      ok: true,
      answer: 'UP',
    });
    expect(asked).toEqual(['status']);
    const { status, body } = await post('/fs', { command: 'uuid_send_dtmf 1234 4711' }, 'viewer');
    expect([status, body.error?.['code']]).toEqual([403, 'command_refused']);
    expect(asked).toEqual(['status']);
    expect(await app.audit()).toMatchObject([
      { who: 'viewer', action: 'fs', target: 'status', result: 'ok' },
      { action: 'fs', target: 'uuid_send_dtmf 1234 [redacted]', result: 'refused', code: 'command_refused' },
    ]);
  });

  it.each(['status\n\nsystem id', 'status\rx', 'status\0'])('refuses %j', async (command) => {
    const { asked } = world(DONE);
    const { body } = await post('/fs', { command });
    expect(body.error?.['code']).toBe('unsafe_command');
    expect(asked).toEqual([]);
  });
});
