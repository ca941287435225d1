import type { SegmentEnd } from '../channel.js';
import { AttachedChannel } from './attached-channel.js';
import type { AttachedHome } from './attached-channel.js';
import type { CallsLine } from './calls-line.js';
import type { Claims } from './claims.js';
import { EventData } from './event-data.js';
import type { Headers } from '../dump.js';
import { CallGuard, disarmGuard } from './guard.js';
import { GUARD_VARIABLE, NOBODY, OWNER, RUN, TARGET_VARIABLE } from './marks.js';
import { chosenTarget, targetText } from './release-target.js';
import type { ReleaseTarget } from './release-target.js';
import { setVariables } from './set-variables.js';

export interface HeldCallsOptions {
  readonly instance: string;
  readonly line: CallsLine;
  readonly claims: Claims;
  /** Where calls of this switch go that nothing else is said about. */
  readonly usualTarget: ReleaseTarget | undefined;
  readonly guardSeconds: number;
  readonly usable: (channel: AttachedChannel) => Promise<void>;
  /** The switch could not be told that the call is no longer ours. */
  readonly forgetLater: (uuid: string) => void;
}

/** What a channel is to be held with: the guard that lets it go on without us, and where to. */
export interface Hold {
  readonly uuid: string;
  readonly target: ReleaseTarget | undefined;
  readonly guard: CallGuard;
}

/** The channels that this daemon has, what marks them as its own on the switch, and how they are given back. */
export class HeldCalls {
  readonly #options: HeldCallsOptions;
  readonly #home: AttachedHome;
  readonly #held = new Map<string, AttachedChannel>();
  /** Channels whose holder is being replaced by another one, of this daemon or of one that has the call now. */
  readonly #leaving = new WeakSet<AttachedChannel>();

  constructor(options: HeldCallsOptions) {
    this.#options = options;
    this.#home = {
      send: (commands) => options.line.send(commands),
      usable: (channel) => options.usable(channel),
      letGo: (channel, end) => this.#letGo(channel, end),
    };
  }

  get all(): ReadonlyMap<string, AttachedChannel> {
    return this.#held;
  }

  get(uuid: string): AttachedChannel | undefined {
    return this.#held.get(uuid);
  }

  /** @param requested where the call is to go at its end, where that was asked for */
  plan(uuid: string, headers: Headers, requested?: ReleaseTarget | 'hangup'): Hold {
    const { instance, usualTarget: usual, guardSeconds } = this.#options;
    const data = new EventData(headers);
    const isOurs = data.variable(OWNER) === instance;
    const target = chosenTarget(data, { isOurs, requested, usual });
    return { uuid, target, guard: new CallGuard(uuid, target, guardSeconds) };
  }

  /** @param again a daemon of this instance had the call before */
  hold({ uuid, guard, target }: Hold, headers: Headers, again = false): AttachedChannel {
    const channel = new AttachedChannel(this.#home, uuid, headers, guard, target, again);
    this.#held.set(uuid, channel);
    return channel;
  }

  /** The variables that tell, on the channel, that it is ours. */
  marks({ guard, target }: Pick<Hold, 'guard' | 'target'>): [string, string][] {
    return [
      [OWNER, this.#options.instance],
      [GUARD_VARIABLE, guard.task],
      [TARGET_VARIABLE, targetText(target)],
    ];
  }

  /** The holder is to find its channel moved, while the call stays with this daemon. */
  leave(channel: AttachedChannel): void {
    this.#leaving.add(channel);
  }

  /** It stays what it was. */
  stay(channel: AttachedChannel): void {
    this.#leaving.delete(channel);
  }

  /** The call is no longer ours, and the switch is told. */
  forget(uuid: string, alive: boolean): void {
    const { line, claims, forgetLater } = this.#options;
    const marks: [string, string][] = [
      [OWNER, NOBODY],
      [RUN, ''],
    ];
    const commands = [
      ...(alive ? setVariables(uuid, marks) : []),
      disarmGuard(uuid),
      ...claims.giveBack(uuid),
    ];
    Promise.all(line.send(commands)).catch(() => forgetLater(uuid));
  }

  /** The daemon stops: guards and lists on the switch do the rest. */
  abandon(): void {
    for (const channel of this.#held.values()) channel.abandon();
  }

  #letGo(channel: AttachedChannel, end: SegmentEnd | undefined): void {
    const { uuid } = channel;
    // Somebody else here may have taken it over.
    if (this.#held.get(uuid) !== channel) return;
    this.#held.delete(uuid);
    if (end === undefined || this.#leaving.has(channel)) return;
    this.forget(uuid, end.kind !== 'hung_up');
  }
}
