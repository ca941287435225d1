import { afterAll, beforeAll, it } from 'vitest';
import type { ExpectStatic } from 'vitest';
import type { CallRecord } from '../../src/call/call.js';
import { ExampleApp } from '../support/example-app.js';
import { eventually } from '../support/eventually.js';
import { placeCall, type TestCall } from '../support/test-call.js';
import { type Settings, TestDaemon } from '../support/test-daemon.js';
import { describeOnEverySwitch, expectNoneLeft } from './every-switch.js';
import type { SwitchUnderTest } from './switches.js';

/** How a scenario hands over a call. */
export interface HandOver {
  /** `cti_curl`: a URL, or the name of an endpoint. */
  readonly url?: string;
  readonly flow?: string;
  /** Default: the extension that uses dialplan/switchhook.xml. */
  readonly extension?: string;
  readonly context?: string;
  /** Default: the suite's daemon. */
  readonly hosts?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** `socket`: the dialplan connects the call to the daemon. `parked`: it parks it, and the daemon takes it. */
export type HandOverKind = 'socket' | 'parked';

/** What a scenario works with. */
export interface World {
  readonly expect: ExpectStatic;
  readonly handOver: HandOverKind;
  /** The number that was called. */
  readonly extension: string;
  readonly kind: 'simulator' | 'FreeSWITCH';
  readonly switch: SwitchUnderTest;
  readonly app: ExampleApp;
  readonly daemon: TestDaemon;
  /** A call that goes to the daemon; it is taken away when the scenario has ended. */
  readonly call: (handOver: HandOver) => Promise<TestCall>;
  /** A call whose app answers this list. */
  readonly callWith: (actions: readonly unknown[], handOver?: HandOver) => Promise<TestCall>;
  /** Runs a list to its end. */
  readonly run: (
    actions: readonly unknown[],
    handOver?: HandOver,
  ) => Promise<{ call: TestCall; record: CallRecord }>;
  /** Another channel, answered and parked: somebody to be bridged to. Its uuid. */
  readonly somebody: () => Promise<string>;
  /** A second daemon, stopped when the scenario has ended. */
  readonly anotherDaemon: (settings?: Settings) => Promise<TestDaemon>;
  /** Something else to do when the scenario has ended. */
  readonly cleanUpWith: (task: () => Promise<void>) => void;
}

export interface Suite {
  readonly scenario: (title: string, body: (world: World) => Promise<void>, timeoutMs?: number) => void;
}

/** A policy under which the scenarios can reach what they need; everything else is as it is by default. */
export function suiteSettings(recordings: string): Settings {
  return {
    policies: {
      default: {},
      suite: {
        variables: { max_length: 16_000 },
        dial: { gateways: { down: { numbers: ['.*'] } } },
        record: { roots: [recordings] },
        fifo: { queues: ['support'] },
      },
    },
    app: { policy: 'suite' },
  };
}

let daemons = 0;

/** How a daemon is connected to the switch, so that it takes parked calls. */
export function attachedTo(
  sut: SwitchUnderTest,
  instance = `suite-${process.pid}-${(daemons += 1)}`,
): Settings {
  const { eventSocketPort: port, eventSocketPassword: password } = sut;
  const release = { extension: 'back', context: 'callers' };
  return { instance, switches: { main: { host: '127.0.0.1', port, password, release } } };
}

const EXTENSIONS: Readonly<Record<HandOverKind, string>> = { socket: 'program', parked: 'parked-program' };

export interface SuiteOptions {
  /**
   * The ways in which calls are handed over, one set of scenarios for each. Default: every way. Leaving one out wants
   * a reason beside it.
   */
  readonly handOvers?: readonly HandOverKind[];
  /** What the simulator does not have (mod_lua, mod_httapi) is tried on the real switch alone. */
  readonly on?: World['kind'];
  /** One after the other: each has daemons of its own, which would take the parked calls of the next. */
  readonly sequential?: boolean;
}

/**
 * Defines the same scenarios for every kind of switch and of hand-over; each kind of switch gets a switch and a
 * daemon of its own.
 */
export function onEverySwitch(
  title: string,
  settings: Settings,
  define: (suite: Suite) => void,
  { handOvers = ['socket', 'parked'], sequential = false, on }: SuiteOptions = {},
): void {
  describeOnEverySwitch(title, on, (kind) => {
    let sut: SwitchUnderTest | undefined;
    let app: ExampleApp | undefined;
    let daemon: TestDaemon | undefined;

    beforeAll(async () => {
      [sut, app] = await Promise.all([kind.start(), ExampleApp.start()]);
      const attached = handOvers.includes('parked') ? attachedTo(sut) : {};
      daemon = await TestDaemon.start({ ...suiteSettings(sut.recordings), ...attached, ...settings });
      await daemon.ready();
    });

    afterAll(async () => {
      const held = daemon;
      const left = await sut?.stop();
      await eventuallyNoCalls(held);
      await daemon?.stop();
      await app?.stop();
      expectNoneLeft(left);
    });

    const scenario: Suite['scenario'] = (name, body, timeoutMs) => {
      for (const handOver of handOvers) {
        it(
          handOvers.length === 1 ? name : `${name} (${handOver})`,
          { concurrent: !sequential, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) },
          async ({ expect, onTestFinished }) => {
            if (sut === undefined || app === undefined || daemon === undefined)
              throw new Error('not started');
            const world = new SuiteWorld(kind.name, handOver, expect, sut, app, daemon);
            onTestFinished(() => world.cleanUp());
            await body(world);
          },
        );
      }
    };
    define({ scenario });
  });
}

async function eventuallyNoCalls(daemon: TestDaemon | undefined): Promise<void> {
  if (daemon === undefined) return;
  await eventually('the daemon to hold no call', () => (daemon.activeCalls === 0 ? true : undefined));
}

class SuiteWorld implements World {
  readonly kind: World['kind'];
  readonly handOver: HandOverKind;
  readonly extension: string;
  readonly expect: ExpectStatic;
  readonly switch: SwitchUnderTest;
  readonly app: ExampleApp;
  readonly daemon: TestDaemon;
  readonly #calls: TestCall[] = [];
  readonly #tasks: (() => Promise<void>)[] = [];

  constructor(
    kind: World['kind'],
    handOver: HandOverKind,
    expect: ExpectStatic,
    sut: SwitchUnderTest,
    app: ExampleApp,
    daemon: TestDaemon,
  ) {
    this.kind = kind;
    this.handOver = handOver;
    this.extension = EXTENSIONS[handOver];
    this.expect = expect;
    this.switch = sut;
    this.app = app;
    this.daemon = daemon;
  }

  readonly call: World['call'] = async (handOver) => {
    const call = await placeCall(this.switch, {
      extension: handOver.extension ?? this.extension,
      context: handOver.context ?? 'callers',
      variables: {
        switchhook_hosts: handOver.hosts ?? this.daemon.host,
        ...(handOver.url === undefined ? {} : { test_url: handOver.url }),
        ...(handOver.flow === undefined ? {} : { test_flow: handOver.flow }),
        ...handOver.variables,
      },
    });
    this.#calls.push(call);
    return call;
  };

  readonly callWith: World['callWith'] = (actions, handOver = {}) =>
    this.call({ ...handOver, url: this.app.list(actions).url });

  readonly run: World['run'] = async (actions, handOver = {}) => {
    const call = await this.callWith(actions, handOver);
    return { call, record: await this.daemon.record(call.uuid) };
  };

  readonly somebody: World['somebody'] = async () => {
    const call = await placeCall(this.switch, { extension: 'agent-answers', context: 'agents' });
    this.#calls.push(call);
    await call.answered();
    return call.callerUuid;
  };

  readonly anotherDaemon: World['anotherDaemon'] = async (settings = {}) => {
    const daemon = await TestDaemon.start({ ...suiteSettings(this.switch.recordings), ...settings });
    this.cleanUpWith(() => daemon.stop());
    return daemon;
  };

  readonly cleanUpWith: World['cleanUpWith'] = (task) => void this.#tasks.push(task);

  async cleanUp(): Promise<void> {
    await Promise.all(this.#calls.map((call) => call.remove()));
    await Promise.all(this.#tasks.map((task) => task()));
  }
}
