import type { ErrorCode } from '../errors.js';
import type { SourceAttempt, SourceNote, SourceReport } from '../source/port.js';
import type { Outcome } from './outcome.js';

/**
 * How a call under control ended, as far as switchhook is concerned. `interrupted`: another program took the place
 * of this one on request.
 */
export type CallResult = 'done' | 'failed' | 'hung_up' | 'moved' | 'lost' | 'interrupted';

/** One thing that happened on a call, in order. Times are milliseconds since the call was handed over. */
export type TraceEntry = { readonly atMs: number } & (
  | {
      readonly type: 'handed_over';
      readonly program: string;
      readonly destination: string;
      readonly caller: string;
      /** Set when a daemon before this one had begun with the call. */
      readonly resumed: boolean;
    }
  | ({ readonly type: 'request' } & SourceAttempt)
  | {
      readonly type: 'answer';
      readonly origin: string;
      readonly policy: string;
      readonly actions: number;
      readonly fallbackFor?: ErrorCode;
      readonly warnings: readonly string[];
    }
  | { readonly type: 'run'; readonly list: number; readonly first: number; readonly steps: number }
  | ({ readonly type: 'outcome'; readonly list: number } & Outcome)
  | { readonly type: 'waiting' }
  | SourceNote
  /**
   * Somebody asked for it. `appended`: a list is to run behind the program; `interrupted`: in its place. `dropped`:
   * the call was gone before an appended list had its turn.
   */
  | { readonly type: 'asked'; readonly what: 'appended' | 'interrupted' | 'dropped'; readonly by: string }
  | { readonly type: 'failure'; readonly code: ErrorCode; readonly detail: string }
  | { readonly type: 'ended'; readonly result: CallResult; readonly detail: string }
);

/** What is kept of a call that ended. */
export interface CallRecord {
  readonly uuid: string;
  /** What decided about it: the URL with its secrets masked, the name of an endpoint, `flow/<name>`. */
  readonly program: string;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly result: CallResult;
  readonly error?: { readonly code: ErrorCode; readonly detail: string };
  readonly actionsRan: number;
  readonly trace: readonly TraceEntry[];
  /** What the sources had to say in the end, in the order in which they ended. */
  readonly reports: readonly SourceReport[];
}
