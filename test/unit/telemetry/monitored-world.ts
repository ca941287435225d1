import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { CallRecord } from '../../../src/call/call.js';
import { Simulator } from '../../../src/simulator/simulator.js';
import { ExampleApp } from '../../support/example-app.js';
import type { Answer, Route } from '../../support/example-app.js';
import { eventually } from '../../support/eventually.js';
import { freeTcpPort } from '../../support/ports.js';
import { TestDaemon } from '../../support/test-daemon.js';
import type { Settings } from '../../support/test-daemon.js';

const PASSWORD = 'suite-event-socket';

const FLOW = {
  start: 'look-up',
  error: 'bye',
  blocks: {
    'look-up': { type: 'invoke_function', function: 'lookup', next: 'bye' },
    bye: { type: 'disconnect' },
  },
};

/** A switch, apps of every kind, a collector, a receiver of callbacks, and a daemon that counts all of it. */
export class MonitoredWorld {
  readonly app: ExampleApp;
  readonly simulator: Simulator;
  readonly daemon: TestDaemon;
  readonly collector: Route;
  /** What the endpoint `flaky` was asked, with the headers. */
  readonly flaky: Route;
  readonly lookup: Route;
  readonly #folder: string;

  private constructor(
    parts: Pick<MonitoredWorld, 'app' | 'simulator' | 'daemon' | 'collector' | 'flaky' | 'lookup'>,
    folder: string,
  ) {
    this.app = parts.app;
    this.simulator = parts.simulator;
    this.daemon = parts.daemon;
    this.collector = parts.collector;
    this.flaky = parts.flaky;
    this.lookup = parts.lookup;
    this.#folder = folder;
  }

  static async start(settings: Settings = {}): Promise<MonitoredWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-telemetry-'));
    const app = await ExampleApp.start();
    const socketPort = await freeTcpPort();
    const simulator = new Simulator({
      eventSocketPassword: PASSWORD,
      xml: [
        `<context name="public">
           <extension name="flow"><condition field="destination_number" expression="^flow$">
             <action application="set" data="cti_flow=look-up"/>
             <action application="socket" data="127.0.0.1:${socketPort} full"/>
           </condition></extension>
           <extension name="app"><condition field="destination_number" expression="^(.+)$">
             <action application="socket" data="127.0.0.1:${socketPort}/curl/$1 full"/>
           </condition></extension>
         </context>`,
      ],
    });
    await simulator.start();
    const menu = app.list([
      { application: 'answer' },
      { application: 'playback', data: 'silence_stream://20' },
      { application: 'system', data: 'reboot' },
      { application: 'no_such_thing' },
      { application: 'bridge', data: 'user/nobody' },
    ]);
    let flakyCount = 0;
    const flaky = app.route((): Answer => {
      flakyCount += 1;
      return flakyCount % 2 === 1 ? { status: 503 } : { actions: [{ application: 'answer' }] };
    });
    const lookup = app.route((): Answer => ({ status: 200, body: '{"tier":"gold"}' }));
    const collector = app.route((): Answer => ({ status: 200, body: '{}' }), '/v1/traces');
    const callbacks = app.route((): Answer => ({ status: 204 }));
    await mkdir(join(folder, 'flows'));
    await writeFile(join(folder, 'flows/look-up.yaml'), stringify(FLOW));
    await writeFile(
      join(folder, 'functions.yaml'),
      stringify({ functions: { lookup: { url: lookup.url, retry_delay_ms: 1 } } }),
    );
    const daemon = await TestDaemon.start({
      listen: { host: '127.0.0.1', port: socketPort },
      instance: 'monitored',
      switches: { main: { port: simulator.eventSocketPort, password: PASSWORD } },
      app: { retry_delay_ms: 1, breaker: { failures: 3, open_ms: 60_000 } },
      endpoints: {
        menu: { url: menu.url },
        flaky: { url: flaky.url },
        missing: { url: app.at('/nowhere') },
        down: {
          url: `http://127.0.0.1:${await freeTcpPort()}/`,
          fallback_actions: [{ application: 'answer' }],
        },
      },
      flows: { folder: join(folder, 'flows') },
      functions: { file: join(folder, 'functions.yaml') },
      callbacks: { folder: join(folder, 'callbacks'), receivers: { crm: { url: callbacks.url } } },
      traces: { endpoint: collector.url },
      ...settings,
    });
    await daemon.ready();
    return new MonitoredWorld({ app, simulator, daemon, collector, flaky, lookup }, folder);
  }

  /** A call to the endpoint, or to `flow`, until the daemon has let it go. */
  async call(destination: string): Promise<CallRecord> {
    const { uuid } = this.simulator.placeCall({ destination, context: 'public' });
    return this.daemon.record(uuid);
  }

  /** One call of every kind. */
  async allKinds(): Promise<CallRecord[]> {
    const records: CallRecord[] = [];
    for (const destination of ['menu', 'flaky', 'missing', 'down', 'flow'])
      records.push(await this.call(destination));
    return records;
  }

  async scrape(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.daemon.httpOrigin}/metrics`, { headers });
  }

  /** The metrics, as soon as they are as wanted: an answer may be a moment old. */
  async metrics(isWanted: (text: string) => boolean = () => true): Promise<string> {
    return eventually('the metrics', async () => {
      const text = await (await this.scrape()).text();
      return isWanted(text) ? text : undefined;
    });
  }

  async stop(): Promise<void> {
    await this.daemon.stop();
    await this.simulator.stop();
    await this.app.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
