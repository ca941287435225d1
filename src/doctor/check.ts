/** `warning`: the first call goes through, but look at it. `skipped`: could not be tried; the detail says why. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped';

export type CheckId =
  | 'daemon'
  | 'switch'
  | 'switch_ready'
  | 'switch_limits'
  | 'modules'
  | 'applications'
  | 'clock'
  | 'dialplan'
  | 'hand_over'
  | 'endpoint';

/** Something that a first call needs, and how it is. */
export interface Check {
  readonly id: CheckId;
  /** The switch or the endpoint that it is about; empty when there is one thing only. */
  readonly subject: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do about it; always there when it failed. */
  readonly remedy?: string;
  /** Present where something can be done that puts nothing at risk. */
  readonly fix?: Fix;
}

export interface Fix {
  /** As a sentence without an end: `Load mod_hash`. */
  readonly what: string;
  /** Throws AppError when it did not succeed. */
  apply(): Promise<void>;
}

/** What the checks need of a switch that answers. */
export interface SwitchPort {
  readonly name: string;
  api(command: string): Promise<string>;
}
