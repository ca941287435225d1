import { afterEach, describe, expect, it } from 'vitest';
import { createHttpApp } from '../../../src/http/app.js';
import type { Health } from '../../../src/http/health.js';
import { runCli } from './harness.js';

let current: Health = { state: 'ok', calls: 0, reasons: [] };
let app: ReturnType<typeof createHttpApp>;

async function portOfDaemon(): Promise<string> {
  app = createHttpApp({ health: () => current });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return new URL(url).port;
}

afterEach(() => app.close());

describe('switchhook health', () => {
  it('asks the daemon of the configuration', async () => {
    const env = { SWITCHHOOK_HTTP__PORT: await portOfDaemon() };
    current = { state: 'draining', calls: 3, reasons: ['stopping'] };
    const alive = await runCli(['health'], env);
    expect(alive.code).toBe(0);
    expect(JSON.parse(alive.out)).toEqual({ status: 'draining', calls: 3, reasons: ['stopping'] });
    expect((await runCli(['health', '--ready'], env)).code).toBe(1);
  });

  it('reaches a daemon that listens on every address', async () => {
    const env = {
      SWITCHHOOK_HTTP__PORT: await portOfDaemon(),
      SWITCHHOOK_HTTP__HOST: '0.0.0.0',
      // An API that others reach wants tokens; health does not ask for them.
      SWITCHHOOK_HTTP__TOKENS: JSON.stringify([
        { name: 'monitor', role: 'viewer', token: 'a-token-of-at-least-24-characters' },
      ]),
    };
    current = { state: 'ok', calls: 0, reasons: [] };
    expect((await runCli(['health', '--ready'], env)).code).toBe(0);
  });

  it('says when nobody is there', async () => {
    const port = await portOfDaemon();
    await app.close();
    const { code, err } = await runCli(['health'], { SWITCHHOOK_HTTP__PORT: port });
    expect(code).toBe(4);
    expect(err).toMatch(/^error daemon_unreachable: .* — http:\/\/127\.0\.0\.1:/);
  });
});
