import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { suiteSettings, type HandOverKind } from '../contract/suite.js';
import { describeOnEverySwitch, expectNoneLeft } from '../contract/every-switch.js';
import { SWITCHES, type SwitchKind, type SwitchUnderTest } from '../contract/switches.js';
import { Sipp, type SippOptions } from '../e2e/sipp.js';
import { CallbackReceiver } from '../support/callback-receiver.js';
import { DaemonProcess, type DaemonProcessOptions } from '../support/daemon-process.js';
import { ExampleApp } from '../support/example-app.js';
import { placeCall, TestCall } from '../support/test-call.js';
import type { Settings } from '../support/test-daemon.js';
import { expectSettled, type Expected } from './settled.js';

type Through = (port: number) => number | Promise<number>;

export interface BedOptions {
  /** Of every daemon, laid over what the bed chooses; `switches.main` is laid over the bed's. */
  readonly settings?: Settings | ((ground: Ground, folder: string) => Promise<Settings>);
  /** Two share records and outbox, as on one machine. */
  readonly daemons?: 1 | 2;
  readonly process?: DaemonProcessOptions;
  /** What stands in between: gives the port to connect to instead. */
  readonly through?: {
    /** Daemon to the switch's Event Socket. */
    readonly eventSocket?: Through;
    /** The switch's `socket` application to a daemon. */
    readonly socket?: Through;
    /** Daemon to the receiver of callbacks. */
    readonly receiver?: Through;
  };
  /** Daemons take parked calls. Default: only those that the dialplan connects. */
  readonly attach?: boolean;
  /** A switch of its own, to be killed. */
  readonly ownSwitch?: boolean;
}

export interface CallOptions {
  readonly actions?: readonly unknown[];
  readonly url?: string;
  readonly flow?: string;
  /** Default: `socket`, to the bed's daemons in their order. */
  readonly handOver?: HandOverKind;
  readonly hosts?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface SipOptions extends Omit<SippOptions, 'scenario' | 'remotePort' | 'service'> {
  readonly scenario?: 'caller' | 'caller-hangs-up';
  /** What the app answers. */
  readonly actions?: readonly unknown[];
  /** A path of the app that has a route already, without its slash: small letters and `-`. */
  readonly route?: string;
}

/** What all beds of a file have in common: starting a switch takes longer than all else. */
export interface Ground {
  readonly kind: SwitchKind['name'];
  readonly switch: SwitchUnderTest;
  readonly app: ExampleApp;
}

/** Every kind of switch there is on this machine. */
export const switches: readonly SwitchKind[] = SWITCHES;

export interface BedSuite {
  readonly kind: SwitchKind['name'];
  /** A bed for the running test, gone at its end. */
  readonly bed: (options?: BedOptions) => Promise<Bed>;
}

/** Defines the same tests for every kind of switch; the beds of a file share the switch and the app. */
export function onEveryBed(
  title: string,
  define: (suite: BedSuite) => void,
  { on }: { readonly on?: SwitchKind['name'] } = {},
): void {
  describeOnEverySwitch(title, on, (kind) => {
    let ground: Ground | undefined;
    beforeAll(async () => {
      ground = await layGround(kind);
    });
    afterAll(async () => {
      const left = await ground?.switch.stop();
      await ground?.app.stop();
      expectNoneLeft(left);
    });
    const bed: BedSuite['bed'] = async (options = {}) => {
      if (ground === undefined) throw new Error('not started');
      const made = await Bed.start(options.ownSwitch === true ? kind : ground, options);
      onTestFinished(() => made.stop());
      return made;
    };
    define({ kind: kind.name, bed });
  });
}

async function layGround(kind: SwitchKind): Promise<Ground> {
  const app = await ExampleApp.start();
  const sut = await kind.start({ switchhook_app: app.origin });
  return { kind: kind.name, switch: sut, app };
}

/** A switch, daemons that are processes of their own, an app and a receiver of callbacks; and what must hold of them. */
export class Bed {
  readonly kind: SwitchKind['name'];
  readonly switch: SwitchUnderTest;
  readonly app: ExampleApp;
  readonly receiver: CallbackReceiver;
  readonly daemons: readonly DaemonProcess[];
  /** Of records and outbox, shared by the daemons. */
  readonly folder: string;
  /** Where the `socket` application connects to: as `switchhook_hosts`. */
  readonly hosts: string;
  readonly #own: boolean;
  readonly #calls = new Map<string, TestCall>();
  readonly #sipp: Sipp[] = [];
  readonly #numbers = new Set<string>();

  private constructor(
    ground: Ground,
    own: boolean,
    folder: string,
    receiver: CallbackReceiver,
    daemons: readonly DaemonProcess[],
    hosts: string,
  ) {
    this.kind = ground.kind;
    this.switch = ground.switch;
    this.app = ground.app;
    this.#own = own;
    this.folder = folder;
    this.receiver = receiver;
    this.daemons = daemons;
    this.hosts = hosts;
  }

  /** @param on a kind of switch, for one of its own; else what it shares with other beds */
  static async start(on: SwitchKind | Ground, options: BedOptions = {}): Promise<Bed> {
    const own = !('switch' in on);
    const ground = own ? await layGround(on) : on;
    const receiver = await CallbackReceiver.start();
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-bed-'));
    const { through = {}, daemons: count = 1, settings = {} } = options;
    const chosen = typeof settings === 'function' ? await settings(ground, folder) : settings;
    const { eventSocketPort } = ground.switch;
    const port = (await through.eventSocket?.(eventSocketPort)) ?? eventSocketPort;
    const told = await toldThrough(receiver, through.receiver);
    const daemons = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        DaemonProcess.start(
          settingsOf({ ground, folder, port, told, instance: instanceName(index), options, chosen }),
          options.process,
        ),
      ),
    );
    if (through.eventSocket === undefined) await Promise.all(daemons.map((daemon) => daemon.ready('ok')));
    const ports = daemons.map(({ host }) => Number(host.split(':')[1]));
    const reached = await Promise.all(ports.map(async (near) => (await through.socket?.(near)) ?? near));
    const hosts = reached.map((near) => `127.0.0.1:${near}`).join('|');
    return new Bed(ground, own, folder, receiver, daemons, hosts);
  }

  /** The only one, or the first. */
  get daemon(): DaemonProcess {
    const [first] = this.daemons;
    if (first === undefined) throw new Error('a bed has a daemon');
    return first;
  }

  get records(): string {
    return join(this.folder, 'contacts.jsonl');
  }

  /** One call over loopback. */
  async call(options: CallOptions): Promise<TestCall> {
    const { actions, flow, hosts = this.hosts, variables } = options;
    const url = options.url ?? (actions === undefined ? undefined : this.app.list(actions).url);
    const call = await placeCall(this.switch, {
      extension: options.handOver === 'parked' ? 'parked-program' : 'program',
      context: 'callers',
      variables: {
        switchhook_hosts: hosts,
        ...(url === undefined ? {} : { test_url: url }),
        ...(flow === undefined ? {} : { test_flow: flow }),
        ...variables,
      },
    });
    this.#calls.set(call.uuid, call);
    return call;
  }

  /** Many calls over loopback, so many per second. */
  async calls(count: number, perSecond: number, options: CallOptions): Promise<TestCall[]> {
    const placed: Promise<TestCall>[] = [];
    for (let n = 0; n < count; n += 1) {
      placed.push(this.call(options));
      await new Promise((resolve) => setTimeout(resolve, 1000 / perSecond));
    }
    return Promise.all(placed);
  }

  /** SIP calls to the daemons; on FreeSWITCH alone. It runs when this returns. */
  async sip(options: SipOptions): Promise<Sipp> {
    const { scenario = 'caller', actions, route, ...rest } = options;
    const { sip } = this.switch;
    if (sip === undefined) throw new Error('this switch takes no SIP calls');
    const name = route ?? `sip-${lettersOf((sipRoutes += 1))}`;
    if (actions !== undefined) this.app.list(actions, `/${name}`);
    const number = `on-${this.hosts.replaceAll('127.0.0.1:', '').replace('|', '-')}-${name}`;
    this.#numbers.add(number);
    const sipp = await Sipp.start({ ...rest, scenario, remotePort: sip.port, service: number });
    this.#sipp.push(sipp);
    return sipp;
  }

  /** All calls of this bed that the switch has seen so far, SIP calls among them. */
  get placed(): TestCall[] {
    for (const event of this.switch.events.all((seen) =>
      this.#numbers.has(seen.get('Caller-Destination-Number') ?? ''),
    )) {
      const uuid = event.get('Unique-ID') ?? '';
      if (event.get('Event-Name') === 'CHANNEL_CREATE' && !this.#calls.has(uuid))
        this.#calls.set(uuid, new TestCall(this.switch, uuid, uuid));
    }
    return [...this.#calls.values()];
  }

  /**
   * Waits until every call has come to its end, takes away those that are back in their dialplan, and looks at what
   * must hold: see `Expected`. Ends the daemons.
   */
  settled(expected: Expected): Promise<void> {
    return expectSettled(this, expected);
  }

  /** Lines of all daemons' logs, as text, that match. */
  logged(pattern: RegExp): string[] {
    return this.daemons.flatMap(({ output }) => output.split('\n').filter((line) => pattern.test(line)));
  }

  /** The log says why, in one line. */
  logSaysOnce(pattern: RegExp): void {
    const lines = this.logged(pattern);
    if (lines.length === 1) return;
    const log = lines.join('\n') + this.daemons.map(({ output }) => output).join('\n');
    throw new Error(`the log says ${lines.length} times ${String(pattern)}:\n${log.slice(-6000)}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sipp.map((sipp) => sipp.stop()));
    await Promise.all(this.placed.map((call) => call.remove()));
    await Promise.all(this.daemons.map((daemon) => daemon.stop()));
    await this.receiver.stop();
    this.switch.events.forget();
    if (this.#own) {
      await this.switch.stop();
      await this.app.stop();
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Numbers that are called have none where the name of a route stands. */
function lettersOf(count: number): string {
  return String(count).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)));
}

let sipRoutes = 0;
let beds = 0;

function instanceName(index: number): string {
  return `bed-${process.pid}-${(beds += 1)}-${index}`;
}

/** How the daemons find the receiver. */
async function toldThrough(receiver: CallbackReceiver, through: Through | undefined): Promise<Settings> {
  const { settings } = receiver;
  if (through === undefined) return settings;
  const url = new URL(String(settings.url));
  url.port = String(await through(Number(url.port)));
  return { ...settings, url: url.href, timeout_ms: 500 };
}

function settingsOf(at: {
  readonly ground: Ground;
  readonly folder: string;
  readonly port: number;
  readonly told: Settings;
  readonly instance: string;
  readonly options: BedOptions;
  readonly chosen: Settings;
}): Settings {
  const { ground, folder, port, told, instance, options, chosen } = at;
  const { switches: more, callbacks, records, ...settings } = chosen as Record<string, object>;
  const { eventSocketPassword: password, recordings } = ground.switch;
  const main = {
    ...{ host: '127.0.0.1', port, password, attach: options.attach === true },
    release: { extension: 'back', context: 'callers' },
    ...(more as { readonly main?: object } | undefined)?.main,
  };
  return {
    ...suiteSettings(recordings),
    log: { level: 'debug', format: 'json' },
    instance,
    switches: { main },
    records: { file: join(folder, 'contacts.jsonl'), ...records },
    callbacks: { folder: join(folder, 'outbox'), receivers: { bed: told }, ...callbacks },
    ...settings,
  };
}
