import type { ErrorCode } from '../errors.js';
import type { Channel } from '../switch/channel.js';
import type { CallRecord, TraceEntry } from './call.js';
import type { RunnerServices } from './run-context.js';
import { CallRunner } from './runner.js';

/** What the call table writes about calls; a part of pino's logger. */
export interface CallLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface CallTableOptions {
  readonly maxCalls: number;
  readonly logFor: (uuid: string) => CallLog;
  /** Calls that ended well are written, too. */
  readonly logsRoutine: boolean;
}

interface ActiveCall {
  readonly channel: Channel;
  readonly abandon: () => void;
}

/** The calls under control. Every call that comes in leaves it again, whatever happens. */
export class CallTable {
  readonly #services: RunnerServices;
  readonly #options: CallTableOptions;
  readonly #active = new Set<ActiveCall>();
  readonly #ended: ((record: CallRecord) => void)[] = [];
  readonly #traced: ((uuid: string, entry: TraceEntry) => void)[] = [];
  readonly #whenEmpty: (() => void)[] = [];
  #stopping = false;

  constructor(services: RunnerServices, options: CallTableOptions) {
    this.#services = services;
    this.#options = options;
  }

  get size(): number {
    return this.#active.size;
  }

  get draining(): boolean {
    return this.#stopping;
  }

  onCallEnded(listener: (record: CallRecord) => void): void {
    this.#ended.push(listener);
  }

  onTrace(listener: (uuid: string, entry: TraceEntry) => void): void {
    this.#traced.push(listener);
  }

  /** @param abandon closes the channel's connection at once */
  take(channel: Channel, abandon: () => void): void {
    const full = this.#active.size >= this.#options.maxCalls;
    if (this.#stopping) this.refuse(channel, 'overloaded', 'the daemon is stopping');
    else if (full) this.refuse(channel, 'overloaded', `${this.#options.maxCalls} calls are under control`);
    else this.#follow(channel, abandon, (runner) => runner.run());
  }

  /** Gives a call back to the dialplan at once. */
  refuse(channel: Channel, code: ErrorCode, detail: string): void {
    this.#follow(
      channel,
      () => undefined,
      (runner) => runner.refuse(code, detail),
    );
  }

  #follow(channel: Channel, abandon: () => void, run: (runner: CallRunner) => Promise<CallRecord>): void {
    const log = (): CallLog => this.#options.logFor(channel.uuid);
    const call: ActiveCall = { channel, abandon };
    this.#active.add(call);
    const runner = new CallRunner(channel, this.#services, (entry) => {
      for (const listener of this.#traced) listener(channel.uuid, entry);
    });
    run(runner)
      .then(
        (record) => {
          report(log, record, this.#options.logsRoutine);
          for (const listener of this.#ended) listener(record);
        },
        (error: unknown) => {
          // A defect: the connection's end gives the call back to the dialplan.
          log().error({ err: error }, 'call failed by a defect');
          abandon();
        },
      )
      .finally(() => {
        this.#active.delete(call);
        if (this.#active.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
      });
  }

  /** From now on no call is taken. */
  drain(): void {
    this.#stopping = true;
  }

  /** Resolves when no call is left, or after the time. */
  async empty(timeoutMs: number): Promise<void> {
    if (this.#active.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
  }

  abandon(): void {
    for (const { abandon } of this.#active) abandon();
  }
}

function report(makeLog: () => CallLog, record: CallRecord, routine: boolean): void {
  const { program, result, error, durationMs, actionsRan } = record;
  const refused = record.trace.filter((entry) => entry.type === 'outcome' && entry.status === 'refused');
  const failed = record.trace.filter((entry) => entry.type === 'request' && entry.code !== undefined);
  if (!routine && error === undefined && refused.length + failed.length === 0) return;
  const log = makeLog();
  for (const entry of failed) log.warn({ ...entry }, 'request failed');
  for (const entry of refused) log.warn({ ...entry }, 'action refused');
  const fields = { program, result, error, durationMs, actionsRan };
  if (error === undefined) log.info(fields, 'call ended');
  else log.warn(fields, 'call ended');
}
