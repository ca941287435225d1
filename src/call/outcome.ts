/**
 * What became of one action. Each action of a list settles exactly once.
 * - `ok`: the application did what it was asked to.
 * - `failed`: it ran and did not succeed (file not found, callee busy, no digits).
 * - `timed_out`: its `timeout_ms`, or the time-out that the application itself has, ended it.
 * - `refused`: the policy did not let it run.
 * - `hung_up`: the call ended while it ran.
 * - `interrupted`: switchhook stopped it on request.
 * - `moved`: somebody took the channel elsewhere while it ran.
 * - `not_run`: the list ended before its turn.
 */
export type OutcomeStatus =
  'ok' | 'failed' | 'timed_out' | 'refused' | 'hung_up' | 'interrupted' | 'moved' | 'not_run';

export interface Outcome {
  /** Position in its list, from 0. */
  readonly index: number;
  readonly id?: string;
  readonly application: string;
  readonly status: OutcomeStatus;
  /** FreeSWITCH's `Application-Response` where the application gives one (`FILE PLAYED`), or its disposition. */
  readonly response?: string;
  /** Why, where the status alone does not say it: a rule, an error code with its detail, a hangup cause. */
  readonly detail?: string;
  /** The channel variables that matter for this application (`DIALSTATUS`, the digits, `playback_ms`). */
  readonly variables: Readonly<Record<string, string>>;
  /** How long the application ran, where it is known. */
  readonly durationMs?: number;
}
