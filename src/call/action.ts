/** One step of an action list, as an HTTP app writes it (docs/reference/actions.md). */
export interface ActionEntry {
  /** A FreeSWITCH dialplan application, or one of the daemon's own: `cti_curl`, `cti_flow`. */
  readonly application: string;
  /** The argument of the application, always a string: `"1000"`. Left out, it is empty. */
  readonly data?: string | undefined;
  /** Your own name for this action, at most 200 characters; comes back in its outcome. */
  readonly id?: string | undefined;
  /** `continue` (the default, and the dialplan's own habit) or `stop`, which ends the program as failed. */
  readonly on_error?: 'continue' | 'stop' | undefined;
  /** Stop the action after this many milliseconds: a whole number from 1 to 86,400,000. */
  readonly timeout_ms?: number | undefined;
}

/** One step of an action list, as it was read. */
export interface Action {
  /** A FreeSWITCH dialplan application, or one of the daemon's own: `cti_curl`, `cti_flow`. */
  readonly application: string;
  /** The argument of the application; `''` when the app left it out. */
  readonly data: string;
  /** The app's own name for this action; comes back in its outcome. */
  readonly id?: string;
  /** `continue` (the dialplan's own habit) goes on with the next action; `stop` ends the program as failed. */
  readonly onError: 'continue' | 'stop';
  /** The data as logs, traces and records may show it, where some of it is nobody's business. */
  readonly shown?: string;
  /** Stop the action after this many milliseconds; see docs/reference/actions.md for what that means to each. */
  readonly timeoutMs?: number;
}
