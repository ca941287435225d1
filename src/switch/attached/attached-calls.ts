import type { EslClient } from '../../esl/client.js';
import type { EslCommand } from '../../esl/connection.js';
import type { EslEvent } from '../../esl/event.js';
import type { AttachedChannel } from './attached-channel.js';
import { Attaching } from './attaching.js';
import type { AttachRequest, AttachResult } from './attaching.js';
import { CallsLine } from './calls-line.js';
import { Claims } from './claims.js';
import { isHangingUp } from './event-data.js';
import type { Headers } from '../dump.js';
import { GuardRenewal } from './guard-renewal.js';
import { HeldCalls } from './held-calls.js';
import { OWNER } from './marks.js';
import { Parking } from './parking.js';
import { Recovery } from './recovery.js';
import type { LeftCall } from './recovery.js';
import type { ReleaseTarget } from './release-target.js';
import { SEGMENT_EVENT } from './segment-event.js';
import { setVariables } from './set-variables.js';
import { StaleClaims } from './stale-claims.js';
import { Taking } from './taking.js';

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

/** The channels that are attached to this daemon on one switch: who takes them, and who hears of them. */
export class AttachedCalls {
  readonly #options: AttachedCallsOptions;
  readonly #line: CallsLine;
  readonly #held: HeldCalls;
  readonly #parking = new Parking();
  readonly #taking: Taking;
  readonly #attaching: Attaching;
  readonly #recovery: Recovery;
  readonly #renewal: GuardRenewal;

  static subscriptions(instance: string): EslCommand[] {
    return [
      { line: `event json CHANNEL_PARK CHANNEL_UNPARK CHANNEL_HANGUP CUSTOM ${SEGMENT_EVENT}` },
      { line: `filter variable_${OWNER} ${instance}` },
    ];
  }

  constructor(client: EslClient, settings: AttachedCallsSettings, options: AttachedCallsOptions) {
    const { log, instance, onChannel, isFull, isDraining } = options;
    const { name, attach, guardSeconds } = settings;
    const info = (fields: object, message: string): void => log.info({ switch: name, ...fields }, message);
    const warn = (fields: object, message: string): void => log.warn({ switch: name, ...fields }, message);
    this.#options = options;
    const line = (this.#line = new CallsLine(client));
    const parking = this.#parking;
    const claims = new Claims(instance, () => {
      const detail = 'mod_hash is not loaded: daemons that share this switch may take the same parked call';
      warn({ detail }, 'no claims');
    });
    const parked = (headers: Headers): void => this.#taking.onParked(headers);
    const held = (this.#held = new HeldCalls({
      instance,
      line,
      claims,
      usualTarget: settings.release,
      guardSeconds,
      usable: (channel) => this.#recovery.usable(channel),
      forgetLater: (uuid) => this.#recovery.forgetLater(uuid),
    }));
    const staleClaims = new StaleClaims({
      claims,
      delayMs: guardSeconds * 1000,
      connection: () => line.connection,
      log: warn,
      parked,
    });
    this.#taking = new Taking({
      line,
      claims,
      staleClaims,
      held,
      parking,
      attach,
      warn,
      onChannel,
      isFull,
      isDraining,
    });
    this.#recovery = new Recovery(client, claims, {
      instance,
      attach,
      log: info,
      held: () => held.all,
      isBeingTaken: (uuid) => parking.has(uuid),
      resume: (uuid, headers) => this.#resume(uuid, headers),
      parked,
      forget: (uuid) => held.forget(uuid, true),
      mark: (channel) => line.tell(setVariables(channel.uuid, held.marks(channel))),
      taken: (channel) => held.leave(channel),
    });
    this.#attaching = new Attaching({
      line,
      claims,
      held,
      parking,
      giveUp: (uuid) => this.#recovery.giveUp(uuid),
    });
    this.#renewal = new GuardRenewal(held, line, guardSeconds);
    client.onEvent = (event) => this.#onEvent(event);
    client.onState = ({ kind }) => {
      if (kind === 'connected') void this.#recovery.begin();
      else this.#recovery.interrupt();
    };
  }

  get size(): number {
    return this.#held.all.size;
  }

  /** Calls of a daemon before this one, for which FreeSWITCH still runs a list. */
  get left(): LeftCall[] {
    return this.#recovery.left;
  }

  start(): void {
    this.#renewal.start();
  }

  stop(): void {
    this.#renewal.stop();
    this.#held.abandon();
    this.#parking.abandon();
  }

  /** A channel that carries a program was parked; told by the administration's connection. */
  onParked(event: EslEvent): void {
    if (event.name === 'CHANNEL_PARK') this.#taking.onParked(event);
  }

  attach(uuid: string, request: AttachRequest): Promise<AttachResult> {
    return this.#attaching.attach(uuid, request);
  }

  /** A call of this instance, whose daemon is gone or was out of touch, and for which nothing runs any more. */
  #resume(uuid: string, headers: Headers): void {
    if (this.#held.get(uuid) !== undefined) return;
    const hold = this.#held.plan(uuid, headers);
    const channel = this.#held.hold(hold, headers, true);
    this.#line.tell([hold.guard.disarm(), hold.guard.arm()]);
    this.#options.onChannel(channel);
  }

  #onEvent(event: EslEvent): void {
    const uuid = event.get('Unique-ID') ?? '';
    const channel = this.#held.get(uuid);
    switch (event.name) {
      case 'CHANNEL_PARK':
        if (this.#parking.has(uuid)) this.#parking.settle(uuid, { event });
        else channel?.onPark(event);
        return;
      case 'CHANNEL_UNPARK':
        // One that hangs up leaves its park loop, too; that may be told of first, for the state comes before the event
        // (switch_channel.c switch_channel_perform_hangup).
        if (!isHangingUp(event)) channel?.onUnpark(event);
        break;
      case 'CHANNEL_HANGUP':
        this.#parking.settle(uuid, { failed: 'it hung up', open: false });
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
}
