import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { DaemonProcessOptions } from '../support/daemon-process.js';
import { eventually } from '../support/eventually.js';
import { type Bed, onEveryBed, type BedOptions } from './bed.js';
import { everyKindSettings, placeKinds, settledAsKinds } from './traffic.js';
import { BLOCKS, LISTS } from './kinds.js';

const HOUR_MS = 3_600_000;
/** Receivers take what is signed within five minutes. */
const MINUTES_MS = 4 * 60_000;

function jumping(...jumps: number[]): DaemonProcessOptions {
  return {
    nodeArguments: ['--import', join(import.meta.dirname, '../support/shifted-clock.mjs')],
    env: { CLOCK_JUMPS_MS: jumps.join(',') },
  };
}

async function jump(bed: Bed, times: number): Promise<void> {
  bed.daemon.signal('SIGUSR2');
  await eventually('the jump', () => (bed.logged(/^\{"clock"/).length >= times ? true : undefined));
}

const LIST = [{ application: 'answer' }, { application: 'playback', data: 'silence_stream://300' }];

onEveryBed('a clock that somebody sets', ({ bed }) => {
  it('forward and back during calls of every kind changes none of them', async () => {
    const one = await bed({ settings: everyKindSettings, process: jumping(HOUR_MS, -2 * HOUR_MS, HOUR_MS) });
    const placing = placeKinds(one, [...LISTS, ...BLOCKS], 1200);
    for (const times of [1, 2, 3]) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await jump(one, times);
    }
    await settledAsKinds(one, await placing);
  });

  it('tells how long calls took, not what the clock said', async () => {
    const one = await bed({ process: jumping(MINUTES_MS, -2 * MINUTES_MS) });
    for (const times of [1, 2]) {
      const call = await one.call({
        actions: [{ application: 'answer' }, { application: 'playback', data: 'silence_stream://1000' }],
      });
      await call.playing();
      await jump(one, times);
      await call.returned();
    }
    await one.settled({ calls: 2 });
    const durations = [
      ...one.receiver.events
        .filter(({ type }) => type === 'call.ended')
        .map(({ data }) => data['duration_ms']),
      ...readFileSync(one.records, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { duration_ms: number }).duration_ms),
    ];
    expect(durations).toHaveLength(4);
    for (const ms of durations) {
      expect(ms).toBeGreaterThan(900);
      expect(ms).toBeLessThan(60_000);
    }
  });

  it('back does not keep what waits for later waiting until then', async () => {
    const settings: BedOptions['settings'] = { app: { breaker: { failures: 1, open_ms: 500 }, tries: 1 } };
    const one = await bed({ settings, process: jumping(-MINUTES_MS) });
    // A receiver that is down, an app that is left alone.
    one.receiver.status = 503;
    let isSick = true;
    const { url } = one.app.route(() => (isSick ? { status: 500 } : { actions: LIST }));
    const first = await one.call({ url });
    await first.returned();
    expect(await first.get('cti_error')).toBe('http_status');
    await jump(one, 1);
    one.receiver.status = 204;
    isSick = false;
    await eventually(
      'the app to be asked again',
      async () => {
        const call = await one.call({ url });
        await call.returned();
        return (await call.get('cti_status')) === 'done' ? true : undefined;
      },
      { timeoutMs: 10_000, everyMs: 200 },
    );
    await one.settled({
      calls: one.placed.length,
      ends: ['done', 'failed'],
      errors: ['http_status', 'circuit_open'],
    });
  });
});
