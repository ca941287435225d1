import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../../src/cli/program.js';
import type { Config } from '../../../src/config/schema.js';
import { AppError } from '../../../src/errors.js';
import { harness } from './harness.js';

interface NotedDaemon {
  asked: string[];
  config: unknown;
  started: () => void;
  drain: () => Promise<void>;
  startError: Error | undefined;
}

/** A daemon that only notes what is asked of it. */
const daemon = vi.hoisted((): NotedDaemon => ({
  asked: [],
  config: undefined,
  started: () => undefined,
  drain: () => Promise.resolve(),
  startError: undefined,
}));

vi.mock('../../../src/daemon.js', () => ({
  startDaemon: (config: unknown) => {
    daemon.config = config;
    daemon.started();
    if (daemon.startError !== undefined) return Promise.reject(daemon.startError);
    return Promise.resolve({
      activeCalls: 1,
      drain: () => {
        daemon.asked.push('drain');
        return daemon.drain();
      },
      stop: () => {
        daemon.asked.push('stop');
        return Promise.resolve();
      },
    });
  },
}));

let folder: string;
let config: string;
let started: Promise<void>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchhook-serve-'));
  config = join(folder, 'switchhook.yaml');
  writeFileSync(config, 'limits: {calls: 5}\nlisten: {host: 0.0.0.0}\n');
  daemon.asked = [];
  daemon.startError = undefined;
  daemon.drain = () => Promise.resolve();
  started = new Promise((resolve) => {
    daemon.started = resolve;
  });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('switchhook serve', () => {
  it('starts the daemon with the configuration; a signal drains it, then stops it', async () => {
    const { cli, out, signal } = harness();
    const served = run(['serve', '--config', config], cli);
    await started;
    expect((daemon.config as Config).limits.calls).toBe(5);
    signal('SIGTERM');
    expect(await served).toBe(0);
    expect(daemon.asked).toEqual(['drain', 'stop']);
    const lines = out()
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(lines).toEqual(['configuration read', 'configuration needs a look', 'draining']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('stops at once at a second signal, %s → %i', async (name, code) => {
    daemon.drain = () => new Promise(() => {});
    const { cli, signal } = harness();
    const served = run(['serve', '--config', config], cli);
    await started;
    signal('SIGTERM');
    signal(name);
    expect(await served).toBe(code);
    expect(daemon.asked).toEqual(['drain', 'stop']);
  });

  it('takes a signal that comes before the daemon has started', async () => {
    const { cli, signal } = harness();
    daemon.started = () => signal('SIGTERM');
    expect(await run(['serve', '--config', config], cli)).toBe(0);
    expect(daemon.asked).toEqual(['drain', 'stop']);
  });

  it('tells why it could not start', async () => {
    daemon.startError = new AppError('listen_failed', '127.0.0.1:8084');
    const { cli, err } = harness();
    expect(await run(['serve', '--config', config], cli)).toBe(4);
    expect(err()).toMatch(/^error listen_failed: .* — 127\.0\.0\.1:8084\n/);
  });

  it('needs a configuration', async () => {
    const { cli, err } = harness();
    expect(await run(['serve', '--config', join(folder, 'nowhere.yaml')], cli)).toBe(3);
    expect(err()).toMatch(/^error config_unreadable: /);
  });
});
