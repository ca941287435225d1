import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import { EslClient } from '../esl/client.js';
import type { EslClientState } from '../esl/client.js';
import { AttachedCalls } from './attached/attached-calls.js';
import type { AttachRequest, AttachResult } from './attached/attaching.js';
import type { AttachedChannel } from './attached/attached-channel.js';
import type { LeftCall } from './attached/recovery.js';
import type { ReleaseTarget } from './attached/release-target.js';
import { newsSubscriptions } from './attached/parked.js';

/** What a link writes about its switch; a part of pino's logger. */
export interface LinkLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SwitchSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Parked channels that carry `cti_curl` or `cti_flow` are taken. */
  readonly attach: boolean;
  /** Where an attached call goes when its program ends without hanging up; absent: it is hung up. */
  readonly release?: ReleaseTarget;
  /** How long an attached call may wait for a daemon that is gone, before FreeSWITCH lets it go on. */
  readonly guardSeconds: number;
}

export interface LinkOptions {
  /** The owner's mark of attached channels: the same again after a restart, another for another daemon. */
  readonly instance: string;
  readonly log: LinkLog;
  /** A channel that was found parked with a program, or with one that a daemon before this one had begun. */
  readonly onChannel: (channel: AttachedChannel) => void;
  /** The daemon would refuse a call now: another daemon on the same switch gets the first chance to take it. */
  readonly isFull: () => boolean;
  /** The daemon stops: it takes none any more. */
  readonly isDraining: () => boolean;
  /**
   * A channel that this or another daemon controls was answered while it ran an application. Without it FreeSWITCH is
   * not asked to tell.
   */
  readonly onAnswered?: (uuid: string, application: string) => void;
  /** It was connected, or is not any more. */
  readonly onState?: (state: SwitchState) => void;
}

export interface SwitchState {
  readonly name: string;
  /** Both connections are up. */
  readonly connected: boolean;
  /** Since when it is connected, or is not. */
  readonly since: Date;
  /** `1.10.12-release`; of the last time that it was connected. */
  readonly version?: string;
  /** What keeps it from being connected, or ended the last connection. */
  readonly lastError?: { readonly code: ErrorCode; readonly message: string };
}

/** A password or address that FreeSWITCH refused may be allowed later; asking more often would only fill its log. */
const REFUSED_RETRY_MS = 60_000;

/**
 * The daemon's connections to one FreeSWITCH. One is for administration (commands, and the news of parked channels),
 * one for the calls that are attached to this daemon, so that a slow command holds up no call.
 */
export class SwitchLink {
  readonly name: string;
  readonly #admin: Guarded;
  readonly #calls: Guarded;
  readonly #attached: AttachedCalls;
  readonly #log: LinkLog;
  readonly #onState: LinkOptions['onState'];
  #since = new Date();
  #connected = false;
  #connects = 0;
  #version: string | undefined;
  /** FreeSWITCH's name for itself, as it said last. */
  #switchName: string | undefined;
  #lastError: AppError | undefined;
  /** Troubles that were written since it was connected. */
  readonly #reported = new Set<ErrorCode>();

  constructor(settings: SwitchSettings, options: LinkOptions) {
    const { name, host, port, password } = settings;
    this.name = name;
    this.#log = options.log;
    this.#onState = options.onState;
    const admin = new EslClient({
      host,
      port,
      password,
      subscriptions: newsSubscriptions({
        parks: settings.attach,
        answers: options.onAnswered !== undefined,
      }),
    });
    const calls = new EslClient({
      host,
      port,
      password,
      subscriptions: AttachedCalls.subscriptions(options.instance),
    });
    this.#attached = new AttachedCalls(calls, settings, options);
    admin.onEvent = (event) => {
      if (event.name === 'CHANNEL_ANSWER')
        options.onAnswered?.(event.get('Unique-ID') ?? '', event.get('variable_current_application') ?? '');
      else this.#attached.onParked(event);
    };
    this.#admin = new Guarded(admin, () => this.#stateChanged());
    this.#calls = new Guarded(calls, () => this.#stateChanged());
  }

  state(): SwitchState {
    return {
      name: this.name,
      connected: this.#connected,
      since: this.#since,
      ...(this.#version === undefined ? {} : { version: this.#version }),
      ...(this.#lastError === undefined
        ? {}
        : { lastError: { code: this.#lastError.code, message: this.#lastError.message } }),
    };
  }

  /**
   * The trimmed answer of a quick API command; `-ERR …` is an answer. It holds up the news of parked channels while
   * it runs: use `bgapi` for what takes longer than a moment.
   * @returns rejects with `switch_unreachable`, `switch_auth_failed`, `switch_acl_refused`, `switch_closed`,
   *   `switch_timeout` or `unsafe_command`
   */
  api(command: string): Promise<string> {
    return this.#admin.client.api(command);
  }

  /**
   * Whether this switch has a channel of that uuid; undefined when it can't be asked.
   * @param switchName of the FreeSWITCH on which the channel was; another one answers `elsewhere`
   */
  async exists(uuid: string, switchName?: string): Promise<boolean | 'elsewhere' | undefined> {
    const isElsewhere = (): boolean => switchName !== undefined && this.#switchName !== switchName;
    try {
      const [answer, name] = await Promise.all([this.api(`uuid_exists ${uuid}`), this.api('switchname')]);
      this.#switchName = name.trim();
      if (answer.trim() === 'true') return true;
      return isElsewhere() ? 'elsewhere' : false;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return this.#switchName !== undefined && isElsewhere() ? 'elsewhere' : undefined;
    }
  }

  /** As `api`, in a thread of its own of FreeSWITCH's. */
  bgapi(command: string, timeoutMs?: number): Promise<string> {
    return this.#admin.client.bgapi(command, timeoutMs);
  }

  /**
   * Takes any live channel, whatever it does: what it does ends, a channel that it is bridged to is let go. The
   * channel that comes back belongs to the caller, who runs a program on it. One that this daemon holds already is
   * taken from its present holder, which finds it `moved`.
   */
  attach(uuid: string, request: AttachRequest = {}): Promise<AttachResult> {
    return this.#attached.attach(uuid, request);
  }

  /** How often it was connected again after it had been. */
  get reconnects(): number {
    return Math.max(0, this.#connects - 1);
  }

  /**
   * How long FreeSWITCH and we take together for the least of commands, on the slower of the two connections: events
   * of calls come no sooner.
   * @returns milliseconds; rejects as `api` does
   */
  async roundTripMs(): Promise<number> {
    const begunMs = performance.now();
    await Promise.all([this.#admin, this.#calls].map(({ client }) => client.api('echo switchhook')));
    return performance.now() - begunMs;
  }

  /** Calls of a daemon before this one, for which FreeSWITCH still runs a list. */
  get leftCalls(): LeftCall[] {
    return this.#attached.left;
  }

  /** How many channels are attached through this link. */
  get attachedCalls(): number {
    return this.#attached.size;
  }

  /** Begins to connect, and goes on trying until `stop`. */
  start(): void {
    this.#attached.start();
    this.#admin.start();
    this.#calls.start();
  }

  /**
   * Ends both connections. Channels that are attached stay as they are: what FreeSWITCH was given runs on, a daemon
   * of the same instance resumes them, and the guard on the switch releases those that nobody comes back for.
   */
  async stop(): Promise<void> {
    this.#attached.stop();
    await Promise.all([this.#admin.stop(), this.#calls.stop()]);
  }

  #stateChanged(): void {
    const states = [this.#admin.client.state, this.#calls.client.state];
    const connected = states.every(({ kind }) => kind === 'connected');
    const failed =
      states.find(({ kind }) => kind === 'refused') ?? states.find(({ kind }) => kind === 'waiting');
    const error = failed?.lastError;
    if (error !== undefined) this.#fail(error);
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#since = new Date();
    if (!connected) {
      this.#onState?.(this.state());
      return;
    }
    this.#connects += 1;
    void this.#begin();
  }

  /** Each trouble is written once, however often it is met again. */
  #fail(error: AppError): void {
    this.#lastError = error;
    // Two connections may meet different ones in turn.
    if (this.#reported.has(error.code)) return;
    this.#reported.add(error.code);
    const { code, detail, remedy } = error;
    this.#log.error({ switch: this.name, code, detail, remedy }, 'switch not connected');
  }

  async #begin(): Promise<void> {
    this.#reported.clear();
    try {
      this.#version = await this.api('version short');
      this.#log.info({ switch: this.name, version: this.#version }, 'switch connected');
      this.#onState?.(this.state());
    } catch (error) {
      // The connection is gone again, which is told by itself.
      if (!(error instanceof AppError)) throw error;
    }
  }
}

/** A client that begins anew by itself after a refusal, late. */
class Guarded {
  readonly client: EslClient;
  readonly #onState: () => void;
  #retry: NodeJS.Timeout | undefined;

  constructor(client: EslClient, onState: () => void) {
    this.client = client;
    this.#onState = onState;
    const before = client.onState;
    client.onState = (state) => {
      before?.(state);
      this.#onClientState(state);
    };
  }

  start(): void {
    this.client.start();
  }

  stop(): Promise<void> {
    clearTimeout(this.#retry);
    return this.client.stop();
  }

  #onClientState({ kind }: EslClientState): void {
    if (kind === 'refused') {
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.client.start(), REFUSED_RETRY_MS);
      this.#retry.unref();
    }
    this.#onState();
  }
}

/** The switches of the configuration, by name. */
export class SwitchLinks {
  readonly #links: ReadonlyMap<string, SwitchLink>;

  constructor(links: Iterable<SwitchLink>) {
    this.#links = new Map([...links].map((link) => [link.name, link]));
  }

  get all(): readonly SwitchLink[] {
    return [...this.#links.values()];
  }

  states(): SwitchState[] {
    return [...this.#links.values()].map((link) => link.state());
  }

  /**
   * @param name may be left out while one switch alone is configured
   * @throws AppError `no_such_switch`
   */
  get(name?: string): SwitchLink {
    const [only, ...others] = this.#links.values();
    const names = [...this.#links.keys()].join(', ');
    if (name === undefined) {
      if (only === undefined) throw new AppError('no_such_switch', 'The configuration names no switch.');
      if (others.length > 0) throw new AppError('no_such_switch', `Name one of: ${names}.`);
      return only;
    }
    const link = this.#links.get(name);
    if (link === undefined) {
      const known = names === '' ? 'The configuration names none.' : `There are: ${names}.`;
      throw new AppError('no_such_switch', `${JSON.stringify(name)}. ${known}`);
    }
    return link;
  }

  /**
   * Whether a channel of that uuid exists; undefined when nobody can say: its switch is not one of these, or can't be
   * asked.
   * @param switchName of the FreeSWITCH on which it was; without it, it may be any of these
   */
  async exists(uuid: string, switchName?: string): Promise<boolean | undefined> {
    const found = await Promise.all(this.all.map((link) => link.exists(uuid, switchName)));
    if (found.includes(true)) return true;
    return found.includes(false) && !found.includes(undefined) ? false : undefined;
  }

  start(): void {
    for (const link of this.#links.values()) link.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.stop()));
  }
}
