import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordReader } from '../../../src/records/record-reader.js';
import type { RecordPlace } from '../../../src/records/record-reader.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchhook-records-'));
  path = join(folder, 'records.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function line(id: number | string, fill = ''): string {
  return `${JSON.stringify({ record_id: `rec_${id}`, contact_id: `u-${id}`, fill })}\n`;
}

async function ids(
  reader: RecordReader,
  query: { limit: number; from?: RecordPlace },
): Promise<[string[], RecordPlace?]> {
  const page = await reader.page({ matches: () => true, ...query });
  const found = (page?.records ?? []).map(({ contact_id: id }) => id.slice(2));
  return page?.next === undefined ? [found] : [found, page.next];
}

async function all(reader: RecordReader, limit: number): Promise<string[]> {
  const found: string[] = [];
  let from: RecordPlace | undefined;
  do {
    const [some, next] = await ids(reader, { limit, ...(from === undefined ? {} : { from }) });
    found.push(...some);
    from = next;
  } while (from !== undefined);
  return found;
}

describe('the files of contact records', () => {
  it('are read from the end, the newest file first', async () => {
    await writeFile(join(folder, 'records-2026-01-01T00-00-00-000Z.jsonl'), line(1) + line(2));
    await writeFile(join(folder, 'records-2026-01-02T00-00-00-000Z.jsonl'), line(3));
    await writeFile(join(folder, 'records-of-mine.jsonl'), line('foreign'));
    await writeFile(path, line(4) + line(5));
    const reader = new RecordReader(path);
    expect(await all(reader, 100)).toEqual(['5', '4', '3', '2', '1']);
    expect(await all(reader, 1)).toEqual(['5', '4', '3', '2', '1']);
    expect(await all(reader, 2)).toEqual(['5', '4', '3', '2', '1']);
  });

  it('of which there are none yet are empty', async () => {
    expect(await all(new RecordReader(path), 10)).toEqual([]);
    await writeFile(path, '');
    expect(await all(new RecordReader(path), 10)).toEqual([]);
  });

  it('keep their places while they grow and are put aside', async () => {
    await writeFile(path, line(1) + line(2) + line(3));
    const reader = new RecordReader(path);
    const [first, from] = await ids(reader, { limit: 1 });
    expect(first).toEqual(['3']);
    await appendFile(path, line(4));
    await rename(path, join(folder, 'records-2026-01-02T00-00-00-000Z.jsonl'));
    await writeFile(path, line(5));
    expect((await ids(reader, { limit: 10, ...(from === undefined ? {} : { from }) }))[0]).toEqual([
      '2',
      '1',
    ]);
  });

  it('that were taken away have no places any more', async () => {
    await writeFile(path, line(1) + line(2));
    const reader = new RecordReader(path);
    const page = await reader.page({ matches: () => true, limit: 1 });
    expect(page?.next).toBeDefined();
    await rm(path);
    await writeFile(join(folder, 'other'), 'x');
    expect(
      await reader.page({ matches: () => true, limit: 1, ...(page?.next && { from: page.next }) }),
    ).toBeUndefined();
  });

  it('may hold lines that are none of ours', async () => {
    await writeFile(path, `${line(1)}not json\n\n{"record_id":1}\nnull\n[]\n${line(2)}{"record_id":"rec_cut`);
    expect(await all(new RecordReader(path), 10)).toEqual(['2', '1']);
  });

  it('are looked through a piece at a time, and what is looked for may be far back', async () => {
    await writeFile(path, Array.from({ length: 1000 }, (_, id) => line(id, 'x'.repeat(1000))).join(''));
    const reader = new RecordReader(path, 100_000);
    const query = {
      matches: ({ contact_id: id }: { contact_id: string }) => id === 'u-1',
      contains: 'u-1',
      limit: 1,
    };
    let page = await reader.page(query);
    let pages = 1;
    expect(page?.records).toEqual([]);
    while (page?.next !== undefined && page.records.length === 0) {
      page = await reader.page({ ...query, from: page.next });
      pages += 1;
    }
    expect(page?.records.map(({ contact_id: id }) => id)).toEqual(['u-1']);
    expect(pages).toBeGreaterThan(5);
  });

  it('are read whole, wherever lines and pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        async (sizes, limit) => {
          await writeFile(path, sizes.map((size, id) => line(id, 'ü'.repeat(size))).join(''));
          expect(await all(new RecordReader(path), limit)).toEqual(
            sizes.map((_, id) => String(id)).reverse(),
          );
        },
      ),
      { numRuns: 20 },
    );
  });
});
