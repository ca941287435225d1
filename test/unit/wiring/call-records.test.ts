import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord, TraceEntry } from '../../../src/call/call.js';
import type { CallRunner } from '../../../src/call/runner.js';
import { Records } from '../../../src/records/records.js';
import { recordsConfigSchema } from '../../../src/records/settings.js';
import { CallRecords } from '../../../src/wiring/call-records.js';
import { InUse } from '../../../src/wiring/in-use.js';

let folder: string;
let alive: boolean | undefined;
/** Of which switches it was asked. */
let asked: (string | undefined)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchhook-records-'));
  alive = true;
  asked = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function records(): CallRecords {
  const settings = recordsConfigSchema.parse({
    file: join(folder, 'contacts.jsonl'),
    state_folder: join(folder, 'state'),
  });
  const egress = { allowed_addresses: [], denied_addresses: [] };
  return new CallRecords(new Records({ settings, egress }), (_uuid, about) => {
    asked.push(about);
    return Promise.resolve(alive);
  });
}

function written(): Record<string, unknown>[] {
  try {
    const text = readFileSync(join(folder, 'contacts.jsonl'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  } catch {
    return [];
  }
}

const BEGUN = 1_772_000_000_000;
const CALLER: Readonly<Record<string, string>> = { caller_id_number: '+4930123', destination_number: '7000' };
const runner = {
  call: { uuid: 'u', get: (name: string) => CALLER[name] },
  begun: BEGUN,
  switchName: 'switch-1',
} as unknown as CallRunner;

function handedOver(resumed = false): TraceEntry {
  return { type: 'handed_over', atMs: 0, program: 'flow/a', destination: '7000', caller: '1', resumed };
}

function block(name: string, exit: string, at: number): TraceEntry {
  return {
    ...{ type: 'block', atMs: at, flow: 'a', version: '1', block: name, blockType: 'menu', exit },
    ...{ enteredAt: BEGUN + at, leftAt: BEGUN + at + 10 },
  };
}

function ended(result: CallRecord['result'], more: Partial<CallRecord> = {}): CallRecord {
  const trace: TraceEntry[] = [{ type: 'ended', atMs: 100, result, detail: 'NORMAL_CLEARING' }];
  return {
    ...{ uuid: 'u', program: 'flow/a', startedAt: new Date(BEGUN), durationMs: 100, result },
    ...{ actionsRan: 1, trace, reports: [] },
    ...more,
  };
}

const interruption: TraceEntry = { type: 'ended', atMs: 50, result: 'interrupted', detail: '' };

const REPORT = {
  kind: 'flow',
  data: {
    ...{ flow: 'a', version: '1', block: 'second', isInside: true, since: BEGUN + 50, begun: BEGUN },
    attributes: { name: 'Ada', pin: '****' },
  },
};

describe('the record of a call', () => {
  it('is written when it ends, with the block in which the caller hung up', async () => {
    const all = records();
    all.onTrace('u', handedOver(), runner);
    all.onTrace('u', block('first', 'next', 10), runner);
    all.onCallEnded(ended('hung_up', { reports: [REPORT] }), runner);
    await all.close();
    expect(written()).toMatchObject([
      {
        contact_id: 'u',
        customer_endpoint: { address: '+4930123' },
        path: [
          { block: 'first', exit: 'next' },
          { block: 'second', exit: '' },
        ],
        attributes: { name: 'Ada', pin: '****' },
        result: 'hung_up',
        hangup_cause: 'NORMAL_CLEARING',
      },
    ]);
  });

  it('is one, when another program takes the place of the first', async () => {
    const all = records();
    all.onTrace('u', handedOver(), runner);
    all.onCallEnded(ended('interrupted'), runner);
    all.onTrace('u', handedOver(), runner);
    all.onCallEnded(ended('done'), runner);
    await all.close();
    expect(written()).toHaveLength(1);
  });

  it('waits for a call that was lost and comes back, and tells nothing twice', async () => {
    const all = records();
    all.onTrace('u', handedOver(), runner);
    all.onTrace('u', block('first', 'next', 10), runner);
    all.onCallEnded(ended('lost'), runner);
    await all.sweep(performance.now() + 3_600_000);
    all.onTrace('u', handedOver(true), runner);
    // A flow that is resumed tells of its past.
    all.onTrace('u', block('first', 'next', 10), runner);
    all.onTrace('u', block('second', 'next', 60), runner);
    all.onCallEnded(ended('done'), runner);
    await all.close();
    expect(written()).toMatchObject([{ path: [{ block: 'first' }, { block: 'second' }], result: 'done' }]);
  });

  it('is written for a call that was lost and has ended, also when nobody can say', async () => {
    for (const answer of [false, undefined]) {
      alive = answer;
      const all = records();
      all.onTrace('u', handedOver(), runner);
      all.onCallEnded(ended('lost'), runner);
      await all.sweep(performance.now() + 1000);
      expect(written()).toHaveLength(0);
      await all.sweep(performance.now() + 3_600_000);
      expect(asked).toEqual(['switch-1']);
      asked = [];
      await all.close();
      expect(written()).toMatchObject([{ result: 'lost' }]);
      rmSync(join(folder, 'contacts.jsonl'));
    }
  });

  it('is written when no program takes the place of one that was interrupted', async () => {
    const all = records();
    all.onTrace('u', handedOver(), runner);
    all.onTrace('u', interruption, runner);
    all.onCallEnded(ended('interrupted'), runner);
    await all.sweep(performance.now() + 1000);
    expect(written()).toHaveLength(0);
    await all.sweep(performance.now() + 90_000);
    await all.close();
    expect(written()).toMatchObject([{ result: 'interrupted' }]);
  });

  it('stays open when the program that takes the place has begun before the other noticed', async () => {
    const all = records();
    const { call, begun, switchName } = runner;
    const next = { call, begun, switchName } as unknown as CallRunner;
    all.onTrace('u', handedOver(), runner);
    all.onTrace('u', handedOver(), next);
    all.onTrace('u', interruption, runner);
    all.onCallEnded(ended('interrupted'), runner);
    await all.sweep(performance.now() + 3_600_000);
    expect(written()).toHaveLength(0);
    all.onCallEnded(ended('done'), next);
    await all.close();
    expect(written()).toMatchObject([{ result: 'done' }]);
  });

  it('is not ended by a program whose place another has taken', async () => {
    const all = records();
    const { call, begun, switchName } = runner;
    const next = { call, begun, switchName } as unknown as CallRunner;
    all.onTrace('u', handedOver(), runner);
    all.onTrace('u', handedOver(), next);
    for (const result of ['hung_up', 'lost'] as const) all.onCallEnded(ended(result), runner);
    alive = false;
    await all.sweep(performance.now() + 3_600_000);
    expect(written()).toHaveLength(0);
    all.onCallEnded(ended('done'), next);
    await all.close();
    expect(written()).toMatchObject([{ result: 'done' }]);
  });

  it('is written also of a call that ended by a defect', async () => {
    const all = records();
    all.onTrace('u', handedOver(), runner);
    const { call, begun, switchName } = runner;
    all.onDefect('u', { call, begun, switchName } as unknown as CallRunner);
    alive = false;
    await all.sweep(performance.now() + 3_600_000);
    expect(written()).toHaveLength(0);
    all.onDefect('u', runner);
    await all.sweep(performance.now() + 3_600_000);
    await all.close();
    expect(written()).toMatchObject([{ result: 'lost' }]);
  });

  it('tells the cause of a hang-up that the program asked for', async () => {
    const all = records();
    all.onTrace('u', handedOver(), runner);
    all.onCallEnded(
      ended('done', { trace: [{ type: 'ended', atMs: 1, result: 'done', detail: 'USER_BUSY' }] }),
      runner,
    );
    await all.close();
    expect(written()).toMatchObject([{ result: 'done', hangup_cause: 'USER_BUSY' }]);
  });

  it('is left to the next daemon when this one stops before the call is over', async () => {
    alive = false;
    const first = records();
    first.onTrace('u', handedOver(), runner);
    first.onTrace('u', block('first', 'next', 10), runner);
    first.onCallEnded(ended('lost'), runner);
    await first.close();
    expect(written()).toHaveLength(0);
  });
});

describe('what setups share', () => {
  it('is closed when the last of them is gone', async () => {
    const closed: string[] = [];
    const thing = (name: string): { close(): Promise<void> } => ({
      close: () => {
        closed.push(name);
        return Promise.resolve();
      },
    });
    const [a, b, c] = [thing('a'), thing('b'), thing('c')];
    const inUse = new InUse();
    inUse.take([a, b]);
    inUse.take([a, c]);
    await inUse.release([a, b]);
    expect(closed).toEqual(['b']);
    await inUse.release([a]);
    expect(closed).toEqual(['b', 'a']);
    await inUse.closeAll();
    await inUse.release([c]);
    expect(closed).toEqual(['b', 'a', 'c']);
  });
});
