import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suiteSettings } from '../contract/suite.js';
import { control } from '../contract/switches.js';
import { findFreeswitch, type RealSwitch, startRealSwitch } from '../freeswitch/switch.js';
import { eventually } from '../support/eventually.js';
import { ExampleApp } from '../support/example-app.js';
import { flowsIn } from '../support/flows.js';
import { freeTcpPort } from '../support/ports.js';
import { type Event, type SwitchControl, TestCall } from '../support/test-call.js';
import { TestDaemon } from '../support/test-daemon.js';
import { Canaries } from './canaries.js';
import { attempts, folded, quoted, user } from './hostile.js';
import { Sipp } from './sipp.js';

/** Ways of a hostile call: an extension `hostile-<way>-…` each (test/freeswitch/conf/dialplan.xml). */
export type Way = 'get' | 'post' | 'expanding' | 'flow' | 'parked' | 'lua' | 'httapi';

export interface HostileCall {
  readonly attempt: string;
  readonly text: string;
  readonly call: TestCall;
  /** The channel as it was when it hung up. */
  readonly end: Event;
  readonly created: Event;
}

/** Calls at a time. */
const AT_ONCE = 24;
/** Prompts made of what a caller sent can be long; they are broken off. */
const BREAK_EVERY_MS = 100;

/** A FreeSWITCH, a daemon that has its calls in every way there is, an app, and what shows an attempt that got through. */
export class HostileBed {
  readonly app: ExampleApp;
  readonly canaries: Canaries;
  readonly control: SwitchControl;
  readonly daemon: TestDaemon;
  readonly switch: RealSwitch;
  readonly attempts: readonly (readonly [name: string, text: string])[];
  readonly #close: () => void;
  readonly #folder: string;
  readonly #live = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  private constructor(
    app: ExampleApp,
    canaries: Canaries,
    connection: SwitchControl & { readonly close: () => void },
    daemon: TestDaemon,
    real: RealSwitch,
    folder: string,
  ) {
    this.app = app;
    this.canaries = canaries;
    this.control = connection;
    this.daemon = daemon;
    this.switch = real;
    this.attempts = Object.entries(attempts(canaries.marks));
    this.#close = connection.close;
    this.#folder = folder;
    this.#timer = setInterval(() => {
      for (const uuid of this.#live) void connection.api(`uuid_break ${uuid}`);
    }, BREAK_EVERY_MS);
  }

  /** @param flow the flow `hostile`, as YAML; `APP` in it is the app's origin, `RECORDINGS` a folder */
  static async start(flow: string): Promise<HostileBed> {
    // Each sipp that runs is ended with this process.
    process.setMaxListeners(AT_ONCE + 20);
    const [app, canaries, folder, port, httpPort] = await Promise.all([
      ExampleApp.start(),
      Canaries.start(),
      mkdtemp(join(tmpdir(), 'switchhook-hostile-')),
      freeTcpPort(),
      freeTcpPort(),
    ]);
    const real = await startRealSwitch({
      binary: findFreeswitch() ?? '',
      globals: {
        switchhook_hosts: `127.0.0.1:${port}`,
        switchhook_app: app.origin,
        switchhook_http: `http://127.0.0.1:${httpPort}`,
      },
    });
    await mkdir(join(folder, 'flows'));
    const recordings = `${real.folder}/recordings`;
    const text = flow.replaceAll('APP', app.origin).replaceAll('RECORDINGS', recordings);
    await writeFile(join(folder, 'flows/hostile.yaml'), text);
    await writeFile(
      join(folder, 'functions.yaml'),
      JSON.stringify({ functions: { echo: { url: app.at('/function') } } }),
    );
    const settings = suiteSettings(recordings) as { policies: { suite: object } };
    const suite = {
      ...settings.policies.suite,
      dial: { gateways: { down: { numbers: ['\\+?\\d{4,20}'] } } },
    };
    const variables = [
      'sip_call_id',
      'sip_user_agent',
      'sip_h_X-Hostile',
      'sip_from_user',
      'sip_h_Diversion',
    ];
    const names = ['caller_id_name', 'caller_id_number', 'destination_number', 'sip_h_X-Hostile', 'cti_echo'];
    const daemon = await TestDaemon.start({
      ...settings,
      policies: {
        ...settings.policies,
        suite,
        expanding: { ...suite, expansion: { allow: true, variables: names } },
      },
      listen: { host: '127.0.0.1', port },
      http: { host: '127.0.0.1', port: httpPort },
      instance: `hostile-${process.pid}`,
      switches: {
        main: {
          host: '127.0.0.1',
          port: real.eventSocketPort,
          password: real.eventSocketPassword,
          release: { extension: 'hostile-back', context: 'public' },
        },
      },
      endpoints: {
        hostile: { url: app.at('/hostile'), method: 'POST', variables, policy: 'suite' },
        expanding: { url: app.at('/expanding'), method: 'POST', variables, policy: 'expanding' },
      },
      egress: { allowed_origins: [app.origin] },
      functions: { file: join(folder, 'functions.yaml') },
      actions: { entries: { hostile: { flow: 'hostile' } } },
      ...flowsIn(join(folder, 'flows')),
    });
    await daemon.ready();
    const connection = await control(real.eventSocketPort, real.eventSocketPassword);
    return new HostileBed(app, canaries, connection, daemon, real, folder);
  }

  /** Every attempt by one way, each in a call of its own; when all of them are over. */
  async callBy(way: Way): Promise<HostileCall[]> {
    const left = this.attempts.map(([attempt, text], index) => ({ attempt, text, index }));
    const calls: HostileCall[] = [];
    const caller = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        calls.push(await this.#call(way, next.index, next.attempt, next.text));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, caller));
    return calls;
  }

  async #call(way: Way, index: number, attempt: string, text: string): Promise<HostileCall> {
    const prefix = `hostile-${way}-${index}-`;
    const sipp = await Sipp.start({
      scenario: 'hostile-caller',
      remotePort: this.switch.sipPort,
      keys: {
        // FreeSWITCH takes what stands between quotes for the whole number (sofia.c check_decode).
        number: `${prefix}${user(text.replaceAll('"', ''))}`,
        user: user(text),
        display: quoted(text),
        text: folded(text),
      },
    });
    try {
      const created = await this.control.events.first(`the call ${prefix} (${attempt})`, (event) =>
        isOf(event, 'CHANNEL_CREATE', prefix),
      );
      const call = new TestCall(this.control, created.get('Unique-ID') ?? '', '');
      this.#live.add(call.uuid);
      const end = await this.control.events.first(
        `the end of ${prefix} (${attempt})`,
        (event) => event.get('Event-Name') === 'CHANNEL_DESTROY' && event.get('Unique-ID') === call.uuid,
        25_000,
      );
      this.#live.delete(call.uuid);
      return { attempt, text, call, end, created };
    } finally {
      await sipp.stop();
    }
  }

  /** Every channel that nobody of the callers is. */
  strangers(): string[] {
    return this.control.events
      .all((event) => event.get('Event-Name') === 'CHANNEL_CREATE')
      .filter(
        (event) => event.get('Call-Direction') !== 'inbound' || !isOf(event, 'CHANNEL_CREATE', 'hostile-'),
      )
      .map((event) => event.get('Channel-Name') ?? '');
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#close();
    const left = await this.switch.stop();
    await eventually('the daemon to hold no call', () => (this.daemon.activeCalls === 0 ? true : undefined));
    await this.daemon.stop();
    await this.app.stop();
    await this.canaries.stop();
    await rm(this.#folder, { recursive: true, force: true });
    if (left.channelsLeft > 0) throw new Error(`channels left behind:\n${left.detail}`);
  }
}

function isOf(event: Event, name: string, prefix: string): boolean {
  return (
    event.get('Event-Name') === name && (event.get('Caller-Destination-Number') ?? '').startsWith(prefix)
  );
}
