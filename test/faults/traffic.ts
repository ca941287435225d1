import { join } from 'node:path';
import { onTestFailed } from 'vitest';
import { blockCaseSettings } from '../support/block-cases.js';
import type { TestCall } from '../support/test-call.js';
import type { Settings } from '../support/test-daemon.js';
import type { Bed, CallOptions, Ground } from './bed.js';
import type { Kind } from './kinds.js';
import type { CallEnd, Expected } from './settled.js';

/** Settings of a bed for every kind of call. */
export async function everyKindSettings({ app, switch: sut }: Ground, folder: string): Promise<Settings> {
  const { url } = app.list([{ application: 'playback', data: 'silence_stream://1200' }]);
  return blockCaseSettings(join(folder, 'flows-and-functions'), sut.recordings, url);
}

export interface Placed {
  readonly kind: Kind;
  readonly call: TestCall;
}

/** Places one call of each kind within the time, in any order, with what their callers do. */
export async function placeKinds(
  bed: Bed,
  kinds: readonly Kind[],
  withinMs: number,
  more: CallOptions = {},
): Promise<Placed[]> {
  return Promise.all(
    kinds.map(async (kind) => {
      await pause(Math.random() * withinMs);
      const options = kind.call(bed);
      const call = await bed.call({
        ...options,
        ...more,
        variables: { ...options.variables, ...more.variables },
      });
      void accompany(kind, call);
      return { kind, call };
    }),
  );
}

/** What the caller does; whether, and when, it comes to that depends on the fault. */
async function accompany({ meanwhile }: Kind, call: TestCall): Promise<void> {
  while (meanwhile !== undefined && (await call.alive())) {
    const isDone = await meanwhile(call).then(
      () => true,
      () => false,
    );
    if (isDone) return;
  }
}

/**
 * `Bed.settled`, and what holds of each kind of call: the way in which it ends is the way that it would take without
 * the fault, or one of `others`; and what was to run once did not run twice, and did run when the call was done.
 */
export async function settledAsKinds(
  bed: Bed,
  placed: readonly Placed[],
  expected: Omit<Expected, 'calls' | 'ends'> & { readonly others?: Expected['ends'] } = {},
): Promise<void> {
  const { others = [], ...rest } = expected;
  const faults: string[] = [];
  const judge = (end: CallEnd): void => {
    const one = placed.find(({ call }) => call.uuid === end.uuid);
    if (one === undefined) return;
    const { kind, call } = one;
    const { way = 'done', once } = kind;
    if (end.way !== way && !others.includes(end.way))
      faults.push(`${kind.name} (${end.uuid}) ended as ${end.way} ${end.error} ${end.cause}`);
    if (once === undefined) return;
    const [application, data] = once;
    const times = call.executed.filter(
      (ran) => ran.application === application && (data === undefined || ran.data === data),
    ).length;
    if (times > 1 || (end.way === 'done' && times === 0))
      faults.push(`${kind.name} (${end.uuid}): ${once.join(' ')} ran ${times} times`);
  };
  const ends = ['done', 'failed', 'unreached', 'hung_up', 'moved'] as const;
  await bed.settled({ calls: placed.length, ends, ...rest, judge, faults });
}

/** A moment between now and then; told when the test fails. */
export function pauseUpTo(maxMs: number): Promise<void> {
  const ms = Math.round(Math.random() * maxMs);
  onTestFailed(() => void process.stdout.write(`the fault came after ${ms} ms\n`));
  return pause(ms);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
