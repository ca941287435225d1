import type { CancelSignal } from '../cancellation.js';
import type { Action } from '../call/action.js';
import type { Outcome } from '../call/outcome.js';
import type { ErrorCode } from '../errors.js';
import type { TraceContext } from '../http-client/trace-context.js';

/** What a source may know of the call that it decides about. */
export interface CallView {
  readonly uuid: string;
  /**
   * A value of the channel, or undefined. Looked up in this order: variables set since the call was handed over,
   * channel variables (`digits`, `sip_call_id`), then the caller profile by FreeSWITCH's own field names
   * (`destination_number`, `caller_id_number`, `caller_id_name`, `ani`, `network_addr`, `uuid`, `context`, …).
   */
  get(name: string): string | undefined;
  /** Its value stands in no log, trace or record. */
  isMasked?(name: string): boolean;
  /** Digits of the caller, which are shown only where the configuration says so. */
  isEntered?(name: string): boolean;
}

/** What was tried over the network for one answer; for the trace and the log. Secrets in the URL are masked. */
export interface SourceAttempt {
  readonly url: string;
  readonly attempt: number;
  readonly durationMs: number;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  readonly code?: ErrorCode;
  readonly detail?: string;
}

export type SourceAnswer =
  | {
      readonly kind: 'actions';
      readonly actions: readonly Action[];
      /** The policy profile under which they run. */
      readonly policy: string;
      /** Where they come from, for the trace; secrets masked. */
      readonly origin: string;
      /** Set when the actions are the endpoint's fallback: the code of what went wrong before. */
      readonly fallbackFor?: ErrorCode;
      /** Remarks on the answer that did not stop it (unknown keys). */
      readonly warnings: readonly string[];
      /**
       * Nothing comes after these actions: `next` would answer `done`. Lets the runner write the end of the call's
       * program together with the list, so that it holds even when the daemon dies meanwhile.
       */
      readonly final: boolean;
      /** Channel variables whose values stand in no log, trace or record. */
      readonly masked?: readonly string[];
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string };

/** A source that has a state may also want it to be kept on the channel; then `next` is asked, without outcomes. */
export type SourceMove = SourceAnswer | { readonly kind: 'keep' };

/** What a source does while the caller waits for it; `undefined`: silence. */
export interface Waiting {
  /** What `playback` would take; repeated until the answer is there. */
  readonly play: string;
  /** How long the caller may hear nothing before it starts. */
  readonly afterMs: number;
}

export interface SourceContext {
  /** Aborted when the call ends or is moved; the source stops its request. */
  readonly signal: CancelSignal;
  readonly onAttempt: (attempt: SourceAttempt) => void;
  /** The trace on behalf of which it is asked; absent: the call's own. */
  readonly trace?: TraceContext;
  /** What the source has done that is neither a request nor an answer; for the trace. */
  readonly onNote?: (note: SourceNote) => void;
}

/** One step of a source, for the trace. */
export type SourceNote =
  /** A block of a flow was left. Times are milliseconds since the epoch. */
  | {
      readonly type: 'block';
      readonly flow: string;
      readonly version: string;
      readonly block: string;
      readonly blockType: string;
      /** The exit by which it was left; `''` where the flow ended with it. */
      readonly exit: string;
      /** Why it was left by an error exit. */
      readonly error?: string;
      readonly enteredAt: number;
      readonly leftAt: number;
    }
  | {
      readonly type: 'function';
      readonly function: string;
      readonly block: string;
      /** When it was invoked, in milliseconds since the epoch. */
      readonly invokedAt: number;
      readonly durationMs: number;
      readonly attempts: number;
      /** Left out when it answered. */
      readonly code?: string;
      readonly detail?: string;
    }
  /** What a block is about to do with the caller; its outcome has the same id. */
  | {
      readonly type: 'doing';
      readonly block: string;
      /** `bridge`, `queue`, `record`, `digits`. */
      readonly id: string;
      /** The dial string, the queue, the file. */
      readonly target: string;
      /** What it brings is nobody's business. */
      readonly masked: boolean;
    };

/** How far a source has come, as plain JSON: what another daemon needs to go on. */
export interface SourceState {
  readonly kind: string;
  readonly data: unknown;
}

/** What is known in the end of a call that a source decided about. Digits and the like are masked. */
export interface SourceReport {
  readonly kind: string;
  readonly data: unknown;
}

/** Everything that decides what happens next on a call. Values, not exceptions, tell what went wrong. */
export interface ActionSource {
  /** For the trace: `curl`, `flow`. */
  readonly kind: string;
  readonly waiting?: Waiting | undefined;
  start(call: CallView, context: SourceContext): Promise<SourceMove>;
  /** Asked after the list of the answer before has run to its end; a source with nothing more answers `done`. */
  next(call: CallView, outcomes: readonly Outcome[], context: SourceContext): Promise<SourceMove>;
  /** Instead of `start`, when another daemon had begun: answers again what that one was about to do. */
  resume?(call: CallView, context: SourceContext): Promise<SourceMove>;
  /** Absent: a surviving daemon begins anew. */
  state?(): SourceState | undefined;
  /** Asked once, when the source has no more to say or the call is no longer its. */
  report?(): SourceReport;
}
