import { findFreeswitch, type RealSwitch, startRealSwitch } from '../freeswitch/switch.js';
import { control } from '../contract/switches.js';
import { suiteSettings } from '../contract/suite.js';
import { ExampleApp } from '../support/example-app.js';
import { eventually } from '../support/eventually.js';
import { type Event, type SwitchControl, TestCall } from '../support/test-call.js';
import { TestDaemon } from '../support/test-daemon.js';

/** A FreeSWITCH with SIP callers, a daemon and an app; one for all scenarios of a file. */
export class SipSuite {
  readonly switch: RealSwitch;
  readonly control: SwitchControl;
  readonly app: ExampleApp;
  readonly daemon: TestDaemon;
  readonly #close: () => void;
  readonly #known = new Set<string>();

  private constructor(
    real: RealSwitch,
    connection: SwitchControl & { readonly close: () => void },
    app: ExampleApp,
    daemon: TestDaemon,
  ) {
    this.switch = real;
    this.control = connection;
    this.#close = connection.close;
    this.app = app;
    this.daemon = daemon;
  }

  static async start(): Promise<SipSuite> {
    const app = await ExampleApp.start();
    const daemon = await TestDaemon.start(suiteSettings('/nowhere'));
    const real = await startRealSwitch({
      binary: findFreeswitch() ?? '',
      globals: { switchhook_hosts: daemon.host, switchhook_app: app.origin },
      logLevel: process.env.SWITCH_LOG === undefined ? 'warning' : 'debug',
    });
    const connection = await control(real.eventSocketPort, real.eventSocketPassword);
    return new SipSuite(real, connection, app, daemon);
  }

  /** The channel of the next SIP caller, by the number that was called. */
  async caller(number: string): Promise<TestCall> {
    const event = await this.control.events.first(
      `a call to ${number}`,
      (seen) => calls(seen, number) && !this.#known.has(seen.get('Unique-ID') ?? ''),
    );
    return this.#call(event);
  }

  /** The channels of all SIP callers of a number, so far. */
  callers(number: string): TestCall[] {
    return this.control.events.all((seen) => calls(seen, number)).map((event) => this.#call(event));
  }

  #call(created: Event): TestCall {
    const uuid = created.get('Unique-ID') ?? '';
    this.#known.add(uuid);
    return new TestCall(this.control, uuid, uuid);
  }

  /** The far side of a call that is bridged. */
  async partnerOf(call: TestCall): Promise<TestCall> {
    const uuid = await call.variable('bridge_uuid');
    return new TestCall(this.control, uuid, uuid);
  }

  channels(): Promise<number> {
    return this.control.api('show channels count').then((text) => Number.parseInt(text, 10));
  }

  async stop(): Promise<void> {
    const { SWITCH_LOG } = process.env;
    if (SWITCH_LOG !== undefined) {
      const { appendFile } = await import('node:fs/promises');
      await appendFile(SWITCH_LOG, await this.switch.log());
    }
    this.#close();
    const left = await this.switch.stop();
    await eventually('the daemon to hold no call', () => (this.daemon.activeCalls === 0 ? true : undefined));
    await this.daemon.stop();
    await this.app.stop();
    if (left.channelsLeft > 0) throw new Error(`channels left behind:\n${left.detail}`);
  }
}

function calls(event: Event, number: string): boolean {
  return (
    event.get('Event-Name') === 'CHANNEL_CREATE' &&
    event.get('Call-Direction') === 'inbound' &&
    event.get('Caller-Destination-Number') === number
  );
}
