import { describe, expect, it } from 'vitest';
import type { CancelSignal } from '../../../src/cancellation.js';
import type { Action } from '../../../src/call/action.js';
import type { CallRecord } from '../../../src/call/call.js';
import { CallTable } from '../../../src/call/call-table.js';
import { DialLimits } from '../../../src/call/dial-limits.js';
import type { OwnList } from '../../../src/call/own-list.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { Policy } from '../../../src/call/policy.js';
import { CallRunner } from '../../../src/call/runner.js';
import type { RunnerServices, RunTime } from '../../../src/call/run-context.js';
import type { ActionSource, SourceAnswer } from '../../../src/source/port.js';
import type { Segment, SegmentEnd, SegmentResult } from '../../../src/switch/channel.js';
import { FakeChannel } from './fake-channel.js';

function actions(...texts: readonly string[]): Action[] {
  return texts.map((text) => {
    const [application = '', ...data] = text.split(' ');
    return { application, data: data.join(' '), onError: 'continue' };
  });
}

function own(...texts: readonly string[]): OwnList {
  return { actions: actions(...texts), policy: 'default', by: 'operator/alice' };
}

/** A channel that holds each segment until it is let go, and keeps what it was to release. */
class HeldChannel extends FakeChannel {
  over = false;
  readonly #gates: (() => void)[] = [];
  #keep = false;

  override async run(segment: Segment): Promise<SegmentResult> {
    const begun = super.run(segment);
    this.#keep = false;
    await new Promise<void>((resolve) => this.#gates.push(resolve));
    const kept = segment.release && this.wantsKeeping();
    this.over = segment.release && !kept;
    return { ...(await begun), ...(kept ? { kept } : {}) };
  }

  private wantsKeeping(): boolean {
    return this.#keep;
  }

  keep(): boolean {
    this.#keep = true;
    return !this.over;
  }

  /** Lets the segment end that runs, as soon as one does. */
  async step(): Promise<void> {
    while (this.#gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
    this.#gates.shift()?.();
  }
}

function services(source: ActionSource): RunnerServices {
  return {
    sources: { open: () => ({ source }), describe: () => 'main' },
    policies: new Map([['default', new Policy('default', policyProfileSchema.parse({}))]]),
    limits: { chainDepth: 3, actionsPerCall: 50 },
    dialLimits: new DialLimits(),
  };
}

function answers(answer: SourceAnswer): ActionSource {
  return {
    kind: 'test',
    start: () => Promise.resolve(answer),
    next: () => Promise.resolve({ kind: 'done' }),
  };
}

function listed(...texts: readonly string[]): SourceAnswer {
  const list = actions(...texts);
  return { kind: 'actions', actions: list, policy: 'default', origin: 'test', warnings: [], final: true };
}

/** Answers when it is told to, unless it is aborted before. */
function slow(): ActionSource & { readonly asked: Promise<void>; aborted: boolean } {
  let asked: () => void = () => undefined;
  const source = {
    kind: 'test',
    aborted: false,
    asked: new Promise<void>((resolve) => (asked = resolve)),
    start: (_call: unknown, { signal }: { signal: CancelSignal }) =>
      new Promise<SourceAnswer>((resolve) => {
        asked();
        signal.addEventListener('abort', () => {
          source.aborted = true;
          resolve({ kind: 'failed', code: 'call_gone', detail: '' });
        });
      }),
    next: () => Promise.resolve({ kind: 'done' } as const),
  };
  return source;
}

/** Answers what it is told to, when it is told to. */
function answersLater(): ActionSource & { answer: (answer: SourceAnswer) => void } {
  let settle: (answer: SourceAnswer) => void = () => undefined;
  const given = new Promise<SourceAnswer>((resolve) => (settle = resolve));
  return {
    kind: 'test',
    start: () => given,
    next: () => Promise.resolve({ kind: 'done' }),
    answer: settle,
  };
}

/** No time is lost before a channel is looked after. */
const HURRIED: RunTime = {
  now: () => performance.now(),
  after: (_ms, task) => {
    const timer = setTimeout(task, 1);
    return () => clearTimeout(timer);
  },
};

function outcomes(record: CallRecord): string[] {
  return record.trace.flatMap((entry) =>
    entry.type === 'outcome' ? [`${entry.list}:${entry.index} ${entry.application} ${entry.status}`] : [],
  );
}

describe('a list that is appended', () => {
  it('keeps a call whose last segment is running', async () => {
    const channel = new HeldChannel({ variables: { cti_curl: 'main' } });
    const runner = new CallRunner(channel, services(answers(listed('answer'))));
    const ended = runner.run();
    await running(runner);
    expect(runner.append(own('playback x'))).toBe(true);
    expect(runner.append(own('sleep 10'))).toBe(true);
    expect(runner.progress).toMatchObject({ state: 'running', running: ['answer'], appended: 2 });
    await channel.step();
    await channel.step();
    await channel.step();
    const record = await ended;
    expect(outcomes(record)).toEqual(['1:0 answer ok', '2:0 playback ok', '3:0 sleep ok']);
    expect(record).toMatchObject({ result: 'done', actionsRan: 3 });
    // While more is to come, none of them carries the end of the program; the last one does.
    expect(channel.segments.map(({ release }) => release)).toEqual([true, false, true]);
    expect(channel.segments[1]?.before).toMatchObject({ cti_status: '', cti_error: '', cti_actions: '' });
    expect(channel.segments[2]?.after).toMatchObject({ cti_status: 'done', cti_actions: '3' });
  });

  it('runs after a program that failed, which stays failed; not when the call is gone', async () => {
    const channel = new HeldChannel({ variables: { cti_curl: 'main' } });
    const source = slow();
    const runner = new CallRunner(channel, services(source));
    const ended = runner.run();
    await source.asked;
    expect(runner.progress.state).toBe('asking');
    expect(runner.append(own('answer'))).toBe(true);
    channel.hangUp();
    const gone = await ended;
    expect(gone.result).toBe('hung_up');
    expect(gone.trace.filter(({ type }) => type === 'asked')).toMatchObject([
      { what: 'appended', by: 'operator/alice' },
      { what: 'dropped', by: 'operator/alice' },
    ]);

    const other = new HeldChannel({ variables: { cti_curl: 'main' } });
    const failing = answers({ kind: 'failed', code: 'http_status', detail: '404' });
    const failed = new CallRunner(other, services(failing));
    const end = failed.run();
    expect(failed.append(own('answer'))).toBe(true);
    await other.step();
    const record = await end;
    expect(record).toMatchObject({ result: 'failed', error: { code: 'http_status' } });
    expect(outcomes(record)).toEqual(['1:0 answer ok']);
    expect(other.segments[0]?.after).toMatchObject({ cti_status: 'failed', cti_error: 'http_status' });
  });

  it('comes too late once the call was given back', async () => {
    const channel = new HeldChannel({ variables: { cti_curl: 'main' } });
    const runner = new CallRunner(channel, services(answers(listed('answer'))));
    const ended = runner.run();
    await running(runner);
    await channel.step();
    await ended;
    expect(runner.append(own('answer'))).toBe(false);
  });

  it('comes too late where the last segment cannot be kept', async () => {
    const channel = new HeldChannel({ variables: { cti_curl: 'main' } });
    Object.defineProperty(channel, 'keep', { value: undefined });
    const runner = new CallRunner(channel, services(answers(listed('answer'))));
    const ended = runner.run();
    await running(runner);
    expect(runner.append(own('sleep 1'))).toBe(false);
    await channel.step();
    expect(outcomes(await ended)).toEqual(['1:0 answer ok']);
  });
});

describe('a program that is interrupted', () => {
  it('gives up its question, and the other list runs on the same channel as a program of its own', async () => {
    const channel = new FakeChannel({ variables: { cti_curl: 'main' } });
    const source = slow();
    const { table, records } = tableOf(services(source));
    table.take(channel, () => undefined);
    await source.asked;
    const call = table.find('fake-uuid');
    expect(call && table.interrupt(call, own('answer'))).toBe(true);
    await table.empty(5000);
    expect(source.aborted).toBe(true);
    expect(records.map(({ program, result }) => [program, result])).toEqual([
      ['main', 'interrupted'],
      ['operator/alice', 'done'],
    ]);
    expect(channel.applications).toEqual(['answer']);
    // What a daemon before may have left is not to be found by a later program.
    expect(channel.segments[0]?.after).toMatchObject({ cti_status: 'done', cti_state: '' });
  });

  it.each([
    ['hangs up', { kind: 'hung_up', cause: 'NORMAL_CLEARING' }, 'hung_up'],
    ['is moved', { kind: 'moved', to: '' }, 'moved'],
  ] as const)('has no successor on a call that %s before it gives up', async (_what, end, result) => {
    let noticed: (end: SegmentEnd) => void = () => undefined;
    const channel = new FakeChannel({
      variables: { cti_curl: 'main' },
      onWait: () => new Promise<SegmentEnd>((resolve) => (noticed = resolve)),
    });
    const { table, records } = tableOf({ ...services(slow()), time: HURRIED });
    table.take(channel, () => undefined);
    await until(() => channel.waits.length > 0);
    const call = table.find('fake-uuid');
    expect(call && table.interrupt(call, own('answer'))).toBe(true);
    // Whoever comes second has to take the channel from outside.
    expect(call && table.interrupt(call, own('sleep 1'))).toBe(false);
    noticed(end);
    await table.empty(5000);
    expect(records.map((record) => record.result)).toEqual([result]);
    expect(channel.applications).toEqual([]);
    expect(asked(records[0])).toEqual(['interrupted operator/alice', 'dropped operator/alice']);
  });

  it('holds its channel when it is answered, until that is taken away', async () => {
    let parked = false;
    const channel = new FakeChannel({
      variables: { cti_curl: 'main' },
      onWait: async (): Promise<SegmentEnd> => {
        await tick();
        return parked ? { kind: 'moved', to: '' } : { kind: 'completed' };
      },
    });
    const source = answersLater();
    const runner = new CallRunner(channel, services(source));
    const ended = runner.run();
    runner.takenOver('operator/alice');
    source.answer(listed('answer'));
    await until(() => channel.waits.length > 1);
    parked = true;
    expect((await ended).result).toBe('interrupted');
    expect(channel.applications).toEqual([]);
  });

  it('goes on with its answer when the channel could not be taken away', async () => {
    const channel = new FakeChannel({
      variables: { cti_curl: 'main' },
      onWait: async (): Promise<SegmentEnd> => {
        await tick();
        return { kind: 'completed' };
      },
    });
    const source = answersLater();
    const runner = new CallRunner(channel, services(source));
    const ended = runner.run();
    const takeBack = runner.takenOver('operator/alice');
    source.answer(listed('answer'));
    await until(() => channel.waits.length > 0);
    takeBack();
    expect((await ended).result).toBe('done');
    expect(channel.applications).toEqual(['answer']);
  });

  it('cannot be from here while FreeSWITCH runs a list', async () => {
    const channel = new HeldChannel({ variables: { cti_curl: 'main' } });
    const runner = new CallRunner(channel, services(answers(listed('answer'))));
    const ended = runner.run();
    await running(runner);
    expect(runner.interrupt('operator/alice')).toBe(false);
    await channel.step();
    expect((await ended).result).toBe('done');
  });

  it('settles what was taken off as interrupted, when it was us who took it', async () => {
    const play = async (byUs: boolean): Promise<CallRecord> => {
      const channel = new FakeChannel({
        variables: { cti_curl: 'main' },
        onStep: ({ application }) => {
          if (application !== 'playback') return undefined;
          if (byUs) runner.takenOver('operator/alice');
          return { end: { kind: 'moved', to: '' } };
        },
      });
      const runner = new CallRunner(channel, services(answers(listed('answer', 'playback x', 'sleep 1'))));
      return runner.run();
    };
    const ours = await play(true);
    expect(ours.result).toBe('interrupted');
    expect(outcomes(ours)).toEqual(['1:0 answer ok', '1:1 playback interrupted', '1:2 sleep not_run']);
    expect((await play(false)).result).toBe('moved');
  });
});

describe('a call that is refused', () => {
  it('takes no list any more', async () => {
    let givenBack: (end: SegmentEnd) => void = () => undefined;
    const channel = new FakeChannel();
    channel.release = () => new Promise<SegmentEnd>((resolve) => (givenBack = resolve));
    const runner = new CallRunner(channel, services(answers(listed())));
    const refused = runner.refuse('overloaded', '');
    expect(runner.append(own('answer'))).toBe(false);
    givenBack({ kind: 'completed' });
    expect((await refused).result).toBe('failed');
  });
});

describe('a call that ends by a defect', () => {
  it('is told of as such, and is given up', async () => {
    const source: ActionSource = {
      kind: 'test',
      start: () => Promise.reject(new Error('a defect')),
      next: () => Promise.resolve({ kind: 'done' }),
    };
    const { table, records } = tableOf(services(source));
    const told: string[] = [];
    table.onDefect((uuid) => told.push(uuid));
    let abandoned = false;
    table.take(new FakeChannel({ variables: { cti_curl: 'main' } }), () => (abandoned = true));
    await table.empty(5000);
    expect({ told, abandoned, records }).toEqual({ told: ['fake-uuid'], abandoned: true, records: [] });
  });
});

describe('what the policy says beforehand', () => {
  it('names each action that it would refuse', () => {
    const runner = new CallRunner(new FakeChannel(), services(answers(listed())));
    expect(runner.refusals(own('answer', 'system id'))).toMatchObject([{ index: 1, rule: 'application' }]);
    expect(runner.refusals({ ...own('answer'), policy: 'none' })).toMatchObject([
      { index: 0, rule: 'policy' },
    ]);
  });
});

async function running(runner: CallRunner): Promise<void> {
  await until(() => runner.progress.state === 'running');
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await tick();
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function tableOf(given: RunnerServices): { readonly table: CallTable; readonly records: CallRecord[] } {
  const table = new CallTable(given, {
    maxCalls: 1,
    logsRoutine: false,
    logFor: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
  });
  const records: CallRecord[] = [];
  table.onCallEnded((record) => records.push(record));
  return { table, records };
}

function asked(record: CallRecord | undefined): string[] {
  return (record?.trace ?? []).flatMap((entry) =>
    entry.type === 'asked' ? [`${entry.what} ${entry.by}`] : [],
  );
}
