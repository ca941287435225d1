import type * as Fs from 'node:fs';
import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordJournal } from '../../../src/records/journal.js';
import { folder } from '../functions/world.js';
import { begin, END, linesOf, recordsWith } from './world.js';

const read = vi.hoisted(() => ({ bytes: 0 }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  return {
    ...fs,
    readFileSync: (...args: Parameters<typeof fs.readFileSync>) => {
      const content = fs.readFileSync(...args);
      read.bytes += content.length;
      return content;
    },
    readSync: (...args: Parameters<typeof fs.readSync>) => {
      const bytes = fs.readSync(...args);
      read.bytes += bytes;
      return bytes;
    },
  };
});

const id = (n: number): string => `rec_${String(n).padStart(32, '0')}`;
const over = (n: number): string => `${JSON.stringify({ op: 'over', id: id(n) })}\n`;

describe('the journal of another daemon', () => {
  const long = (): string => Array.from({ length: 5000 }, (_, n) => over(n)).join('');
  beforeEach(() => {
    read.bytes = 0;
  });

  /** A journal of somebody else, and one of ours. */
  function two(): { readonly other: string; readonly journal: RecordJournal; readonly at: string } {
    const at = folder();
    const other = join(at, `open-1-1-0000.jsonl`);
    appendFileSync(other, long());
    return { other, journal: new RecordJournal(at), at };
  }

  it('is read once, and from there on what is new in it', () => {
    const { other, journal } = two();
    expect(journal.overElsewhere([id(7), id(6000)])).toEqual([id(7)]);
    const once = read.bytes;
    for (let n = 0; n < 10; n += 1) journal.overElsewhere([id(7)]);
    expect(read.bytes - once).toBeLessThan(10_000);
    appendFileSync(other, over(6000).slice(0, 20));
    expect(journal.overElsewhere([id(6000)])).toEqual([]);
    appendFileSync(other, over(6000).slice(20));
    expect(journal.overElsewhere([id(6000), id(7)])).toEqual([id(6000), id(7)]);
    expect(read.bytes - once).toBeLessThan(20_000);
  });

  it('is forgotten when it is gone, and read anew when it has become shorter', () => {
    const { other, journal } = two();
    expect(journal.overElsewhere([id(7)])).toEqual([id(7)]);
    rmSync(other);
    expect(journal.overElsewhere([id(7)])).toEqual([]);
    appendFileSync(other, over(8));
    expect(journal.overElsewhere([id(7), id(8)])).toEqual([id(8)]);
  });

  it('is not looked at while there is nothing to ask', async () => {
    const { at, other } = two();
    const records = recordsWith({ file: join(at, 'contacts.jsonl') });
    mkdirSync(join(at, '.records'));
    appendFileSync(join(at, '.records', 'open-1-1-0000.jsonl'), long());
    rmSync(other);
    for (let n = 0; n < 5; n += 1) await records.sweep(() => Promise.resolve(false));
    expect(read.bytes).toBeLessThan(10_000);
  });
});

describe('a journal that can not be taken away', () => {
  it('does not keep the daemon from ending', async () => {
    const at = folder();
    const records = recordsWith({ file: join(at, 'contacts.jsonl') });
    await records.begin(begin()).end(END);
    const [name = ''] = readdirSync(join(at, '.records'));
    rmSync(join(at, '.records', name));
    mkdirSync(join(at, '.records', name));
    await records.close();
    expect(linesOf(join(at, 'contacts.jsonl'))).toHaveLength(1);
  });
});
