import { mkdtempSync, readFileSync, renameSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../../src/telemetry/audit-log.js';
import type { AuditEntry } from '../../../src/telemetry/audit-log.js';
import { createLogger } from '../../../src/telemetry/log.js';

const folder = mkdtempSync(join(tmpdir(), 'switchhook-audit-log-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const entry: AuditEntry = {
  who: 'alice',
  role: 'operator',
  address: '127.0.0.1',
  action: 'call.hangup',
  target: 'uuid',
  result: 'ok',
};

function logTo(lines: string[], level = 'error'): ReturnType<typeof createLogger> {
  return createLogger({ level, format: 'json' }, { write: (line) => lines.push(line) });
}

describe('the audit log', () => {
  it('goes to the log where it has no file, whatever the level of the log', async () => {
    const lines: string[] = [];
    await new AuditLog(logTo(lines)).write(entry);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'audit', ...entry });
  });

  it('keeps the order, survives rotation, and is for its owner alone', async () => {
    const file = join(folder, 'audit.jsonl');
    const audit = new AuditLog(logTo([]), file);
    await audit.open();
    await Promise.all(Array.from({ length: 50 }, (_, at) => audit.write({ ...entry, target: String(at) })));
    renameSync(file, `${file}.1`);
    await audit.write(entry);
    const targets = readFileSync(`${file}.1`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as AuditEntry).target);
    expect(targets).toEqual(Array.from({ length: 50 }, (_, at) => String(at)));
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('says at the start that its file cannot be written', async () => {
    await expect(new AuditLog(logTo([]), join(folder, 'no/folder')).open()).rejects.toMatchObject({
      code: 'audit_log_unwritable',
    });
  });
});
