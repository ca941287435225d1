import { expect, it } from 'vitest';
import { casesOf } from './cases.js';
import { hunt } from './hunt/hunt.js';
import { targetNames } from './targets.js';

/** Enough to try the cases, the seeds and some thousand inputs; the long hunts are done with `npm run fuzz`. */
const SECONDS = 1;

// The worker has to load what it tries; on a busy machine that takes its time.
it.each(targetNames())('%s', { timeout: 120_000 }, async (target) => {
  const inputs = casesOf(target).map(({ input }) => input);
  const result = await hunt({ target, seconds: SECONDS, seed: 1, inputs });
  const found = result.findings.map(
    ({ kind, message, input }) =>
      `${kind}: ${message}\n${Buffer.from(input).toString('latin1').slice(0, 2_000)}`,
  );
  expect(found).toEqual([]);
  expect(result.inputs).toBeGreaterThan(inputs.length);
});
