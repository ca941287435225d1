import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Simulator } from '../../../src/simulator/simulator.js';
import { runCli } from './harness.js';

let folder: string;
let file: string;
let simulator: Simulator;

/** A switch without our dialplan, whose configuration folder is known. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchhook-doctor-'));
  await mkdir(join(folder, 'dialplan'));
  await writeFile(join(folder, 'vars.xml'), '<include>\n</include>\n');
  simulator = new Simulator({
    files: [join(folder, 'vars.xml'), join(folder, 'dialplan/*.xml')],
    eventSocketPassword: 'not the usual one',
  });
  await simulator.start();
  file = join(folder, 'switchhook.yaml');
  await writeFile(
    file,
    stringify({
      listen: { port: 9 },
      http: { port: 9 + 1 },
      switches: {
        main: {
          host: '127.0.0.1',
          port: simulator.eventSocketPort,
          password: 'not the usual one',
          conf_dir: folder,
        },
      },
    }),
  );
});
afterEach(async () => {
  await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Result {
  readonly ok: boolean;
  readonly fixed: string[];
  readonly checks: { id: string; status: string; remedy?: string; fix?: string }[];
}

describe('switchhook doctor', () => {
  it('names a remedy for everything that failed, and offers what is safe', async () => {
    const { code, out } = await runCli(['doctor', '--config', file, '--json']);
    expect(code).toBe(1);
    const { ok, checks } = JSON.parse(out) as Result;
    expect(ok).toBe(false);
    const failed = checks.filter(({ status }) => status === 'failed');
    expect(failed.map(({ id }) => id)).toEqual(['daemon', 'dialplan', 'hand_over']);
    expect(failed.every(({ remedy }) => remedy !== undefined)).toBe(true);
    expect(checks.find(({ id }) => id === 'dialplan')?.fix).toContain('switchhook.xml');
    expect(out).not.toContain('not the usual one');
  });

  it('mends with --fix, and looks again', async () => {
    const { code, out } = await runCli(['doctor', '--config', file, '--fix', '--yes', '--json']);
    const { fixed, checks } = JSON.parse(out) as Result;
    expect(fixed).toHaveLength(1);
    expect(checks.find(({ id }) => id === 'dialplan')?.status).toBe('ok');
    // There is still no daemon.
    expect(code).toBe(1);
  });

  it('asks before it mends', async () => {
    const alone = await runCli(['doctor', '--config', file, '--fix']);
    expect(alone.code).toBe(2);
    expect(alone.err).toMatch(/^error confirmation_needed/);
    const no = await runCli(['doctor', '--config', file, '--fix'], {}, { answer: 'n' });
    expect(no.err).toContain('Copy ');
    expect(no.out).not.toContain('Again:');
    const yes = await runCli(['doctor', '--config', file, '--fix'], {}, { answer: 'y' });
    expect(yes.out).toMatch(/Again:\n[^]*ok {7}dialplan main/);
  });

  it('needs a configuration that can be read', async () => {
    await writeFile(file, 'switches: [');
    expect((await runCli(['doctor', '--config', file])).code).toBe(3);
    await writeFile(file, '{}');
    const { code, err } = await runCli(['doctor', '--config', file, '--switch', 'other']);
    expect(code).toBe(1);
    expect(err).toMatch(/^error no_such_switch/);
  });
});
