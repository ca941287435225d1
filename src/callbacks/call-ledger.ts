import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from './clock.js';
import { ofReceiver } from './event.js';
import type { CallbackEvent, EventData, EventType, OpenCall } from './event.js';
import type { Outbox } from './outbox/outbox.js';
import type { ReceiverSettings } from './settings.js';

/** A call that was handed over. */
export interface CallBegin {
  readonly uuid: string;
  /** When it was handed over, to whichever daemon had it first; milliseconds since the epoch. */
  readonly begun: number;
  readonly program: string;
  readonly caller: string;
  readonly destination: string;
  /** A daemon had begun with it before. */
  readonly resumed: boolean;
  /** FreeSWITCH's name for itself; left out: not known. */
  readonly switchName?: string;
  /** A daemon may have begun with it before, and left nothing by which it could be told. */
  readonly again?: boolean;
}

/** Something that happened on a call. */
export interface Told {
  readonly type: Exclude<EventType, 'call.started' | 'call.ended'>;
  readonly data: EventData;
  /** For receivers that are not shown what callers enter. */
  readonly withoutDigits?: EventData;
}

/** By which receivers choose the calls that they are told of. */
export interface Scope {
  readonly kind: 'endpoint' | 'flow';
  readonly name: string;
}

/**
 * Whether a channel of that uuid exists; undefined when nobody can say.
 * @param switchName of the FreeSWITCH that has it, as far as it is known
 */
export type IsAlive = (uuid: string, switchName?: string) => Promise<boolean | undefined>;

export interface LedgerOptions {
  readonly receivers: Readonly<Record<string, ReceiverSettings>>;
  /** The name of this daemon; stands in every event. */
  readonly instance: string;
  readonly lostAfterMs: number;
  readonly clock: Clock;
  readonly outbox: Outbox;
  /** Looks for calls that other daemons have left; `adopted` is told before it returns. */
  readonly adopt: () => void;
}

interface Waiting {
  /** By the clock that nobody sets; of one that is lost, since when nobody can say whether it lives. */
  since: number;
  /** `lost`: nobody knows what became of it. `interrupted`: another program is to go on with it. */
  readonly why: 'lost' | 'interrupted';
}

/** So long a call is left alone that was lost a moment ago: it may be on its way back. */
const LEFT_ALONE_MS = 2000;
/** So long another program may take to go on with a call. */
const INTERRUPTED_MS = 30_000;

/** The calls that have begun and not ended, and what receivers are told of them. */
export class CallLedger {
  readonly #options: LedgerOptions;
  readonly #byUuid = new Map<string, OpenCall>();
  /** Of no program for now. */
  readonly #waiting = new Map<OpenCall, Waiting>();

  /** Is told of calls whose end nobody will tell any more. */
  onGivenUp: ((uuid: string) => void) | undefined;

  /** When calls began that this daemon has had from their begin, by the clock that nobody sets. */
  readonly #beganAt = new WeakMap<OpenCall, number>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** A call was handed over: a new one, or one that goes on after its daemon died or its program was replaced. */
  begin(begin: CallBegin): void {
    const { again = false, ...told } = begin;
    const { uuid, resumed } = told;
    // Its daemon may have died a moment ago.
    if ((resumed || again) && !this.#byUuid.has(uuid)) this.#options.adopt();
    const known = this.#byUuid.get(uuid);
    const waits = known === undefined ? undefined : this.#waiting.get(known);
    if (known !== undefined) {
      this.#waiting.delete(known);
      // Whoever had it last is gone, and it comes as if nobody had had it: another call on the same channel.
      const isAnother = waits?.why === 'lost' && !again && (!resumed || known.begun !== begin.begun);
      if (!isAnother) return;
      this.#finish(known, { result: 'lost' });
    }
    const call: OpenCall = { ...told, id: callIdOf(begin), recordings: [], streams: {} };
    this.#byUuid.set(uuid, resumed ? { ...call, ...this.#continued(begin) } : call);
    const open = this.#byUuid.get(uuid) ?? call;
    if (!resumed) {
      const { clock } = this.#options;
      this.#beganAt.set(open, clock.elapsed() - (clock.now() - begin.begun));
    }
    this.#join(open, undefined);
  }

  /** What decides about the call from here on: receivers that were waiting for that are told from its begin. */
  scope(uuid: string, scope: Scope): void {
    const call = this.#byUuid.get(uuid);
    if (call !== undefined) this.#join(call, scope);
  }

  tell(uuid: string, told: Told): void {
    const call = this.#byUuid.get(uuid);
    if (call === undefined) return;
    if (told.type === 'call.answered') {
      if (call.answered !== undefined) return;
      call.answered = this.#options.clock.now();
      if (Object.keys(call.streams).length > 0) this.#options.outbox.begin(call);
    }
    for (const receiver of Object.keys(call.streams)) {
      const settings = ofReceiver(this.#options.receivers, receiver);
      if (settings?.events.includes(told.type) !== true) continue;
      const data = settings.show_digits ? told.data : (told.withoutDigits ?? told.data);
      this.#add(call, receiver, told.type, data);
    }
  }

  /** FreeSWITCH records the call as a whole from here on, or no longer. */
  recordings(uuid: string, change: (paths: readonly string[]) => readonly string[]): void {
    const call = this.#byUuid.get(uuid);
    if (call === undefined) return;
    call.recordings = change(call.recordings);
    if (Object.keys(call.streams).length > 0) this.#options.outbox.begin(call);
  }

  recordingsOf(uuid: string): readonly string[] {
    return this.#byUuid.get(uuid)?.recordings ?? [];
  }

  /** The last that is told of the call. */
  end(uuid: string, data: EventData): void {
    const call = this.#byUuid.get(uuid);
    if (call !== undefined) this.#finish(call, data);
  }

  /** The call has no program now, but its end is not known either. */
  wait(uuid: string, why: Waiting['why']): void {
    const call = this.#byUuid.get(uuid);
    if (call !== undefined) this.#waiting.set(call, { since: this.#options.clock.elapsed(), why });
  }

  /** Calls that a daemon before this one had. */
  adopted(calls: readonly OpenCall[]): void {
    for (const call of calls) {
      const other = this.#byUuid.get(call.uuid);
      // Told by what two have left: one of them died while it took over from the other.
      if (other?.id === call.id) continue;
      // The same channel was handed over to this daemon meanwhile, or twice to those before.
      if (other !== undefined && other.begun >= call.begun) {
        this.#finish(call, { result: 'lost' });
        continue;
      }
      if (other !== undefined) this.#finish(other, { result: 'lost' });
      this.#byUuid.set(call.uuid, call);
      this.#waiting.set(call, { since: this.#options.clock.elapsed(), why: 'lost' });
    }
  }

  /** Ends calls of which nobody will tell the end any more. */
  async sweep(isAlive: IsAlive): Promise<void> {
    for (const [call, waiting] of this.#waiting) {
      const waitedMs = this.#options.clock.elapsed() - waiting.since;
      if (waitedMs < LEFT_ALONE_MS) continue;
      const alive = await isAlive(call.uuid, call.switchName).catch(() => undefined);
      // Taken up meanwhile.
      if (this.#waiting.get(call) !== waiting) continue;
      if (waiting.why === 'lost' && alive === true) waiting.since = this.#options.clock.elapsed();
      const forgotten =
        waiting.why === 'interrupted'
          ? waitedMs >= INTERRUPTED_MS
          : alive === undefined && waitedMs >= this.#options.lostAfterMs;
      if (alive !== false && !forgotten) continue;
      const isLast = this.#byUuid.get(call.uuid) === call;
      this.#finish(call, { result: waiting.why });
      if (isLast) this.onGivenUp?.(call.uuid);
    }
  }

  #continued(begin: CallBegin): Pick<OpenCall, 'id' | 'continues'> {
    const continues = callIdOf(begin);
    return { id: callIdOf(begin, randomBytes(8).toString('hex')), continues };
  }

  /** Receivers that the scope makes listen. */
  #join(call: OpenCall, scope: Scope | undefined): void {
    const { outbox } = this.#options;
    const joining = Object.entries(this.#options.receivers).filter(
      ([name, settings]) => ofReceiver(call.streams, name) === undefined && listensTo(settings, scope),
    );
    if (joining.length === 0) return;
    for (const [name] of joining) call.streams[name] = { token: randomBytes(4).toString('hex'), sequence: 0 };
    outbox.begin(call);
    for (const [name, { events }] of joining) {
      const { resumed, continues } = call;
      this.#add(call, name, 'call.started', {
        resumed,
        ...(continues === undefined ? {} : { continues }),
      });
      if (call.answered !== undefined && events.includes('call.answered'))
        this.#add(call, name, 'call.answered', { answered_at: iso(call.answered) });
    }
    // A call of which anybody has been told must be known to the next daemon.
    outbox.flush();
  }

  #add(call: OpenCall, receiver: string, type: EventType, data: EventData): void {
    const stream = ofReceiver(call.streams, receiver);
    if (stream === undefined) return;
    stream.sequence += 1;
    const { id, uuid, program, caller, destination, begun } = call;
    const event: CallbackEvent = {
      id: `evt_${id.replace(/^call_/, '')}_${stream.token}_${stream.sequence}`,
      type,
      timestamp: iso(this.#options.clock.now()),
      sequence: stream.sequence,
      call: {
        id,
        uuid,
        program,
        caller,
        destination,
        started_at: iso(begun),
        instance: this.#options.instance,
      },
      data,
    };
    this.#options.outbox.add({ to: receiver, event });
  }

  #finish(call: OpenCall, data: EventData): void {
    this.#waiting.delete(call);
    if (this.#byUuid.get(call.uuid) === call) this.#byUuid.delete(call.uuid);
    const receivers = Object.keys(call.streams);
    if (receivers.length === 0) return;
    const { clock } = this.#options;
    const beganAt = this.#beganAt.get(call);
    const lasted = beganAt === undefined ? clock.now() - call.begun : clock.elapsed() - beganAt;
    const durationMs = Math.max(0, Math.round(lasted));
    for (const receiver of receivers) {
      if (ofReceiver(this.#options.receivers, receiver) === undefined) continue;
      this.#add(call, receiver, 'call.ended', { duration_ms: durationMs, ...data });
    }
    this.#options.outbox.over(call.id);
    this.#options.outbox.flush();
  }
}

function listensTo({ endpoints, flows }: ReceiverSettings, scope: Scope | undefined): boolean {
  if (scope === undefined) return endpoints.length === 0 && flows.length === 0;
  return (scope.kind === 'endpoint' ? endpoints : flows).includes(scope.name);
}

/** The same for every daemon that has the call, unless it can't know what the one before has told. */
function callIdOf({ uuid, begun }: CallBegin, more = ''): string {
  return `call_${createHash('sha256').update(`${uuid} ${begun} ${more}`).digest('hex').slice(0, 24)}`;
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
