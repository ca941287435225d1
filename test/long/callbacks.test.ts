import { describe, expect, it } from 'vitest';
import { killCallbacks } from '../support/callback-kills.js';

describe('callbacks', () => {
  it('survive 250 kills while a receiver is away for a day', async () => {
    const report = await killCallbacks(250, 24 * 3_600_000, 20_000);
    process.stdout.write(
      `${report.kills} kills, ${report.calls} calls, ${report.delivered} events, ${report.repeated} of them came again\n`,
    );
    expect(report.faults).toEqual([]);
  }, 1_800_000);
});
