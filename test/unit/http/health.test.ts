import { afterAll, describe, expect, it } from 'vitest';
import { createHttpApp } from '../../../src/http/app.js';
import type { Health, HealthState } from '../../../src/http/health.js';

let current: Health;
const app = createHttpApp({ health: () => current });
afterAll(() => app.close());

async function statusOf(path: string, state: HealthState): Promise<number> {
  current = { state, calls: 3, reasons: [] };
  return (await app.inject(path)).statusCode;
}

describe('health', () => {
  it.each([
    ['ok', 200, 200],
    ['degraded', 200, 200],
    // Alive, so that nobody restarts it while it finishes its calls; but not ready for more.
    ['draining', 200, 503],
    ['down', 503, 503],
  ] as const)('%s: alive %i, ready %i', async (state, alive, ready) => {
    expect(await statusOf('/healthz', state)).toBe(alive);
    expect(await statusOf('/readyz', state)).toBe(ready);
  });

  it('says how things are, and is never cached', async () => {
    current = { state: 'degraded', calls: 7, reasons: ['full'] };
    const response = await app.inject('/readyz');
    expect(response.json()).toEqual({ status: 'degraded', calls: 7, reasons: ['full'] });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('answers nothing else', async () => {
    expect((await app.inject('/')).statusCode).toBe(404);
    expect((await app.inject({ method: 'POST', url: '/healthz' })).statusCode).toBe(405);
  });
});
