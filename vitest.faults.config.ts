import { defineConfig } from 'vitest/config';

/**
 * What must hold when something breaks: `npm run test:faults`, in a short form; SWITCHHOOK_FAULTS=full repeats more and
 * waits longer.
 */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/tiers.ts', 'test/support/log-trail/gate.ts'],
    setupFiles: ['test/support/log-trail/tap.ts'],
    testTimeout: process.env.SWITCHHOOK_FAULTS === 'full' ? 600_000 : 120_000,
    hookTimeout: 90_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
