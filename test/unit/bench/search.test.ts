import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { searchHighest } from '../../bench/search.js';

const OPTIONS = { start: 100, step: 50, most: 1000, grain: 10, confirmations: 2 };

describe('the search for a limit', () => {
  it('finds what still goes well, to the grain', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 110, max: 999 }), async (limit) => {
        const { found, isOpen } = await searchHighest(
          (value) => Promise.resolve(value <= limit ? undefined : 'too many'),
          OPTIONS,
        );
        expect(isOpen).toBe(false);
        expect(found).toBeLessThanOrEqual(limit);
        expect(found).toBeGreaterThan(limit - 2 * OPTIONS.grain);
      }),
    );
  });

  it('says when nothing failed', async () => {
    const result = await searchHighest(() => Promise.resolve(undefined), OPTIONS);
    expect(result).toMatchObject({ found: 1000, isOpen: true });
  });

  it('says when not even the first went well, between it and nothing', async () => {
    const result = await searchHighest(() => Promise.resolve('no'), OPTIONS);
    expect(result.found).toBe(0);
  });

  it('goes down until as many further rounds as asked for go well', async () => {
    const tries = new Map<number, number>();
    // Luck: the first round at a value may go well that is too much.
    const { found } = await searchHighest((value) => {
      const nth = (tries.get(value) ?? 0) + 1;
      tries.set(value, nth);
      return Promise.resolve(value <= 270 || (value <= 300 && nth === 1) ? undefined : 'too many');
    }, OPTIONS);
    expect(found).toBe(270);
    expect(tries.get(270)).toBeGreaterThanOrEqual(2);
  });
});
