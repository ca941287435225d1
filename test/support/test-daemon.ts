import type { CallRecord } from '../../src/call/call.js';
import type { Outcome } from '../../src/call/outcome.js';
import { configSchema } from '../../src/config/schema.js';
import { type Daemon, startDaemon } from '../../src/daemon.js';
import type { SwitchLink } from '../../src/switch/switch-link.js';
import { createLogger } from '../../src/telemetry/log.js';
import { eventually, within } from './eventually.js';

export type Settings = Readonly<Record<string, unknown>>;

/** A daemon on free ports in this process, with the records of the calls that it let go. */
export class TestDaemon {
  readonly #daemon: Daemon;
  readonly #records = new Map<string, CallRecord[]>();
  readonly #waiters = new Map<string, ((record: CallRecord) => void)[]>();

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
    daemon.onCallEnded((record) => {
      const records = this.#records.get(record.uuid) ?? [];
      records.push(record);
      this.#records.set(record.uuid, records);
      for (const tell of this.#waiters.get(record.uuid) ?? []) tell(record);
      this.#waiters.delete(record.uuid);
    });
  }

  /** Settings as in the YAML file; ports are chosen. */
  static async start(settings: Settings = {}): Promise<TestDaemon> {
    const config = configSchema.parse({
      listen: { host: '127.0.0.1', port: 0 },
      http: { host: '127.0.0.1', port: 0 },
      log: { level: process.env.DAEMON_LOG ?? 'info', format: 'pretty' },
      ...settings,
    });
    // Everything is logged, so that what must not stand in a log can be looked for there.
    const log =
      process.env.DAEMON_LOG === undefined
        ? createLogger({ ...config.log, level: 'trace', format: 'json' }, { write: () => undefined })
        : createLogger(config.log);
    return new TestDaemon(await startDaemon(config, { log }));
  }

  get host(): string {
    return `127.0.0.1:${this.#daemon.socketPort}`;
  }

  get httpOrigin(): string {
    return `http://127.0.0.1:${this.#daemon.httpPort}`;
  }

  /** Its connection to the switch. */
  get link(): SwitchLink {
    return this.#daemon.switches.get();
  }

  get activeCalls(): number {
    return this.#daemon.activeCalls;
  }

  /** Waits until the daemon is connected to its switches. */
  async ready(): Promise<void> {
    await eventually('the daemon to be ready', async () => {
      const answer = (await (await fetch(`${this.httpOrigin}/readyz`)).json()) as { status?: string };
      return answer.status === 'ok' ? true : undefined;
    });
  }

  /** The records of a call that more than one program had, as soon as there are so many. */
  records(uuid: string, count: number): Promise<readonly CallRecord[]> {
    return eventually(`${count} records of ${uuid}`, () => {
      const records = this.#records.get(uuid) ?? [];
      return records.length >= count ? records : undefined;
    });
  }

  /** The record of a call, as soon as the daemon has let it go. */
  record(uuid: string): Promise<CallRecord> {
    const known = this.#records.get(uuid)?.at(-1);
    if (known !== undefined) return Promise.resolve(known);
    const record = new Promise<CallRecord>((resolve) => {
      this.#waiters.set(uuid, [...(this.#waiters.get(uuid) ?? []), resolve]);
    });
    return within(`the daemon to let go of ${uuid}`, record);
  }

  drain(): Promise<void> {
    return this.#daemon.drain();
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }
}

/** The outcomes of all lists of a call, in order. */
export function outcomesOf(record: CallRecord): Outcome[] {
  return record.trace.filter((entry) => entry.type === 'outcome');
}

/** `playback ok, bridge failed`: for comparing at a glance. */
export function summaryOf(record: CallRecord): string[] {
  return outcomesOf(record).map(({ application, status }) => `${application} ${status}`);
}
