import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DaemonProcess } from '../../support/daemon-process.js';
import { eventually } from '../../support/eventually.js';
import { leaksIn, searchable } from '../../support/log-trail/search.js';
import { secretsOfConfig, secretsOfFunctions } from '../../support/log-trail/secrets.js';
import { LogTrail, readTrail, trail } from '../../support/log-trail/trail.js';
import type { FoundTrail } from '../../support/log-trail/trail.js';
import { TestDaemon } from '../../support/test-daemon.js';

const SECRET = 'h"unt/er 2+ü';

const folder = await mkdtemp(join(tmpdir(), 'switchhook-trail-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

function found(...logs: string[]): FoundTrail {
  return { logs: logs.map((text) => Buffer.from(text)), secrets: new Map([[SECRET, 'http.password']]) };
}

describe('looking for secrets in logs', () => {
  it.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify({ a: SECRET })],
    ['in a URL', `http://a/?b=${encodeURIComponent(SECRET)}`],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ...['u:', 'us:', 'use:'].map((user): [string, string] => [
      `in Basic, behind ${user}`,
      `Basic ${Buffer.from(`${user}${SECRET}`).toString('base64')}`,
    ]),
  ])('finds one %s, and shows the line without it', (_how, text) => {
    const leaks = leaksIn(found('{"msg":"fine"}\n', `{"msg":"before"}\n> ${text} <\n{"msg":"after"}\n`));
    expect(leaks).toEqual([{ place: 'http.password', line: expect.stringContaining('<SECRET>') as unknown }]);
    expect(leaks[0]?.line).not.toMatch(/before|after|unt\/er/);
  });

  it('finds none where there is none, and does not look for words', () => {
    expect(leaksIn(found('{"msg":"fine"}\n'))).toEqual([]);
    const short = { logs: [Buffer.from('suite')], secrets: new Map([['suite', 'password']]) };
    expect(leaksIn(short)).toEqual([]);
    expect(searchable(short)).toBe(0);
    expect(searchable(found())).toBe(1);
  });
});

describe('the secrets of a configuration', () => {
  it('are what its schema calls one, and what is masked in its URLs', () => {
    const secrets = secretsOfConfig({
      http: { tokens: [{ name: 'a', role: 'viewer', token: 'T' }] },
      switches: { main: { password: 'P' } },
      endpoints: {
        e: {
          url: 'http://a/?number={n}&token=U&digits={digits}',
          headers: { 'X-Any': 'H' },
          signing_secrets: ['whsec_S'],
        },
      },
      flows: { state_key: 'K' },
      actions: { token_key: 'A' },
    });
    expect(secrets.map(({ secret }) => secret).sort()).toEqual(['A', 'H', 'K', 'P', 'S', 'T', 'U']);
    expect(secrets.find(({ secret }) => secret === 'T')?.place).toBe('http.tokens.0.token');
    const functions = { functions: { f: { url: 'http://a/', headers: { Authorization: 'F' } } } };
    expect(secretsOfFunctions(functions).map(({ secret }) => secret)).toEqual(['F']);
  });
});

describe('the trail of a run', () => {
  it('holds what all processes of it have written', () => {
    const one = new LogTrail(join(folder, 'run'));
    one.note('{"msg":"one"}\n');
    one.noteSecret('here', SECRET);
    one.noteSecret('there', SECRET);
    const pieces = one.lines();
    for (const piece of ['{"msg"', ':"two"}\n{"ms', 'g":"three"}\n{"unfinished']) pieces(piece);
    const { logs, secrets } = readTrail(one.folder);
    expect(Buffer.concat(logs).toString()).toBe('{"msg":"one"}\n{"msg":"two"}\n{"msg":"three"}\n');
    expect([...secrets]).toEqual([[SECRET, 'here']]);
  });

  it.each([
    ['in this process', (settings: object) => TestDaemon.start({ ...settings })],
    ['of its own', (settings: object) => DaemonProcess.start({ ...settings })],
  ])('has the log and the secrets of a daemon %s', async (how, start) => {
    const token = `the-token-of-a-daemon-${how.replaceAll(' ', '-')}`;
    const instance = how.replaceAll(' ', '-');
    const daemon = await start({
      instance,
      http: {
        host: '127.0.0.1',
        ...(how === 'in this process' && { port: 0 }),
        tokens: [{ name: 'a', role: 'viewer', token }],
      },
      switches: { [instance]: { host: '127.0.0.1', port: 9, password: `password-${instance}` } },
    });
    const { secrets } = await eventually('the log to be on the trail', () => {
      const left = readTrail(trail?.folder ?? '');
      return Buffer.concat(left.logs).includes(`"switch":"${instance}"`) ? left : undefined;
    });
    await daemon.stop();
    expect([...secrets.keys()]).toEqual(expect.arrayContaining([token, `password-${instance}`]));
  });
});
