import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { RecordFile } from '../../../src/records/record-file.js';
import { folder } from '../functions/world.js';

function fileIn(at: string, more: Partial<ConstructorParameters<typeof RecordFile>[0]> = {}): RecordFile {
  return new RecordFile({ path: join(at, 'contacts.jsonl'), maxBytes: 1e6, daily: true, keep: 3, ...more });
}

const text = (at: string): string => readFileSync(join(at, 'contacts.jsonl'), 'utf8');

describe('the file of records', () => {
  it('gets a line for each, in order, and only its owner and group may read it', async () => {
    const at = join(folder(), 'deep/below');
    const file = fileIn(at);
    await Promise.all([file.write('1'), file.write('2'), file.write('3')]);
    await file.write('4');
    expect(text(at)).toBe('1\n2\n3\n4\n');
    expect(statSync(join(at, 'contacts.jsonl')).mode & 0o007).toBe(0);
  });

  it('is begun again when somebody moved it away', async () => {
    const at = folder();
    const file = fileIn(at);
    await file.write('1');
    renameSync(join(at, 'contacts.jsonl'), join(at, 'elsewhere'));
    await file.write('2');
    expect(text(at)).toBe('2\n');
  });

  it('does not hang a line on one that a crash cut short', async () => {
    const at = folder();
    writeFileSync(join(at, 'contacts.jsonl'), '{"a":1}\n{"b');
    await fileIn(at).write('{"c":1}');
    expect(text(at)).toBe('{"a":1}\n{"b\n{"c":1}\n');
  });

  it('is put aside when it is too large, and only so many are kept', async () => {
    const at = folder();
    let ms = Date.UTC(2026, 0, 1);
    const file = fileIn(at, { maxBytes: 10, daily: false, now: () => new Date((ms += 1000)) });
    for (let i = 0; i < 6; i += 1) await file.write(`line ${i} xxxx`);
    const names = readdirSync(at).sort();
    expect(names).toHaveLength(4);
    expect(names.filter((name) => /^contacts-2026-01-01T[\d-]+Z\.jsonl$/.test(name))).toHaveLength(3);
    expect(text(at)).toBe('line 5 xxxx\n');
    expect(readFileSync(join(at, names[0] ?? ''), 'utf8')).toBe('line 2 xxxx\n');
  });

  it('is the newest that was put aside, also when the clock was put back', async () => {
    const at = folder();
    let now = Date.UTC(2026, 0, 2, 3, 4, 5, 999);
    const file = fileIn(at, { maxBytes: 10, daily: false, keep: 2, now: () => new Date(now) });
    for (let i = 0; i < 4; i += 1) {
      await file.write(`line ${i} xxxx`);
      now -= 86_400_000;
    }
    const aside = readdirSync(at).filter((name) => name !== 'contacts.jsonl');
    expect(aside.sort()).toEqual([
      'contacts-2026-01-01T03-04-06-000Z.jsonl',
      'contacts-2026-01-01T03-04-06-001Z.jsonl',
    ]);
    expect(aside.map((name) => readFileSync(join(at, name), 'utf8'))).toEqual([
      'line 1 xxxx\n',
      'line 2 xxxx\n',
    ]);
  });

  it('is begun again at once when a daemon beside this one has put it aside first', async () => {
    const at = folder();
    const path = join(at, 'contacts.jsonl');
    writeFileSync(path, `${'x'.repeat(100)}\n`);
    const errors: string[] = [];
    const nothing = (): void => undefined;
    const log = { info: nothing, warn: nothing, error: (_: object, text: string) => void errors.push(text) };
    let others = 0;
    const now = (): Date => {
      if ((others += 1) === 2) renameSync(path, join(at, 'contacts-2026-01-01T00-00-00-000Z.jsonl'));
      return new Date();
    };
    const file = fileIn(at, { maxBytes: 50, log, now });
    expect(await file.write('1')).toBe(true);
    expect(others).toBeGreaterThan(1);
    expect(text(at)).toBe('1\n');
    expect(errors).toEqual([]);
  });

  it('is put aside when it is of the day before', async () => {
    const at = folder();
    const file = fileIn(at);
    await file.write('yesterday');
    const yesterday = new Date(Date.now() - 86_400_000);
    utimesSync(join(at, 'contacts.jsonl'), yesterday, yesterday);
    await file.write('today');
    expect(text(at)).toBe('today\n');
    expect(readdirSync(at)).toHaveLength(2);
  });

  it('waits for a disk that does not take it, and loses nothing', async () => {
    const at = folder();
    const errors: object[] = [];
    const path = join(at, 'contacts.jsonl');
    mkdirSync(path);
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (fields: object) => errors.push(fields),
    };
    const file = fileIn(at, { log });
    const first = file.write('1');
    const second = file.write('2');
    await eventually('an error in the log', () => (errors.length > 0 ? true : undefined));
    rmSync(path, { recursive: true });
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(text(at)).toBe('1\n2\n');
    expect(errors[0]).toMatchObject({ code: 'EISDIR' });
  });

  it('says so when the daemon ends before', async () => {
    const at = folder();
    mkdirSync(join(at, 'contacts.jsonl'));
    const file = fileIn(at);
    const first = file.write('1');
    await file.close();
    expect(await first).toBe(false);
  });
});
