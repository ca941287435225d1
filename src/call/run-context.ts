import type { Cancellation } from '../cancellation.js';
import type { ErrorCode } from '../errors.js';
import type { SourceReport, SourceState } from '../source/port.js';
import type { Channel, SegmentEnd } from '../switch/channel.js';
import type { OwnList } from './own-list.js';
import type { KnownCall } from './call-view.js';
import type { DialLimits } from './dial-limits.js';
import type { Outcome } from './outcome.js';
import type { Policy } from './policy.js';
import type { Sources } from './program.js';
import type { Placed } from './segments.js';
import type { CallState, ListRest } from './state.js';
import { writeState } from './state.js';
import type { StateSeal } from './state-seal.js';
import type { Trace } from './trace.js';

export interface RunnerLimits {
  /** How deep lists may be nested: a `cti_curl` that has actions after it nests, one at the end of a list does not. */
  readonly chainDepth: number;
  /** How many actions one call may run, over all of its lists. */
  readonly actionsPerCall: number;
}

export interface RunnerServices {
  readonly sources: Sources;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly limits: RunnerLimits;
  readonly dialLimits: DialLimits;
  /** How `cti_state` is written; absent: so that anybody could read it. */
  readonly seal?: StateSeal;
  readonly time?: RunTime;
}

/** Time as a call lives it; another one than the clock on the wall where calls are tried out. */
export interface RunTime {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** @returns takes it back */
  after(ms: number, task: () => void): () => void;
}

export const REAL_TIME: RunTime = {
  now: () => performance.now(),
  after: (ms, task) => {
    // Timers come before what has arrived (libuv's order): after a hold-up the answer may be there already.
    const timer = setTimeout(() => setImmediate(task), ms);
    return () => clearTimeout(timer);
  },
};

/** A `cti_curl` or `cti_flow` action and the list it stands in. */
export interface ChainLink {
  readonly placed: Placed;
  readonly list: number;
}

/** How a program, or a part of it, ended. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string }
  /** The call is no longer ours. */
  | { readonly kind: 'left'; readonly end: SegmentEnd }
  /** Another program takes its place. */
  | { readonly kind: 'interrupted' }
  /** The list ends with a `cti_curl` or `cti_flow`: that one decides from here. */
  | ({ readonly kind: 'chain' } & ChainLink);

export const DONE: Ending = { kind: 'done' };

/** Applications of which others want to know whom or what they were about. */
const TOLD_OF: ReadonlySet<string> = new Set([
  ...['bridge', 'transfer', 'redirect', 'deflect', 'callcenter', 'fifo', 'hangup'],
  ...['record', 'record_session', 'stop_record_session'],
]);

/** What the parts of the runner share about one call. */
export class RunContext {
  readonly channel: Channel;
  readonly services: RunnerServices;
  readonly call: KnownCall;
  readonly trace: Trace;
  /** When the call was handed over, to whichever daemon had it first; milliseconds since the epoch. */
  begun = Date.now();
  /** How many lists there have been. */
  lists = 0;
  /** How many actions have run. */
  ran = 0;
  /** The first action that the policy refused; a program with one never ends as `done`. */
  refused: string | undefined;
  /** The last segment has given the call back already. */
  released = false;
  wroteState = false;
  /** The program has failed; lists that were appended to it run all the same. */
  failure: Ending | undefined;
  /**
   * Another program is to take the place of this one. `inHand`: on this channel, as it is. `fromOutside`: somebody is
   * about to park the channel for it, and may fail.
   */
  interrupted: 'inHand' | 'fromOutside' | undefined;
  /** Stops the question that is open; undefined when none is. */
  asking: Cancellation | undefined;
  /** The applications that FreeSWITCH was given and has not reported; empty when there are none. */
  running: readonly string[] = [];
  /** The call will still be ours when what runs has ended, if something is appended now. */
  keepable = true;
  /** FreeSWITCH has set `cti_status` for a program that goes on. */
  unfinished = false;
  /** Lists that are to run behind the program. */
  readonly appended: OwnList[] = [];
  /** The call is being given back: nothing can be appended any more. */
  closing = false;
  /** False once a source is in play that can't be put into `cti_state`. */
  resumable = true;
  /** The lists that are being run, the innermost last; what a surviving daemon would have to finish. */
  readonly open: ListRest[] = [];
  /** How far the source had come that was asked last. */
  before: SourceState | undefined;
  /** The data of actions that are told of elsewhere, by list and place in it. */
  readonly subjects = new Map<string, string>();
  /** What the sources of this call had to report. */
  readonly reports: SourceReport[] = [];

  constructor(channel: Channel, services: RunnerServices, call: KnownCall, trace: Trace) {
    this.channel = channel;
    this.services = services;
    this.call = call;
    this.trace = trace;
  }

  noteSubject(list: number, { index, action }: Placed): void {
    if (TOLD_OF.has(action.application)) this.subjects.set(`${list}/${index}`, action.shown ?? action.data);
  }

  /** @param masked variables of which the trace shows no value */
  settled(list: number, outcome: Outcome, masked: readonly string[] = []): void {
    this.call.mask(masked);
    const shown =
      masked.length === 0 ? outcome : { ...outcome, variables: hidden(outcome.variables, masked) };
    this.trace.add({ type: 'outcome', list, ...shown });
  }

  /**
   * What has to stand on the channel before the segment runs, for a daemon that would have to go on behind it.
   * @param asked who is asked, when there is no segment
   */
  stateVariables(segment: readonly Placed[], asked?: CallState['asked']): Record<string, string> {
    // What says that the program has ended was written, and something was appended to it meanwhile.
    const undone: Record<string, string> = this.unfinished
      ? { cti_status: '', cti_error: '', cti_actions: '' }
      : {};
    this.unfinished = false;
    if (!this.resumable) return undone;
    this.wroteState = true;
    const { ran, open: lists, channel, services } = this;
    const state: CallState = {
      begun: this.begun,
      ran,
      refused: this.refused ?? '',
      segment,
      lists,
      ...(asked === undefined ? {} : { asked }),
    };
    return { ...undone, cti_state: writeState(state, channel.uuid, services.seal) };
  }

  /**
   * What a segment that the program goes on after sets at its end, and with which a later daemon knows that it has
   * run: what `stateVariables` said before is no more than that it was about to be sent.
   */
  progressVariables(segment: readonly Placed[]): Record<string, string> {
    return this.resumable ? { cti_actions: String(this.ran + segment.length) } : {};
  }

  failed(code: ErrorCode, detail: string): Ending {
    this.trace.add({ type: 'failure', code, detail });
    return { kind: 'failed', code, detail };
  }

  /** A program that ran to its end: `failed` when something of it was refused, or failed before. */
  get completion(): Ending {
    if (this.failure !== undefined) return this.failure;
    return this.refused === undefined
      ? DONE
      : { kind: 'failed', code: 'action_refused', detail: this.refused };
  }

  /**
   * What the dialplan finds when the call is back with it.
   * @param ran how many actions have run by then
   */
  endVariables(ending: Ending, ran: number): Record<string, string> {
    return {
      cti_status: ending.kind === 'failed' ? 'failed' : 'done',
      cti_error: ending.kind === 'failed' ? ending.code : '',
      cti_actions: String(ran),
      ...(this.wroteState ? { cti_state: '' } : {}),
    };
  }
}

function hidden(
  variables: Readonly<Record<string, string>>,
  masked: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      masked.includes(name) ? '*'.repeat(Math.min(16, value.length)) : value,
    ]),
  );
}
