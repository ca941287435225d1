import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'test/unit/**/*.test.ts',
      'test/contract/**/*.test.ts',
      'test/e2e/**/*.test.ts',
      'test/fuzz/**/*.test.ts',
    ],
    globalSetup: ['test/support/tiers.ts', 'test/support/log-trail/gate.ts'],
    setupFiles: ['test/support/log-trail/tap.ts'],
    testTimeout: 40_000,
    hookTimeout: 60_000,
    // An unhandled rejection anywhere fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
    pool: 'forks',
  },
});
