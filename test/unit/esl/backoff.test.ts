import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffDelayMs } from '../../../src/esl/backoff.js';

const settings = { initialMs: 500, maxMs: 15_000 };

describe('backoffDelayMs', () => {
  it('doubles its bound with each failure, up to the maximum', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) =>
      backoffDelayMs(settings, failures, 0.999_999),
    );
    expect(bounds).toEqual([499, 999, 1_999, 3_999, 7_999, 14_999, 14_999, 14_999]);
  });

  it('spreads over the whole of it, from nothing', () => {
    expect(backoffDelayMs(settings, 5, 0)).toBe(0);
    expect(backoffDelayMs(settings, 5, 0.5)).toBe(4_000);
  });

  it('never leaves the bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, random) => {
          const delayMs = backoffDelayMs(settings, failures, random);
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(15_000);
        },
      ),
    );
  });
});
