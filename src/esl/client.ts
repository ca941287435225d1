import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { AppError } from '../errors.js';
import { backoffDelayMs, type BackoffSettings } from './backoff.js';
import { EslConnection, encodeCommand, type EslClose, type EslCommand } from './connection.js';
import type { EslEvent } from './event.js';
import type { FrameLimits } from './framing.js';

const DEFAULT_BACKOFF: BackoffSettings = { initialMs: 500, maxMs: 15_000 };
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_REPLY_TIMEOUT_MS = 10_000;
const DEFAULT_JOB_TIMEOUT_MS = 60_000;
const DEFAULT_LOOK_EVERY_MS = 4_000;
/** So many looks in a row without a reply, and the connection is given up; after the first, one is asked for. */
const MOST_SILENT_LOOKS = 3;

export interface EslClientOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly limits?: Partial<FrameLimits> | undefined;
  readonly backoff?: BackoffSettings | undefined;
  /** Sent after each log-in, in this order: `event plain …`, `filter …`. */
  readonly subscriptions?: readonly EslCommand[] | undefined;
  /** From the first SYN to the log-in. */
  readonly connectTimeoutMs?: number | undefined;
  /** For commands that name none. */
  readonly replyTimeoutMs?: number | undefined;
  /** For the result of a `bgapi`. */
  readonly jobTimeoutMs?: number | undefined;
  /**
   * How often it is looked whether the far end is still there. A network that swallows what is sent is noticed by
   * TCP after a quarter of an hour; here, after three to four times this long.
   */
  readonly lookEveryMs?: number | undefined;
  /** From 0 to 1, for the jitter. */
  readonly random?: (() => number) | undefined;
}

export interface EslClientState {
  /**
   * `waiting`: until the next try. `refused`: FreeSWITCH does not want this password or this address; only a new
   * `start` tries again. `stopped`: not started, or stopped.
   */
  readonly kind: 'connecting' | 'connected' | 'waiting' | 'refused' | 'stopped';
  /** Since when, in milliseconds since the epoch. */
  readonly since: number;
  /** What ended the last connection or try. */
  readonly lastError?: AppError;
}

interface Waiter {
  readonly resolve: (connection: EslConnection) => void;
  readonly reject: (error: AppError) => void;
}

interface Job {
  readonly resolve: (result: string) => void;
  readonly reject: (error: AppError) => void;
  readonly forget: () => void;
}

/**
 * Our connection to FreeSWITCH's Event Socket. It comes back by itself after a loss; commands do not: one that was
 * open is rejected with `switch_closed`, and whether it ran is not known.
 */
export class EslClient {
  onEvent: ((event: EslEvent) => void) | undefined;
  onState: ((state: EslClientState) => void) | undefined;

  readonly #options: EslClientOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #jobs = new Map<string, Job>();
  #state: EslClientState = { kind: 'stopped', since: Date.now() };
  #connection: EslConnection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #looks: NodeJS.Timeout | undefined;
  #failures = 0;
  /** This connection delivers the results of `bgapi`. */
  #hearsJobs: Promise<unknown> | undefined;

  /** @throws AppError `unsafe_command` when password or subscriptions could not be sent */
  constructor(options: EslClientOptions) {
    this.#options = options;
    encodeCommand({ line: `auth ${options.password}` });
    options.subscriptions?.forEach(encodeCommand);
  }

  get state(): EslClientState {
    return this.#state;
  }

  /** Begins to connect; once it is refused, tries again. */
  start(): void {
    if (this.#state.kind !== 'stopped' && this.#state.kind !== 'refused') return;
    this.#failures = 0;
    this.#connect();
  }

  /**
   * The connection, as soon as it is logged in and subscribed.
   * @returns rejects with `switch_auth_failed`, `switch_acl_refused`, or `switch_closed` once it is stopped
   */
  ready(): Promise<EslConnection> {
    const { kind, lastError } = this.#state;
    if (kind === 'connected' && this.#connection !== undefined) return Promise.resolve(this.#connection);
    if (kind === 'refused' && lastError !== undefined) return Promise.reject(lastError);
    if (kind === 'stopped')
      return Promise.reject(new AppError('switch_closed', 'The client is not started.'));
    return new Promise((resolve, reject) => {
      this.#waiters.add({ resolve, reject });
    });
  }

  /** For commands that `api` and `bgapi` are not enough for. @throws AppError as `api` */
  get connection(): EslConnection {
    return this.#connected();
  }

  /**
   * The trimmed answer of an API command.
   * @returns rejects with `switch_unreachable` when there is no connection, or with what FreeSWITCH refused
   */
  async api(command: string): Promise<string> {
    const reply = await this.#connected().send({ line: `api ${command}` });
    return reply.text;
  }

  /** As `api`, but in a thread of its own of FreeSWITCH's, so that a slow command does not hold up this connection. */
  async bgapi(command: string, timeoutMs?: number): Promise<string> {
    const connection = this.#connected();
    await this.#hearJobs(connection);
    const id = randomUUID();
    const result = this.#expectJob(id, timeoutMs);
    try {
      const accepted = await connection.send({ line: `bgapi ${command}`, headers: { 'Job-UUID': id } });
      return accepted.ok ? await result : accepted.text;
    } finally {
      this.#jobs.get(id)?.forget();
    }
  }

  /** Ends the connection; whatever waits is rejected. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry);
    clearInterval(this.#looks);
    const connection = this.#connection;
    this.#connection = undefined;
    this.#enter('stopped');
    this.#rejectWaiting(new AppError('switch_closed', 'The client was stopped.'));
    connection?.destroy();
    await connection?.closed;
  }

  #enter(kind: EslClientState['kind'], lastError = this.#state.lastError): void {
    this.#state = { kind, since: Date.now(), ...(lastError === undefined ? {} : { lastError }) };
    this.onState?.(this.#state);
  }

  #connected(): EslConnection {
    if (this.#state.kind === 'connected' && this.#connection !== undefined) return this.#connection;
    throw notConnected(this.#state.lastError);
  }

  #connect(): void {
    const { host, port, limits, replyTimeoutMs = DEFAULT_REPLY_TIMEOUT_MS } = this.#options;
    const timeoutMs = this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const connection = new EslConnection(connect({ host, port }), { limits, replyTimeoutMs });
    this.#connection = connection;
    const timer = setTimeout(
      () => connection.destroy(`No log-in within ${timeoutMs} ms.`, 'timeout'),
      timeoutMs,
    );
    connection.onEvent = (event) => this.#hear(event);
    let asked = false;
    connection.onOther = (frame) => {
      if (frame.contentType === 'text/rude-rejection') {
        this.#refuse(connection, new AppError('switch_acl_refused', frame.bodyText.trim()));
      } else if (frame.contentType === 'auth/request' && !asked) {
        asked = true;
        void this.#logIn(connection).then((done) => {
          clearTimeout(timer);
          if (done) this.#begin(connection);
        });
      }
    };
    void connection.closed.then((close) => {
      clearTimeout(timer);
      this.#lost(connection, close);
    });
    this.#enter('connecting');
  }

  /** Password, then subscriptions. False when that did not succeed; then the connection is closed already. */
  async #logIn(connection: EslConnection): Promise<boolean> {
    try {
      const auth = await connection.send({ line: `auth ${this.#options.password}` });
      if (!auth.ok) {
        this.#refuse(connection, new AppError('switch_auth_failed', `FreeSWITCH said: ${auth.text}`));
        return false;
      }
      const subscriptions = this.#options.subscriptions ?? [];
      for (const reply of await Promise.all(connection.sendBatch(subscriptions))) {
        if (!reply.ok)
          throw new AppError('switch_protocol', `A subscription was not accepted: ${reply.text}`);
      }
      return true;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      connection.destroy(error.detail, error.code === 'switch_protocol' ? 'protocol' : 'error');
      return false;
    }
  }

  #begin(connection: EslConnection): void {
    if (connection !== this.#connection) return;
    this.#hearsJobs = undefined;
    this.#watch(connection);
    this.#enter('connected');
    for (const waiter of this.#waiters) waiter.resolve(connection);
    this.#waiters.clear();
  }

  /** Counts looks, not time: after a hold-up of ours, what has arrived meanwhile is read before the next look. */
  #watch(connection: EslConnection): void {
    const everyMs = this.#options.lookEveryMs ?? DEFAULT_LOOK_EVERY_MS;
    let replies = connection.replies;
    let silent = 0;
    clearInterval(this.#looks);
    this.#looks = setInterval(() => {
      silent = connection.replies === replies ? silent + 1 : 0;
      replies = connection.replies;
      if (silent === 1) void connection.send({ line: 'api echo switchhook', timeoutMs: 0 });
      if (silent < MOST_SILENT_LOOKS) return;
      connection.destroy(`No reply of the switch for ${silent * everyMs} ms.`, 'timeout');
    }, everyMs);
    this.#looks.unref();
  }

  /** FreeSWITCH was asked and said no: trying again would only fill its log. */
  #refuse(connection: EslConnection, error: AppError): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#enter('refused', error);
    this.#rejectWaiting(error);
    connection.destroy(error.message);
  }

  #lost(connection: EslConnection, close: EslClose): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    clearInterval(this.#looks);
    const { kind, since } = this.#state;
    const backoff = this.#options.backoff ?? DEFAULT_BACKOFF;
    // A switch that logs us in and drops us at once is a failure as well, not a reason to begin anew without delay.
    if (kind === 'connected' && Date.now() - since >= backoff.maxMs) this.#failures = 0;
    this.#failures++;
    const error = lossError(kind === 'connected', close);
    for (const job of this.#jobs.values()) job.reject(error);
    const delayMs = backoffDelayMs(backoff, this.#failures, (this.#options.random ?? Math.random)());
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    this.#enter('waiting', error);
  }

  #rejectWaiting(error: AppError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
    for (const job of this.#jobs.values()) job.reject(error);
  }

  #hear(event: EslEvent): void {
    const job = event.name === 'BACKGROUND_JOB' ? this.#jobs.get(event.get('Job-UUID') ?? '') : undefined;
    if (job === undefined) this.onEvent?.(event);
    else job.resolve(event.body?.trim() ?? '');
  }

  /** Subscribes to the results of jobs, once per connection and not before the first is wanted. */
  async #hearJobs(connection: EslConnection): Promise<void> {
    // A connection has one format for all of its events, the one that was named last.
    const json = this.#options.subscriptions?.some(({ line }) => line.startsWith('event json ')) ?? false;
    const commands: EslCommand[] = [{ line: `event ${json ? 'json' : 'plain'} BACKGROUND_JOB` }];
    // Positive filters drop every event that none of them matches; the first one would drop all others.
    const filtered = this.#options.subscriptions?.some(({ line }) => line.startsWith('filter ')) ?? false;
    if (filtered) commands.push({ line: 'filter Event-Name BACKGROUND_JOB' });
    try {
      this.#hearsJobs ??= Promise.all(connection.sendBatch(commands));
      await this.#hearsJobs;
    } catch (error) {
      this.#hearsJobs = undefined;
      throw error;
    }
  }

  #expectJob(id: string, timeoutMs = this.#options.jobTimeoutMs ?? DEFAULT_JOB_TIMEOUT_MS): Promise<string> {
    const result = new Promise<string>((resolve, reject) => {
      const late = (): void =>
        reject(new AppError('switch_timeout', `No result of bgapi within ${timeoutMs} ms.`));
      const timer = setTimeout(late, timeoutMs);
      const forget = (): void => {
        clearTimeout(timer);
        this.#jobs.delete(id);
      };
      this.#jobs.set(id, { resolve, reject, forget });
    });
    // Whoever asked may already have left with the failure of the command itself.
    result.catch(() => undefined);
    return result;
  }
}

/** What stands in the way has its own remedy when it is the password or the address. */
function notConnected(lastError: AppError | undefined): AppError {
  if (lastError === undefined) return new AppError('switch_unreachable', 'Not connected yet.');
  const { code, detail, message } = lastError;
  if (code === 'switch_auth_failed' || code === 'switch_acl_refused') return new AppError(code, detail);
  return new AppError('switch_unreachable', code === 'switch_unreachable' ? detail : message);
}

function lossError(wasConnected: boolean, close: EslClose): AppError {
  if (close.kind === 'protocol') return new AppError('switch_protocol', close.detail);
  if (close.kind === 'timeout') return new AppError('switch_timeout', close.detail);
  return new AppError(wasConnected ? 'switch_closed' : 'switch_unreachable', close.detail);
}
