/** One step of an action list, as an HTTP app answers it (docs/reference/actions.md). */
export interface Action {
  /** A FreeSWITCH dialplan application, or one of the daemon's own: `cti_curl`, `cti_flow`. */
  readonly application: string;
  /** The argument of the application; `''` when the app left it out. */
  readonly data: string;
  /** The app's own name for this action; comes back in its outcome. */
  readonly id?: string;
  /** `continue` (the dialplan's own habit) goes on with the next action; `stop` ends the program as failed. */
  readonly onError: 'continue' | 'stop';
  /** Stop the action after this many milliseconds; see docs/reference/actions.md for what that means to each. */
  readonly timeoutMs?: number;
}
