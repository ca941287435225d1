import { describe, expect, it } from 'vitest';
import { killCallbacks } from '../../support/callback-kills.js';

describe('a daemon that is killed again and again while a receiver is away for a day', () => {
  // test/long has the same with many more.
  it('loses nothing, keeps the order and ends every call once', async () => {
    const { faults, calls, delivered } = await killCallbacks(6, 24 * 3_600_000, 90_000);
    expect(faults).toEqual([]);
    expect(calls).toBeGreaterThan(900);
    expect(delivered).toBeGreaterThan(4 * calls);
  }, 120_000);
});
