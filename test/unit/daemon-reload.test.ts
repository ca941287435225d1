import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { run } from '../../src/cli/program.js';
import { readConfig } from '../../src/config/load.js';
import { type Daemon, startDaemon } from '../../src/daemon.js';
import { Simulator } from '../../src/simulator/simulator.js';
import { createLogger } from '../../src/telemetry/log.js';
import { ExampleApp } from '../support/example-app.js';
import { freeTcpPort } from '../support/ports.js';
import { harness } from './cli/harness.js';

let folder: string;
let file: string;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchhook-reload-'));
  file = join(folder, 'switchhook.yaml');
  ends.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(settings: object): Promise<{ daemon: Daemon; log: string[] }> {
  const lines: string[] = [];
  await writeFile(file, stringify(settings));
  const { config } = readConfig(file);
  const log = createLogger(config.log, { write: (line) => lines.push(line) });
  const daemon = await startDaemon(config, { log, reread: () => readConfig(file) });
  ends.push(() => daemon.stop());
  return { daemon, log: lines };
}

const PORTS = { listen: { port: 0 }, http: { port: 0 } };
const LOG = { log: { level: 'info' } };

describe('a daemon that reloads', () => {
  it('lets a call end under the policy with which it began, and begins the next under the new one', async () => {
    const app = await ExampleApp.start();
    ends.push(() => app.stop());
    const held = app.held([{ application: 'log', data: 'INFO allowed at first' }]);
    const { daemon } = await start({ ...PORTS, ...LOG, policies: { default: {} } });
    const simulator = new Simulator({
      xml: [
        `<context name="public"><extension name="x"><condition field="destination_number" expression="^x$">
           <action application="set" data="cti_curl=${held.url}"/>
           <action application="socket" data="127.0.0.1:${daemon.socketPort} full"/>
         </condition></extension></context>`,
      ],
    });
    await simulator.start();
    ends.push(() => simulator.stop());
    const results: string[] = [];
    const ended = (): Promise<void> => new Promise((resolve) => daemon.onCallEnded(() => resolve()));
    daemon.onCallEnded(({ result, error }) => results.push(error?.code ?? result));

    const first = ended();
    simulator.placeCall({ destination: 'x', context: 'public' });
    await held.asked();
    await writeFile(
      file,
      stringify({ ...PORTS, ...LOG, policies: { default: { applications: ['answer'] } } }),
    );
    expect(daemon.reload().changes.map(({ path }) => path)).toEqual(['policies.default.applications']);
    held.release();
    await first;

    const second = ended();
    simulator.placeCall({ destination: 'x', context: 'public' });
    await second;
    expect(results).toEqual(['done', 'action_refused']);
  });

  it('asks other endpoints from then on, while the requests of before go on', async () => {
    const app = await ExampleApp.start();
    ends.push(() => app.stop());
    const held = app.held([]);
    const { daemon } = await start({ ...PORTS, ...LOG, endpoints: { app: { url: held.url } } });
    const simulator = new Simulator({
      xml: [
        `<context name="public"><extension name="x"><condition field="destination_number" expression="^x$">
           <action application="socket" data="127.0.0.1:${daemon.socketPort}/curl/app full"/>
         </condition></extension></context>`,
      ],
    });
    await simulator.start();
    ends.push(() => simulator.stop());
    const ended = new Promise<string>((resolve) =>
      daemon.onCallEnded(({ result, error }) => resolve(error?.code ?? result)),
    );
    simulator.placeCall({ destination: 'x', context: 'public' });
    const request = await held.asked();
    let abandoned = false;
    void request.abandoned.then((was) => (abandoned = was));
    const next = app.list([{ application: 'answer' }]);
    await writeFile(file, stringify({ ...PORTS, ...LOG, endpoints: { app: { url: next.url } } }));
    daemon.reload();
    held.release();
    expect(await ended).toBe('done');
    expect(abandoned).toBe(false);
    const second = new Promise<number>((resolve) =>
      daemon.onCallEnded(({ actionsRan }) => resolve(actionsRan)),
    );
    simulator.placeCall({ destination: 'x', context: 'public' });
    expect(await second).toBe(1);
  });

  it.each(['egress', 'functions'] as const)(
    'lets a flow that is being served over HTTP go on with its functions when %s changes',
    async (changed) => {
      const app = await ExampleApp.start();
      ends.push(() => app.stop());
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      const held = app.route(async () => {
        await gate;
        return { status: 200, body: '{}', headers: { 'content-type': 'application/json' } };
      });
      const at = { flows: join(folder, 'flows'), functions: join(folder, 'functions.yaml') };
      await mkdir(at.flows);
      const write = async (name: string): Promise<void> => {
        const says = (sound: string): object => ({
          type: 'play_prompt',
          prompt: { file: sound },
          next: 'end',
        });
        const asks = (next: string): object => ({
          type: 'invoke_function',
          function: name,
          next,
          exits: { error: 'bad' },
        });
        const blocks = {
          ...{ ask: asks('again'), again: asks('good') },
          ...{ good: says('good.wav'), bad: says('bad.wav'), end: { type: 'end' } },
        };
        await writeFile(join(at.flows, 'support.yaml'), stringify({ start: 'ask', blocks }));
        const functions = { [name]: { url: held.url, response: 'json', retries: 0 } };
        await writeFile(at.functions, stringify({ functions }));
      };
      await write('lookup');
      const settings = {
        ...{ ...PORTS, ...LOG, functions: { file: at.functions }, flows: { folder: at.flows } },
        actions: { entries: { support: { flow: 'support' } } },
      };
      const { daemon } = await start(settings);
      const answer = fetch(`http://127.0.0.1:${daemon.httpPort}/v1/actions/support?uuid=one`);
      const request = await held.asked();
      let abandoned = false;
      void request.abandoned.then((was) => (abandoned = was));
      if (changed === 'functions') await write('renamed');
      else await writeFile(file, stringify({ ...settings, egress: { denied_addresses: ['192.0.2.0/24'] } }));
      expect(daemon.reload().changes).not.toEqual([]);
      release();
      expect(await (await answer).text()).toContain('good.wav');
      expect(abandoned).toBe(false);
    },
  );

  it('takes over certificates that were renewed, and functions that were edited, where they are', async () => {
    const [ca, handler] = [join(folder, 'ca.pem'), join(folder, 'handler.js')];
    const functions = join(folder, 'functions.yaml');
    const pem = await readFile(new URL('../bench/tls/cert.pem', import.meta.url), 'utf8');
    await writeFile(ca, pem);
    await writeFile(handler, 'exports.handler = () => ({});');
    const asked = { url: 'https://127.0.0.1:9/', ca_file: ca };
    await writeFile(functions, stringify({ functions: { remote: asked, local: { file: handler } } }));
    const { daemon } = await start({
      ...{ ...PORTS, ...LOG, functions: { file: functions } },
      endpoints: { app: asked, plain: { url: 'http://127.0.0.1:9/' } },
    });
    expect(daemon.reload().changes).toEqual([]);
    await writeFile(ca, `renewed\n${pem}`);
    expect(daemon.reload().changes.map(({ path }) => path)).toEqual([
      'endpoints.app (certificates)',
      'functions/remote',
    ]);
    await writeFile(handler, 'exports.handler = () => ({ edited: true });');
    expect(daemon.reload().changes.map(({ path }) => path)).toEqual(['functions/local']);
    expect(daemon.reload().changes).toEqual([]);
  });

  it('knows other tokens from the next request on', async () => {
    const token = (value: string): object => ({
      ...PORTS,
      ...LOG,
      http: { port: 0, tokens: [{ name: 'a', role: 'viewer', token: value }] },
    });
    const { daemon } = await start(token('a'.repeat(24)));
    const ask = async (value: string): Promise<number> => {
      const headers = { authorization: `Bearer ${value}` };
      return (await fetch(`http://127.0.0.1:${daemon.httpPort}/v1/switches`, { headers })).status;
    };
    expect([await ask('a'.repeat(24)), await ask('b'.repeat(24))]).toEqual([200, 401]);
    await writeFile(file, stringify(token('b'.repeat(24))));
    const { changes } = daemon.reload();
    expect(JSON.stringify(changes)).not.toMatch(/aaaa|bbbb/);
    expect([await ask('a'.repeat(24)), await ask('b'.repeat(24))]).toEqual([401, 200]);
  });

  it('changes nothing when an endpoint contradicts the egress rules', async () => {
    const { daemon, log } = await start({ ...PORTS, ...LOG, limits: { calls: 5 } });
    await writeFile(
      file,
      stringify({
        ...PORTS,
        log: { level: 'error' },
        limits: { calls: 6 },
        endpoints: { a: { url: 'https://a.example/' } },
        egress: { allowed_origins: ['https://b.example'] },
      }),
    );
    expect(() => daemon.reload()).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    await writeFile(file, stringify({ ...PORTS, ...LOG, limits: { calls: 5 } }));
    expect(daemon.reload().changes).toEqual([]);
    expect(log.join('')).toContain('configuration not reloaded');
  });

  it('says that it can not, when nobody told it how', async () => {
    await writeFile(file, stringify({ ...PORTS, log: { level: 'silent' } }));
    const daemon = await startDaemon(readConfig(file).config);
    ends.push(() => daemon.stop());
    expect(() => daemon.reload()).toThrow(expect.objectContaining({ code: 'not_reloadable' }));
  });
});

describe('switchhook serve at SIGHUP', () => {
  it('takes over the configuration, and goes on with the old one when it is not valid', async () => {
    const settings = {
      listen: { port: await freeTcpPort() },
      http: { port: await freeTcpPort() },
      log: { level: 'info' },
    };
    await writeFile(file, stringify(settings));
    const { cli, signal, out } = harness();
    const code = run(['serve', '--config', file], cli);
    await cli.told(/"listening"/);

    await writeFile(file, stringify({ ...settings, limits: { calls: 3 } }));
    signal('SIGHUP');
    await cli.told(/"changes":\["limits\.calls"\].*"configuration reloaded"/);

    await writeFile(file, stringify({ ...settings, metrics: { enabled: false }, instance: 'another' }));
    signal('SIGHUP');
    await cli.told(
      /"code":"restart_needed","detail":"metrics\.enabled, instance".*"configuration not reloaded"/,
    );

    await writeFile(file, 'limits: {calls: [}');
    signal('SIGHUP');
    await cli.told(/"code":"config_unreadable".*"configuration not reloaded"/);
    signal('SIGTERM');
    expect(await code).toBe(0);
    expect(out()).toContain('"stopped"');
  });
});
