import { describe, expect, it } from 'vitest';
import { findFreeswitch } from '../../../src/cli/demo/freeswitch.js';
import { runCli } from './harness.js';

function hasFreeswitch(): boolean {
  try {
    return findFreeswitch(process.env) !== '';
  } catch {
    return false;
  }
}

const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);

/** The same must be seen on both switches. */
async function demonstrate(flags: readonly string[]): Promise<void> {
  const { code, out, err } = await runCli(['demo', ...flags], environment);
  expect(err).toBe('');
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^ *\d+ ms {2}/, ''));
  const expected = [
    /^app +an example app listens at http:/,
    /^caller +1001 dials 7001$/,
    /^call +1001 → 7001 handed over by the dialplan/,
    /^app +GET \/app\?number=7001&caller=1001 {2}answers \[\{"application":"playback"/,
    /^run +2 actions handed to FreeSWITCH in one go$/,
    /^outcome +playback {2}ok {2}FILE PLAYED/,
    /^outcome +bridge {2}ok/,
    /^released +done$/,
    /^switch +hung up, NORMAL_CLEARING$/,
    /^demo +worked: 2 actions in \d+ ms$/,
  ];
  let at = 0;
  for (const pattern of expected) {
    const found = lines.slice(at).findIndex((line) => pattern.test(line));
    expect(found, `${pattern.source} in\n${lines.join('\n')}`).toBeGreaterThanOrEqual(0);
    at += found + 1;
  }
  const seen = lines.filter((line) => line.startsWith('switch'));
  expect(seen).toContainEqual(expect.stringMatching(/^switch +playback \/.*echotest\.wav$/));
  expect(seen).toContainEqual(expect.stringMatching(/^switch +bridge user\/10001$/));
  expect(code).toBe(0);
}

describe('switchhook demo', () => {
  it('shows the main job on the simulator', () => demonstrate([]));

  it.skipIf(!hasFreeswitch())('shows it on a real FreeSWITCH', () => demonstrate(['--freeswitch']));

  it('speaks JSON when asked', async () => {
    const { code, out } = await runCli(['demo', '--json']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.at(-1)).toMatchObject({ type: 'result', ok: true, result: 'done', actionsRan: 2 });
    expect(lines.filter(({ type }) => type === 'outcome')).toMatchObject([
      { application: 'playback', status: 'ok' },
      { application: 'bridge', status: 'ok' },
    ]);
    expect(code).toBe(0);
  });

  it('says when there is no FreeSWITCH to start', async () => {
    const { code, err } = await runCli(['demo', '--freeswitch'], { FREESWITCH_BIN: '/nowhere/freeswitch' });
    expect(code).toBe(4);
    expect(err).toMatch(/^error freeswitch_missing: .* — FREESWITCH_BIN is \/nowhere\/freeswitch\n/);
  });

  it('tells why a FreeSWITCH did not start', async () => {
    const { code, err } = await runCli(['demo', '--freeswitch'], { FREESWITCH_BIN: '/bin/false' });
    expect(code).toBe(4);
    expect(err).toMatch(/^error switch_unreachable: .* — freeswitch ended by itself with exit code 1\n/);
  });
});
