import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startExampleApp } from '../../../src/cli/demo/app.js';
import type { ExampleApp } from '../../../src/cli/demo/app.js';
import { configSchema } from '../../../src/config/schema.js';
import { startDaemon } from '../../../src/daemon.js';
import type { Daemon } from '../../../src/daemon.js';
import { createLogger } from '../../../src/telemetry/log.js';
import { CallbackReceiver } from '../../support/callback-receiver.js';
import { eventually } from '../../support/eventually.js';
import { runCli } from './harness.js';

let receiver: CallbackReceiver;
let app: ExampleApp;
let daemon: Daemon;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchhook-cli-'));
  receiver = await CallbackReceiver.start();
  app = await startExampleApp(
    () => [{ application: 'answer' }],
    () => undefined,
  );
  const config = configSchema.parse({
    listen: { port: 0 },
    http: { port: 0 },
    callbacks: { folder, receivers: { crm: receiver.settings } },
  });
  daemon = await startDaemon(config, { log: createLogger({ level: 'silent', format: 'json' }) });
});
afterEach(async () => {
  await daemon.stop();
  await Promise.all([receiver.stop(), app.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const callbacks = (...args: string[]): ReturnType<typeof runCli> =>
  runCli(['callbacks', ...args, '--daemon', `http://127.0.0.1:${daemon.httpPort}`]);

async function placeCall(): Promise<void> {
  const target = `cti_curl=${app.url}`;
  const { code } = await runCli(['call', '7001', '--port', String(daemon.socketPort), '--var', target]);
  expect(code).toBe(0);
}

describe('switchhook callbacks', () => {
  it('shows what was delivered', async () => {
    await placeCall();
    await eventually(
      'the end to be told',
      () => receiver.events.some(({ type }) => type === 'call.ended') || undefined,
    );
    const { code, out } = await callbacks('status');
    expect(out).toMatch(/^RECEIVER +STATE +WAITING/);
    expect(out).toMatch(/crm +ok +0 +4 +0/);
    expect(code).toBe(0);
    expect((await callbacks('list')).err).toBe('There are no dead letters.\n');
  });

  it('lists, shows and redelivers what was refused', async () => {
    receiver.status = 422;
    await placeCall();
    await eventually('all to be refused', async () => {
      const { out } = await callbacks('list', '--json');
      return (JSON.parse(out) as { letters: unknown[] }).letters.length === 4 || undefined;
    });
    expect((await callbacks('status')).code).toBe(1);
    const { out } = await callbacks('list', '--type', 'call.ended');
    const [id = ''] = /evt_\S+/.exec(out) ?? [];
    expect(out).toMatch(/crm +call\.ended +4 .* HTTP 422\n$/);
    expect(JSON.parse((await callbacks('show', id)).out)).toMatchObject({
      id,
      event: { id, type: 'call.ended' },
    });
    receiver.status = 204;
    expect((await callbacks('redeliver', id)).out).toBe('1 event goes out again\n');
    expect((await callbacks('redeliver', '--receiver', 'crm')).out).toBe('3 events go out again\n');
    await eventually('all to arrive', () => receiver.events.length === 4 || undefined);
    expect(await callbacks('show', id)).toMatchObject({ code: 1, out: '' });
  });

  it.each([[[]], [['evt_1', '--all']]])('wants to know which: redeliver %j', async (args) => {
    const { code, err } = await callbacks('redeliver', ...args);
    expect(code).toBe(2);
    expect(err).toContain('Name ids');
  });
});
