import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema.js';
import { EXIT } from '../../../src/cli/exit-code.js';
import { ROOT } from '../../gate/packages.js';

const text = readFileSync(join(ROOT, 'docs/guide/systemd/switchhook.service'), 'utf8');
const settings = new Map<string, string[]>();
for (const line of text.split('\n')) {
  const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
  if (name !== undefined) settings.set(name, [...(settings.get(name) ?? []), value]);
}

const folder = mkdtempSync(join(tmpdir(), 'switchhook-unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The unit with a command that is there. */
function analyze(...args: readonly string[]): { status: number | null; output: string } {
  const unit = join(folder, 'switchhook.service');
  writeFileSync(unit, text.replace('/usr/bin/switchhook', process.execPath));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, unit], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const version = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout as string | null;
const systemd = Number(/^systemd (\d+)/.exec(version ?? '')?.[1] ?? 0);

describe('the systemd unit', () => {
  it('gives the daemon no right that it does not need', () => {
    const wanted = {
      DynamicUser: 'yes',
      CapabilityBoundingSet: '',
      AmbientCapabilities: '',
      NoNewPrivileges: 'yes',
      ProtectSystem: 'strict',
      ProtectHome: 'yes',
      PrivateTmp: 'yes',
      PrivateDevices: 'yes',
      ProtectKernelTunables: 'yes',
      ProtectKernelModules: 'yes',
      ProtectControlGroups: 'yes',
      RestrictNamespaces: 'yes',
      RestrictSUIDSGID: 'yes',
      LockPersonality: 'yes',
      SystemCallArchitectures: 'native',
    };
    for (const [name, value] of Object.entries(wanted)) expect(settings.get(name), name).toEqual([value]);
    // V8 could not compile.
    expect(settings.has('MemoryDenyWriteExecute')).toBe(false);
  });

  it('starts it again whenever it dies, and not for a wrong configuration', () => {
    expect(settings.get('Restart')).toEqual(['on-failure']);
    expect(settings.get('StartLimitIntervalSec')).toEqual(['0']);
    expect(settings.get('RestartPreventExitStatus')).toEqual([String(EXIT.config)]);
  });

  it('gives it the time to drain, and a descriptor for every call', () => {
    const { limits } = configSchema.parse({});
    expect(Number(settings.get('TimeoutStopSec')?.[0]) * 1000).toBeGreaterThan(limits.drain_timeout_ms);
    expect(settings.get('KillMode')).toEqual(['mixed']);
    expect(Number(settings.get('LimitNOFILE')?.[0])).toBeGreaterThan(2 * limits.calls);
  });

  it('has it scheduled before ordinary processes, as docs/guide/operations.md says', () => {
    const operations = readFileSync(join(ROOT, 'docs/guide/operations.md'), 'utf8');
    for (const name of ['CPUSchedulingPolicy', 'CPUSchedulingPriority'])
      expect(operations).toContain(`${name}=${settings.get(name)?.[0] ?? '?'}`);
  });

  it.skipIf(systemd < 250)('is understood by systemd, which has little to say against it', () => {
    expect(analyze('verify', '--man=no')).toEqual({ status: 0, output: '' });
    // 10 is a service without any protection; beyond the threshold the tool fails.
    expect(analyze('security', '--offline=true', '--threshold=20').status).toBe(0);
  });
});
