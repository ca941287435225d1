import type { Action } from '../call/action.js';
import type { Outcome } from '../call/outcome.js';
import type { ErrorCode } from '../errors.js';

/** What a source may know of the call that it decides about. */
export interface CallView {
  readonly uuid: string;
  /**
   * A value of the channel, or undefined. Looked up in this order: variables set since the call was handed over,
   * channel variables (`digits`, `sip_call_id`), then the caller profile by FreeSWITCH's own field names
   * (`destination_number`, `caller_id_number`, `caller_id_name`, `ani`, `network_addr`, `uuid`, `context`, …).
   */
  get(name: string): string | undefined;
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
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string };

/** What a source does while the caller waits for it; `undefined`: silence. */
export interface Waiting {
  /** What `playback` would take; repeated until the answer is there. */
  readonly play: string;
  /** How long the caller may hear nothing before it starts. */
  readonly afterMs: number;
}

export interface SourceContext {
  /** Aborted when the call ends or is moved; the source stops its request. */
  readonly signal: AbortSignal;
  readonly onAttempt: (attempt: SourceAttempt) => void;
}

/** Everything that decides what happens next on a call. Values, not exceptions, tell what went wrong. */
export interface ActionSource {
  /** For the trace: `curl`, `flow`. */
  readonly kind: string;
  readonly waiting?: Waiting;
  start(call: CallView, context: SourceContext): Promise<SourceAnswer>;
  /** Asked after the list of the answer before has run to its end; a source with nothing more answers `done`. */
  next(call: CallView, outcomes: readonly Outcome[], context: SourceContext): Promise<SourceAnswer>;
}
