import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/simulator/virtual-clock.js';

function reached(clock: VirtualClock, ms: number): Promise<number> {
  return new Promise((resolve) => void clock.after(ms, () => resolve(clock.now())));
}

describe('a clock that jumps', () => {
  it('is at the moment of each timer when that is due, in order', async () => {
    const clock = new VirtualClock(1000);
    const times: number[] = [];
    for (const ms of [500, 100, 3_600_000, 100]) clock.after(ms, () => times.push(clock.now() - 1000));
    await reached(clock, 3_600_000);
    expect(times).toEqual([100, 100, 500, 3_600_000]);
    expect(clock.seconds()).toBe(3601);
    expect(clock.microseconds()).toBe(3_601_000_000);
  });

  it('lets everything happen that follows from a timer before the next one', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.after(1, () => {
      void (async () => {
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
        seen.push('first');
      })();
    });
    clock.after(2, () => seen.push('second'));
    await reached(clock, 3);
    expect(seen).toEqual(['first', 'second']);
  });

  it('stands still while it is held', async () => {
    const clock = new VirtualClock(0);
    const goOn = clock.hold();
    const due = reached(clock, 10);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(clock.now()).toBe(0);
    goOn();
    goOn();
    expect(await due).toBe(10);
  });

  it('forgets timers that were taken back, and all of them when it is stopped', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    clock.after(1, () => seen.push(1))();
    await reached(clock, 2);
    clock.after(1, () => seen.push(2));
    clock.stop();
    clock.after(1, () => seen.push(3));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(seen).toEqual([]);
  });

  it('takes what is waited for along when it is set', async () => {
    const clock = new VirtualClock(0);
    const due = reached(clock, 50);
    clock.set(1_000_000);
    expect(await due).toBe(1_000_050);
  });
});
