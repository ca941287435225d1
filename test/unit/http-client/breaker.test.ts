import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/http-client/breaker.js';
import type { Health } from '../../../src/http-client/breaker.js';

interface World {
  readonly breaker: Breaker;
  readonly changes: string[];
  readonly pass: (ms: number) => void;
  /** What `run` answers; undefined when the peer was left alone. */
  readonly tried: (health: Health) => Promise<Health | undefined>;
}

function world(): World {
  const changes: string[] = [];
  let nowMs = 0;
  const breaker = new Breaker(
    { failures: 2, open_ms: 1000 },
    (state) => changes.push(state),
    () => nowMs,
  );
  return {
    breaker,
    changes,
    pass: (ms) => (nowMs += ms),
    tried: async (health) => (await breaker.run(() => Promise.resolve({ health })))?.health,
  };
}

describe('a circuit breaker', () => {
  it('opens after so many failures in a row, and lets one try after a while', async () => {
    const { breaker, changes, pass, tried } = world();
    for (const health of ['bad', 'good', 'bad', 'unknown', 'bad'] as const)
      expect(await tried(health)).toBe(health);
    expect(breaker.isOpen).toBe(true);
    expect(await tried('good')).toBeUndefined();
    pass(1000);
    expect(await tried('bad')).toBe('bad');
    expect(await tried('good')).toBeUndefined();
    pass(1000);
    expect(await tried('unknown')).toBe('unknown');
    expect(breaker.isOpen).toBe(true);
    pass(1000);
    expect(await tried('good')).toBe('good');
    expect(breaker.isOpen).toBe(false);
    expect(changes).toEqual(['open', 'closed']);
  });

  it('lets only one try at a time, and is not closed by what was begun before', async () => {
    const { breaker, pass, tried } = world();
    let answer: (value: { health: Health }) => void = () => undefined;
    const early = breaker.run(() => new Promise<{ health: Health }>((resolve) => (answer = resolve)));
    await tried('bad');
    await tried('bad');
    answer({ health: 'good' });
    await early;
    expect(breaker.isOpen).toBe(true);
    pass(1000);
    const testing = breaker.run(() => new Promise<{ health: Health }>((resolve) => (answer = resolve)));
    expect(await tried('good')).toBeUndefined();
    answer({ health: 'good' });
    await testing;
    expect(breaker.isOpen).toBe(false);
  });

  it('stays open when a try breaks down', async () => {
    const { breaker, pass, tried } = world();
    await tried('bad');
    await tried('bad');
    pass(1000);
    await expect(breaker.run(() => Promise.reject(new Error('defect')))).rejects.toThrow('defect');
    expect(await tried('good')).toBe('good');
  });

  it('takes no notice of the clock on the wall', async () => {
    const breaker = new Breaker({ failures: 1, open_ms: 20 }, () => undefined);
    await breaker.run(() => Promise.resolve({ health: 'bad' as const }));
    const { now } = Date;
    try {
      Date.now = () => now() - 3_600_000;
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await breaker.run(() => Promise.resolve({ health: 'good' as const }))).toEqual({
        health: 'good',
      });
    } finally {
      Date.now = now;
    }
  });
});
