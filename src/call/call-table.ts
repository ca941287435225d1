import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { LinkedSet } from '../linked-set.js';
import type { Channel } from '../switch/channel.js';
import type { OwnList } from './own-list.js';
import type { CallRecord, TraceEntry } from './call.js';
import type { Program } from './program.js';
import { refusalsOf } from './refusals.js';
import type { Refused } from './refusals.js';
import type { RunnerServices } from './run-context.js';
import { CallRunner } from './runner.js';

/** What the call table writes about calls; a part of pino's logger. */
export interface CallLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What may change while calls are under control. */
export interface CallTableSettings {
  readonly maxCalls: number;
  /** Calls that ended well are written, too. */
  readonly logsRoutine: boolean;
}

export interface CallTableOptions extends CallTableSettings {
  readonly logFor: (uuid: string) => CallLog;
}

/** How a call came under control. */
export interface CallOrigin {
  /** `socket`: FreeSWITCH connected it. `attached`: the daemon took it through its own connection. */
  readonly kind: 'socket' | 'attached';
  /** The switch of the configuration through which it is attached. */
  readonly switch?: string;
}

const SOCKET: CallOrigin = { kind: 'socket' };

export interface ActiveCall {
  readonly channel: Channel;
  readonly origin: CallOrigin;
  readonly runner: CallRunner;
}

export interface Taking {
  readonly origin?: CallOrigin;
  /** Runs instead of the program that the channel names. */
  readonly list?: OwnList;
  /** The call is under control already; this channel takes the place of its present one. */
  readonly replaces?: boolean;
}

interface Entry extends ActiveCall {
  readonly abandon: () => void;
  /** Runs on the channel when the runner has been interrupted. */
  next?: OwnList;
  /** What it began with, and ends with. */
  readonly services: RunnerServices;
}

/** The calls under control. Every call that comes in leaves it again, whatever happens. */
export class CallTable {
  #services: RunnerServices;
  #options: CallTableOptions;
  readonly #active = new LinkedSet<Entry>();
  readonly #ended: ((record: CallRecord, runner: CallRunner) => void)[] = [];
  readonly #traced: ((uuid: string, entry: TraceEntry, runner: CallRunner) => void)[] = [];
  readonly #failed: ((uuid: string, runner: CallRunner) => void)[] = [];
  readonly #whenEmpty: (() => void)[] = [];
  /** Services that were replaced, and who waits for the last call under them. */
  readonly #retired = new Map<RunnerServices, () => void>();
  #stopping = false;

  constructor(services: RunnerServices, options: CallTableOptions) {
    this.#services = services;
    this.#options = options;
  }

  get size(): number {
    return this.#active.size;
  }

  /**
   * From now on calls begin with these; those under way end with what they began with.
   * @returns resolves when no call uses the services of before any more
   */
  async reconfigure(services: RunnerServices, settings: CallTableSettings): Promise<void> {
    const before = this.#services;
    this.#services = services;
    this.#options = { ...this.#options, ...settings };
    if (before === services || !this.#uses(before)) return;
    await new Promise<void>((resolve) => this.#retired.set(before, resolve));
  }

  #uses(services: RunnerServices): boolean {
    return this.#active.findLast((call) => call.services === services) !== undefined;
  }

  get draining(): boolean {
    return this.#stopping;
  }

  onCallEnded(listener: (record: CallRecord, runner: CallRunner) => void): void {
    this.#ended.push(listener);
  }

  onTrace(listener: (uuid: string, entry: TraceEntry, runner: CallRunner) => void): void {
    this.#traced.push(listener);
  }

  /** A call that ended by a defect of the program, of which nothing else is told. */
  onDefect(listener: (uuid: string, runner: CallRunner) => void): void {
    this.#failed.push(listener);
  }

  /** The calls under control now, the oldest first. */
  get calls(): readonly ActiveCall[] {
    return this.#active.members;
  }

  /** While a call is being taken over, it is that of its new runner. */
  find(uuid: string): ActiveCall | undefined {
    return this.#active.findLast(({ channel }) => channel.uuid === uuid);
  }

  /** @param abandon closes the channel's connection at once */
  take(channel: Channel, abandon: () => void, { origin = SOCKET, list, replaces }: Taking = {}): void {
    const reason = replaces === true ? undefined : this.refusal;
    if (reason !== undefined) this.refuse(channel, 'overloaded', reason);
    else this.#follow(channel, abandon, origin, (runner) => runner.run(list));
  }

  /** Why no call would be taken now, or undefined. */
  get refusal(): string | undefined {
    if (this.#stopping) return 'the daemon is stopping';
    return this.#active.size < this.#options.maxCalls
      ? undefined
      : `${this.#options.maxCalls} calls are under control`;
  }

  /** How many more calls may come under control. */
  get free(): number {
    return this.#stopping ? 0 : Math.max(0, this.#options.maxCalls - this.#active.size);
  }

  /**
   * A place for a call that is dialled, as for one by `bridge`.
   * @returns gives the place back
   * @throws AppError `action_refused`
   */
  reserveDial(policyName: string, dialString: string): () => void {
    const { policies, dialLimits } = this.#services;
    const policy = policies.get(policyName);
    if (policy === undefined)
      throw new AppError('action_refused', `policy: there is no profile ${JSON.stringify(policyName)}`);
    const verdict = policy.checkDial(dialString);
    if (!verdict.allowed) throw new AppError('action_refused', `to: ${verdict.rule}: ${verdict.detail}`);
    const { concurrency } = verdict;
    if (concurrency === undefined) return () => undefined;
    const { key, max } = concurrency;
    if (dialLimits.inUse(key) >= max)
      throw new AppError('action_refused', `to: dial.concurrent: ${max} calls to ${key} are up already`);
    return dialLimits.take(key);
  }

  /** The program for people. @throws AppError when it could not be followed */
  describe(program: Program): string {
    const opened = this.#services.sources.open(program);
    if ('code' in opened) throw new AppError(opened.code, opened.detail);
    return this.#services.sources.describe(program);
  }

  /** As `describe`, also of what can no longer be followed. */
  named(program: Program): string {
    try {
      return this.describe(program);
    } catch (error) {
      if (error instanceof AppError) return '';
      throw error;
    }
  }

  /** What the policy would refuse of a list on a call of which nothing is known. */
  refusals(list: OwnList): Refused[] {
    return refusalsOf(this.#services.policies, list, { get: () => undefined });
  }

  /** @returns false when it can't be done from here: see CallRunner.interrupt */
  interrupt(call: ActiveCall, list: OwnList): boolean {
    const entry = this.#active.findLast((active) => active === call);
    if (entry === undefined || !entry.runner.interrupt(list.by)) return false;
    entry.next = list;
    return true;
  }

  /** Gives a call back to the dialplan at once. */
  refuse(channel: Channel, code: ErrorCode, detail: string): void {
    this.#follow(
      channel,
      () => undefined,
      SOCKET,
      (runner) => runner.refuse(code, detail),
    );
  }

  #follow(
    channel: Channel,
    abandon: () => void,
    origin: CallOrigin,
    run: (runner: CallRunner) => Promise<CallRecord>,
  ): void {
    const log = (): CallLog => this.#options.logFor(channel.uuid);
    const services = this.#services;
    const runner: CallRunner = new CallRunner(channel, services, (entry) => {
      for (const listener of this.#traced) listener(channel.uuid, entry, runner);
    });
    const call: Entry = { channel, abandon, origin, runner, services };
    const link = this.#active.add(call);
    run(runner)
      .then(
        (record) => {
          report(log, record, this.#options.logsRoutine);
          for (const listener of this.#ended) listener(record, runner);
        },
        (error: unknown) => {
          // A defect: the connection's end gives the call back to the dialplan.
          log().error({ err: error }, 'call failed by a defect');
          abandon();
          for (const listener of this.#failed) listener(channel.uuid, runner);
        },
      )
      .finally(() => {
        this.#active.remove(link);
        const { next } = call;
        if (next !== undefined && runner.hasHandedOn)
          this.#follow(channel, abandon, origin, (after) => after.run(next));
        const unused = this.#retired.get(services);
        if (unused !== undefined && !this.#uses(services)) {
          this.#retired.delete(services);
          unused();
        }
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
    for (const { abandon } of this.#active.members) abandon();
  }
}

function report(makeLog: () => CallLog, record: CallRecord, routine: boolean): void {
  const { program, result, error, durationMs, actionsRan } = record;
  const refused = record.trace.filter((entry) => entry.type === 'outcome' && entry.status === 'refused');
  const failed = record.trace.filter((entry) => entry.type === 'request' && entry.code !== undefined);
  const last = result === 'lost' ? record.trace.findLast((entry) => entry.type === 'ended') : undefined;
  const why = last?.type === 'ended' ? { detail: last.detail } : undefined;
  if (!routine && error === undefined && why === undefined && refused.length + failed.length === 0) return;
  const log = makeLog();
  for (const entry of failed) log.warn({ ...entry }, 'request failed');
  for (const entry of refused) log.warn({ ...entry }, 'action refused');
  const fields = { program, result, error, durationMs, actionsRan, ...why };
  if (error === undefined && why === undefined) log.info(fields, 'call ended');
  else log.warn(fields, 'call ended');
}
