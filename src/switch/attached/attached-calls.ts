import type { EslClient } from '../../esl/client.js';
import type { EslCommand, EslConnection, EslReply } from '../../esl/connection.js';
import type { EslEvent } from '../../esl/event.js';
import { AppError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import type { SegmentEnd } from '../channel.js';
import { AttachedChannel, KEPT_TARGET, PLACE, RUN, SEGMENT_EVENT } from './attached-channel.js';
import type { AttachedHome } from './attached-channel.js';
import { Claims } from './claims.js';
import { EventData, placeOf, readDump, withVariables } from './event-data.js';
import type { Headers } from './event-data.js';
import { CallGuard, disarmGuard, GUARD_VARIABLE, TARGET_VARIABLE } from './guard.js';
import { isPlainUuid, NOBODY, OWNER, waitsForProgram } from './parked.js';
import { Recovery } from './recovery.js';
import type { LeftCall } from './recovery.js';
import { readReleaseTarget, targetText } from './release-target.js';
import type { ReleaseTarget } from './release-target.js';
import { setVariables } from './set-variables.js';
import { StaleClaims } from './stale-claims.js';

export interface AttachRequest {
  /** Where the call goes when its program ends without hanging up; default: as the channel or the switch says. */
  readonly then?: ReleaseTarget | 'hangup';
  /** Set on the channel, and found in its data: what makes a program known, `cti_curl` or `cti_flow`. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type AttachResult =
  | { readonly ok: true; readonly channel: AttachedChannel }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

export interface AttachedCallsSettings {
  readonly name: string;
  readonly attach: boolean;
  readonly release?: ReleaseTarget;
  /** How long a call may wait for a daemon that is gone, before FreeSWITCH lets it go on. */
  readonly guardSeconds: number;
}

export interface AttachedCallsOptions {
  readonly instance: string;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  readonly onChannel: (channel: AttachedChannel) => void;
  readonly isFull: () => boolean;
  readonly isDraining: () => boolean;
}

/** The head start that a daemon which would refuse the call gives to others. */
const FULL_DELAY_MS = 300;
/** How long a channel may take to leave what it does. */
const PARK_TIMEOUT_MS = 5000;

/**
 * What an earlier program of the same channel may have left. Not its outcomes: a list that is taken off now still has
 * to be read, and they name the run that they are of.
 */
const LEFTOVERS = ['cti_status', 'cti_error', 'cti_actions', 'cti_state', RUN, 'cti_curl', 'cti_flow'];

type Parked = { readonly event: Headers } | { readonly failed: string };

/** The channels that are attached to this daemon on one switch: taking them, hearing of them, letting them go. */
export class AttachedCalls {
  readonly #client: EslClient;
  readonly #settings: AttachedCallsSettings;
  readonly #options: AttachedCallsOptions;
  readonly #claims: Claims;
  readonly #staleClaims: StaleClaims;
  readonly #recovery: Recovery;
  readonly #held = new Map<string, AttachedChannel>();
  /** Channels that are being claimed because they were found parked. */
  readonly #claiming = new Set<string>();
  /** Channels that are being parked on request. */
  readonly #parking = new Map<string, (parked: Parked) => void>();
  /** Channels whose holder is being replaced by another one of this daemon. */
  readonly #leaving = new WeakSet<AttachedChannel>();
  readonly #home: AttachedHome;
  #renewal: NodeJS.Timeout | undefined;

  static subscriptions(instance: string): EslCommand[] {
    return [
      { line: `event json CHANNEL_PARK CHANNEL_UNPARK CHANNEL_HANGUP CUSTOM ${SEGMENT_EVENT}` },
      { line: `filter variable_${OWNER} ${instance}` },
    ];
  }

  constructor(client: EslClient, settings: AttachedCallsSettings, options: AttachedCallsOptions) {
    this.#client = client;
    this.#settings = settings;
    this.#options = options;
    const { log, instance } = options;
    this.#claims = new Claims(instance, () => {
      const detail = 'mod_hash is not loaded: daemons that share this switch may take the same parked call';
      log.warn({ switch: settings.name, detail }, 'no claims');
    });
    this.#staleClaims = new StaleClaims({
      claims: this.#claims,
      delayMs: settings.guardSeconds * 1000,
      connection: () => this.#connection(),
      log: (fields, message) => log.warn({ switch: settings.name, ...fields }, message),
      parked: (headers) => this.#onParked(headers),
    });
    this.#recovery = new Recovery(client, this.#claims, {
      instance,
      attach: settings.attach,
      log: (fields, message) => log.info({ switch: settings.name, ...fields }, message),
      held: () => this.#held,
      isBeingTaken: (uuid) => this.#parking.has(uuid),
      resume: (uuid, headers) => this.#resume(uuid, headers),
      parked: (headers) => this.#onParked(headers),
      forget: (uuid) => this.#forget(uuid, true),
      mark: ({ uuid, guard, target }) => this.#tell(setVariables(uuid, this.#marks(guard, target))),
    });
    this.#home = {
      send: (commands) => this.#send(commands),
      usable: (channel) => this.#recovery.usable(channel),
      letGo: (channel, end) => this.#letGo(channel, end),
    };
    client.onEvent = (event) => this.#onEvent(event);
    client.onState = ({ kind }) => {
      if (kind === 'connected') void this.#recovery.begin();
      else this.#recovery.interrupt();
    };
  }

  get size(): number {
    return this.#held.size;
  }

  /** Calls of a daemon before this one, for which FreeSWITCH still runs a list. */
  get left(): LeftCall[] {
    return this.#recovery.left;
  }

  start(): void {
    this.#renewal ??= setInterval(() => this.#renewGuards(), this.#renewalMs / 2);
    this.#renewal.unref();
  }

  stop(): void {
    clearInterval(this.#renewal);
    this.#renewal = undefined;
    for (const channel of this.#held.values()) channel.abandon();
    for (const settle of this.#parking.values()) settle({ failed: 'the daemon stops' });
  }

  /** A channel that carries a program was parked; told by the administration's connection. */
  onParked(event: EslEvent): void {
    if (event.name === 'CHANNEL_PARK') this.#onParked(event);
  }

  async attach(uuid: string, request: AttachRequest): Promise<AttachResult> {
    try {
      return await this.#attach(uuid, request);
    } catch (error) {
      if (error instanceof AppError) return { ok: false, code: error.code, detail: error.detail };
      throw error;
    }
  }

  async #attach(uuid: string, request: AttachRequest): Promise<AttachResult> {
    const no = (code: ErrorCode, detail: string): AttachResult => ({ ok: false, code, detail });
    if (!isPlainUuid(uuid)) return no('no_such_call', JSON.stringify(uuid.slice(0, 80)));
    if (this.#parking.has(uuid)) return no('attach_failed', 'it is being attached already');
    const connection = this.#connection();
    const dump = readDump((await connection.send({ line: `api uuid_dump ${uuid} json` })).text);
    if (dump === undefined) return no('no_such_call', uuid);
    const answered = dump.get('Answer-State') === 'answered' || dump.get('Answer-State') === 'early';
    if (dump.get('Call-Direction') === 'outbound' && !answered)
      return no('attach_failed', 'it still rings at the far side');
    const claim = await this.#claims.claim(connection, uuid);
    if (!claim.won) return no('call_taken', claim.holder);
    const fresh = Object.fromEntries(LEFTOVERS.map((name) => [name, '']));
    const variables = { ...fresh, ...request.variables };
    const target = this.#targetOf(new EventData(dump), request.then);
    const guard = new CallGuard(uuid, target, this.#settings.guardSeconds);
    const before = this.#held.get(uuid);
    if (before !== undefined) this.#leaving.add(before);
    this.#recovery.giveUp(uuid);
    const parked = await this.#park(connection, uuid, [
      ...setVariables(uuid, [...Object.entries(variables), ...this.#marks(guard, target)]),
      { line: `api uuid_park ${uuid}` },
      guard.disarm(),
      guard.arm(),
    ]);
    if ('failed' in parked) {
      if (before === undefined || before.gone.aborted) this.#forget(uuid, true);
      else this.#leaving.delete(before);
      return no('attach_failed', parked.failed);
    }
    const place = placeOf(parked.event);
    this.#tell(setVariables(uuid, [[PLACE, place]]));
    return { ok: true, channel: this.#hold(uuid, withVariables(parked.event, variables), guard, target) };
  }

  /** Takes the channel out of what it does; a holder of ours finds it moved. */
  async #park(connection: EslConnection, uuid: string, commands: readonly EslCommand[]): Promise<Parked> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Parked>((resolve) => {
        this.#parking.set(uuid, resolve);
        const late = `it did not leave what it does within ${PARK_TIMEOUT_MS} ms`;
        timer = setTimeout(() => resolve({ failed: late }), PARK_TIMEOUT_MS);
        Promise.all(connection.sendBatch(commands)).then(
          (replies) => {
            const refused = replies.find(({ ok }) => !ok);
            if (refused !== undefined) resolve({ failed: refused.text });
          },
          (error: unknown) => resolve({ failed: String(error) }),
        );
      });
    } finally {
      clearTimeout(timer);
      this.#parking.delete(uuid);
    }
  }

  #onParked(headers: Headers): void {
    const uuid = headers.get('Unique-ID') ?? '';
    if (!this.#settings.attach || this.#options.isDraining()) return;
    if (this.#held.has(uuid) || this.#claiming.has(uuid) || this.#parking.has(uuid)) return;
    const data = new EventData(headers);
    if (!waitsForProgram(data)) return;
    if (!isPlainUuid(uuid)) {
      this.#options.log.warn({ switch: this.#settings.name, uuid }, 'parked channel not taken: odd uuid');
      return;
    }
    this.#claiming.add(uuid);
    const take = (): void => {
      void this.#take(uuid, headers).finally(() => this.#claiming.delete(uuid));
    };
    if (this.#options.isFull()) setTimeout(take, FULL_DELAY_MS).unref();
    else take();
  }

  async #take(uuid: string, headers: Headers): Promise<void> {
    try {
      const connection = this.#connection();
      const askedMs = performance.now();
      // Behind the claim: another daemon may have had the channel and given it back since it was parked.
      const [claim, owner, index] = await Promise.all([
        this.#claims.claim(connection, uuid),
        ...connection.sendBatch([
          { line: `api uuid_getvar ${uuid} ${OWNER}` },
          { line: `api uuid_getvar ${uuid} profile_index` },
        ]),
      ]);
      if (!claim.won) {
        this.#staleClaims.watch(uuid, claim.holder);
        return;
      }
      if (this.#staleClaims.isLate(askedMs)) {
        // This process stood still, and others may have dropped the claim.
        await this.#take(uuid, headers);
        return;
      }
      if (
        this.#options.isDraining() ||
        owner?.text !== '_undef_' ||
        index?.text !== headers.get('Caller-Profile-Index')
      ) {
        this.#tell(this.#claims.giveBack(uuid));
        return;
      }
      const target = this.#targetOf(new EventData(headers), undefined);
      const guard = new CallGuard(uuid, target, this.#settings.guardSeconds);
      const channel = this.#hold(uuid, headers, guard, target);
      // Nothing is asked before: what these say is looked at when it comes.
      const [set, indexNow] = this.#send([
        ...setVariables(uuid, [...this.#marks(guard, target), [PLACE, placeOf(headers)]]),
        { line: `api uuid_getvar ${uuid} profile_index` },
        guard.arm(),
      ]);
      this.#options.onChannel(channel);
      if ((await set)?.ok === false) channel.end({ kind: 'hung_up', cause: '' });
      // Its events came to us from the setting of the owner on; before that it may have been moved unseen.
      else if ((await indexNow)?.text !== headers.get('Caller-Profile-Index')) channel.onUnpark(headers);
    } catch (error) {
      // Without a connection: found again when there is one.
      if (!(error instanceof AppError)) throw error;
    }
  }

  /** A call of this instance, whose daemon is gone or was out of touch, and for which nothing runs any more. */
  #resume(uuid: string, headers: Headers): void {
    if (this.#held.has(uuid)) return;
    const target = this.#targetOf(new EventData(headers), undefined);
    const guard = new CallGuard(uuid, target, this.#settings.guardSeconds);
    const channel = this.#hold(uuid, headers, guard, target, true);
    this.#tell([guard.disarm(), guard.arm()]);
    this.#options.onChannel(channel);
  }

  #hold(
    uuid: string,
    headers: Headers,
    guard: CallGuard,
    target: ReleaseTarget | undefined,
    again = false,
  ): AttachedChannel {
    const channel = new AttachedChannel(this.#home, uuid, headers, guard, target, again);
    this.#held.set(uuid, channel);
    return channel;
  }

  #marks(guard: CallGuard, target: ReleaseTarget | undefined): [string, string][] {
    return [
      [OWNER, this.#options.instance],
      [GUARD_VARIABLE, guard.task],
      [TARGET_VARIABLE, targetText(target)],
    ];
  }

  /** The word of the channel goes first, then that of the request, then that of the switch. */
  #targetOf(data: EventData, then: AttachRequest['then']): ReleaseTarget | undefined {
    const read = (name: string): AttachRequest['then'] => {
      const text = data.variable(name) ?? '';
      if (text === 'hangup' || text === targetText(undefined)) return 'hangup';
      return text === KEPT_TARGET ? undefined : readReleaseTarget(text);
    };
    const ours = data.variable(OWNER) === this.#options.instance;
    const kept = ours ? read(TARGET_VARIABLE) : undefined;
    const target = read('cti_release') ?? then ?? kept ?? this.#settings.release;
    return target === 'hangup' ? undefined : target;
  }

  #onEvent(event: EslEvent): void {
    const uuid = event.get('Unique-ID') ?? '';
    const channel = this.#held.get(uuid);
    switch (event.name) {
      case 'CHANNEL_PARK':
        if (this.#parking.has(uuid)) this.#parking.get(uuid)?.({ event });
        else channel?.onPark(event);
        return;
      case 'CHANNEL_UNPARK':
        channel?.onUnpark(event);
        break;
      case 'CHANNEL_HANGUP':
        this.#parking.get(uuid)?.({ failed: 'it hung up' });
        channel?.onHangup(event);
        break;
      case 'CUSTOM':
        channel?.onSegment(event);
        break;
      default:
        return;
    }
    if (channel === undefined) this.#recovery.onEvent(uuid, event);
  }

  #letGo(channel: AttachedChannel, end: SegmentEnd | undefined): void {
    const { uuid } = channel;
    // Somebody else here may have taken it over.
    if (this.#held.get(uuid) !== channel) return;
    this.#held.delete(uuid);
    if (end === undefined || this.#leaving.has(channel)) return;
    this.#forget(uuid, end.kind !== 'hung_up');
  }

  #forget(uuid: string, alive: boolean): void {
    const marks: [string, string][] = [
      [OWNER, NOBODY],
      [RUN, ''],
    ];
    const commands = [
      ...(alive ? setVariables(uuid, marks) : []),
      disarmGuard(uuid),
      ...this.#claims.giveBack(uuid),
    ];
    Promise.all(this.#send(commands)).catch(() => this.#recovery.forgetLater(uuid));
  }

  get #renewalMs(): number {
    return (this.#settings.guardSeconds * 1000) / 3;
  }

  #renewGuards(): void {
    const olderThanMs = performance.now() - this.#renewalMs;
    const commands = [...this.#held.values()].flatMap((channel) => channel.renewGuard(olderThanMs));
    if (commands.length > 0) this.#tell(commands);
  }

  /** What is lost with the connection is made up for when it is there again. */
  #tell(commands: readonly EslCommand[]): void {
    for (const reply of this.#send(commands)) reply.catch(() => undefined);
  }

  #send(commands: readonly EslCommand[]): Promise<EslReply>[] {
    try {
      return this.#connection().sendBatch(commands);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const failed = Promise.reject<EslReply>(error);
      failed.catch(() => undefined);
      return [failed];
    }
  }

  /** @throws AppError `switch_unreachable` */
  #connection(): EslConnection {
    return this.#client.connection;
  }
}
