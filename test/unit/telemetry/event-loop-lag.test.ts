import { describe, expect, it } from 'vitest';
import { lagsOf, watchEventLoop } from '../../../src/telemetry/event-loop-lag.js';

describe('the watch over the event loop', () => {
  it('counts a long hold-up as often as there should have been looks during it', () => {
    expect(lagsOf(-0.3)).toEqual([0]);
    expect(lagsOf(20)).toEqual([20]);
    expect(lagsOf(120)).toEqual([120, 70, 20]);
    expect(lagsOf(86_400_000)).toHaveLength(200);
  });

  it('sees a loop that is held up', async () => {
    const lags: number[] = [];
    const seen = new Promise<void>((resolve) => {
      const stop = watchEventLoop((lagMs) => {
        lags.push(lagMs);
        if (lagMs < 100) return;
        stop();
        resolve();
      });
    });
    const until = performance.now() + 250;
    while (performance.now() < until);
    await seen;
    expect(Math.max(...lags)).toBeGreaterThan(100);
  });
});
