import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startExampleApp } from '../../../src/cli/demo/app.js';
import type { ExampleApp } from '../../../src/cli/demo/app.js';
import { configSchema } from '../../../src/config/schema.js';
import { startDaemon } from '../../../src/daemon.js';
import type { Daemon } from '../../../src/daemon.js';
import { ERRORS } from '../../../src/errors.js';
import { createLogger } from '../../../src/telemetry/log.js';
import { run } from '../../../src/cli/program.js';
import { harness, runCli } from './harness.js';

let daemon: Daemon;
let app: ExampleApp;
let asked: string[];
let actions: readonly unknown[];

beforeEach(async () => {
  asked = [];
  actions = [];
  app = await startExampleApp(
    (query) => (query.has('d') ? [{ application: 'hangup', data: 'USER_BUSY' }] : actions),
    (_method, url) => asked.push(url),
  );
  const config = configSchema.parse({ listen: { port: 0 }, http: { port: 0 } });
  daemon = await startDaemon(config, { log: createLogger({ level: 'silent', format: 'json' }) });
});
afterEach(async () => {
  await daemon.stop();
  await app.close();
});

function call(...more: string[]): ReturnType<typeof runCli> {
  const target = `cti_curl=${app.url}?n={destination_number}&c={caller_id_number}`;
  return runCli(['call', '7001', '--port', String(daemon.socketPort), '--var', target, ...more]);
}

describe('switchhook call', () => {
  it('places a call to the daemon and shows what the switch does', async () => {
    actions = [{ application: 'answer' }, { application: 'set', data: 'cti_region=north' }];
    const { code, out, err } = await call('--caller', '4711');
    expect(err).toBe('');
    expect(asked).toEqual(['/app?n=7001&c=4711']);
    expect(out).toMatch(/caller +4711 dials 7001\n/);
    expect(out).toMatch(/switch +answer\n/);
    expect(out).toMatch(/switch +set cti_region=north\n/);
    expect(out).toMatch(/call +back in the dialplan with cti_status=done\n$/);
    expect(code).toBe(0);
  });

  it('lets the daemon see how the call ended', async () => {
    actions = [{ application: 'answer' }, { application: 'hangup', data: 'USER_BUSY' }];
    const results: string[] = [];
    daemon.onCallEnded(({ result }) => results.push(result));
    expect((await call()).code).toBe(0);
    expect(results).toEqual(['done']);
  });

  it('is switchhook phone, too', async () => {
    actions = [{ application: 'answer' }];
    const port = String(daemon.socketPort);
    const { code, out } = await runCli(['phone', '7001', '--port', port, '--var', `cti_curl=${app.url}`]);
    expect(out).toMatch(/caller +1001 dials 7001\n/);
    expect(code).toBe(0);
  });

  it('presses the digits that it was given', async () => {
    const prompt = '1 4 1 3000 # silence_stream://100 silence_stream://100 digits \\d+';
    actions = [
      { application: 'answer' },
      { application: 'play_and_get_digits', data: prompt },
      { application: 'cti_curl', data: `${app.url}?d={digits}` },
    ];
    const { code, out } = await call('--digits', '42#');
    expect(asked.at(-1)).toBe('/app?d=42');
    expect(out).toMatch(/switch +hung up, USER_BUSY\n/);
    expect(out).toMatch(/call +ended by an action or by the caller\n$/);
    expect(code).toBe(0);
  });

  it('takes digits from the keyboard, and hangs up with q', async () => {
    actions = [
      { application: 'answer' },
      { application: 'read', data: '1 1 silence_stream://100 digits 3000 #' },
      { application: 'playback', data: 'silence_stream://-1' },
    ];
    const { cli, out, press } = harness();
    const target = `cti_curl=${app.url}`;
    const placed = run(['call', '1', '--port', String(daemon.socketPort), '--var', target], cli);
    await cli.told(/switch +read /);
    press('7');
    await cli.told(/the caller pressed 7\n/);
    await cli.told(/switch +playback /);
    press('q');
    expect(await placed).toBe(0);
    expect(out()).toMatch(/hung up, NORMAL_CLEARING\n/);
  });

  it('stops at Ctrl-C, which a terminal in raw mode gives as a key', async () => {
    actions = [{ application: 'answer' }, { application: 'playback', data: 'silence_stream://-1' }];
    const { cli, press } = harness();
    const target = `cti_curl=${app.url}`;
    const placed = run(['call', '1', '--port', String(daemon.socketPort), '--var', target], cli);
    await cli.told(/switch +playback /);
    press('\u0003');
    expect(await placed).toBe(130);
  });

  it('fails when the program failed', async () => {
    await app.close();
    const { code, out, err } = await call();
    expect(out).toMatch(/call +back in the dialplan with cti_status=failed cti_error=connect_refused\n$/);
    expect(err).toBe(`${ERRORS.connect_refused.message}\n  ${ERRORS.connect_refused.remedy}\n`);
    expect(code).toBe(1);
  });

  it('leaves it to the daemon whether the number alone says who decides', async () => {
    const { code, out, err } = await runCli(['call', '7001', '--port', String(daemon.socketPort)]);
    expect(out).toMatch(/cti_error=no_program\n$/);
    expect(err).toContain('flows.numbers');
    expect(code).toBe(1);
  });

  it('says when no daemon is there', async () => {
    const port = daemon.socketPort;
    await daemon.stop();
    const { code, err } = await runCli(['call', '1', '--port', String(port), '--var', 'cti_curl=x']);
    expect(err).toMatch(new RegExp(`^error daemon_unreachable: .* — 127\\.0\\.0\\.1:${port}\n`));
    expect(code).toBe(4);
  });

  it.each([
    [['1', '--var', 'cti_curl=x', '--digits', '1a'], /--digits takes/],
    [['1;x', '--var', 'cti_curl=x'], /the number may hold/],
    [['1', '--var', 'cti_curl=x', '--port', '0'], /expected a port/],
  ])('%j is a usage error', async (args, message) => {
    const { code, err } = await runCli(['call', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});
