import type { ErrorCode } from '../errors.js';
import type { Channel, SegmentEnd } from '../switch/channel.js';
import type { KnownCall } from './call-view.js';
import type { DialLimits } from './dial-limits.js';
import type { Outcome } from './outcome.js';
import type { Policy } from './policy.js';
import type { Sources } from './program.js';
import type { Placed } from './segments.js';
import type { ListRest } from './state.js';
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
}

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
  /** The list ends with a `cti_curl` or `cti_flow`: that one decides from here. */
  | ({ readonly kind: 'chain' } & ChainLink);

export const DONE: Ending = { kind: 'done' };

/** What the parts of the runner share about one call. */
export class RunContext {
  readonly channel: Channel;
  readonly services: RunnerServices;
  readonly call: KnownCall;
  readonly trace: Trace;
  /** How many lists there have been. */
  lists = 0;
  /** How many actions have run. */
  ran = 0;
  /** The first action that the policy refused; a program with one never ends as `done`. */
  refused: string | undefined;
  /** The last segment has given the call back already. */
  released = false;
  wroteState = false;
  /** False once a source is in play that can't be put into `cti_state`. */
  resumable = true;
  /** The lists that are being run, the innermost last; what a surviving daemon would have to finish. */
  readonly open: ListRest[] = [];

  constructor(channel: Channel, services: RunnerServices, call: KnownCall, trace: Trace) {
    this.channel = channel;
    this.services = services;
    this.call = call;
    this.trace = trace;
  }

  settled(list: number, outcome: Outcome): void {
    this.trace.add({ type: 'outcome', list, ...outcome });
  }

  failed(code: ErrorCode, detail: string): Ending {
    this.trace.add({ type: 'failure', code, detail });
    return { kind: 'failed', code, detail };
  }

  /** A program that ran to its end: `failed` when something of it was refused. */
  get completion(): Ending {
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
