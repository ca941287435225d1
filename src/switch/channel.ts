import type { CancelSignal } from '../cancellation.js';

/**
 * The Channel port: what the runner knows of a live call, whichever way FreeSWITCH and the daemon are connected.
 */

/** One application of a segment, already checked: the runner gives only what the policy allowed. */
export interface Step {
  readonly application: string;
  readonly data: string;
  /** Stop it after this many milliseconds, as far as the application can be stopped. */
  readonly timeoutMs?: number;
  /** Channel variables that hold while this application runs, and no longer; names and values plain. */
  readonly scope?: Readonly<Record<string, string>>;
}

/** A part of a list that FreeSWITCH runs by itself, without asking in between. */
export interface Segment {
  readonly steps: readonly Step[];
  /** Channel variables set before the first step. */
  readonly before: Readonly<Record<string, string>>;
  /**
   * Channel variables set after the last step, by FreeSWITCH itself, so that they hold even when the daemon is
   * gone by then; and only when the list came to its end on this channel.
   */
  readonly after: Readonly<Record<string, string>>;
  /** The call goes back to the dialplan when the segment has ended. */
  readonly release: boolean;
}

/** What the channel knows of one step. */
export interface StepResult {
  /** `ran`: it came to its end; `cut`: the list ended while it ran; `not_run`: the list ended before it. */
  readonly state: 'ran' | 'cut' | 'not_run';
  readonly values: Readonly<Record<string, string>>;
  readonly timedOut: boolean;
  readonly durationMs?: number;
}

/** How a segment ended, apart from what its steps brought. */
export type SegmentEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'hung_up'; readonly cause: string }
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'lost'; readonly detail: string };

export interface SegmentResult {
  readonly end: SegmentEnd;
  readonly steps: readonly StepResult[];
  /** It was to release the call, and has not: `keep` came in time. */
  readonly kept?: boolean;
}

/** What FreeSWITCH told about the channel when it was handed over. */
export interface ChannelData {
  /** Header of the channel data, `Caller-Destination-Number`. */
  header(name: string): string | undefined;
  /** Channel variable, without the prefix `variable_`; in any case, as FreeSWITCH looks them up. */
  variable(name: string): string | undefined;
}

export interface Channel {
  readonly uuid: string;
  readonly data: ChannelData;
  /** Aborted once when the call has ended or the connection is lost; its reason is a `SegmentEnd`. */
  readonly gone: CancelSignal;
  /** A daemon may have begun with this very hand-over, and died or lost it. */
  readonly again?: boolean;
  run(segment: Segment): Promise<SegmentResult>;
  /**
   * Keeps the caller for a moment, with a prompt or in silence, and notices when the channel is taken away
   * meanwhile. A moment is at most about two seconds, or as long as the file that is played.
   */
  wait(play: string | undefined): Promise<SegmentEnd>;
  /**
   * Something is to come after the segment that runs, although it was given with `release`: the call is to stay.
   * Whether that was in time is told by the segment's result. Absent where what was given can't be taken back.
   * @returns false when the call has been released already
   */
  keep?(): boolean;
  /**
   * Gives an API command over the channel's own connection.
   * @returns undefined when there is none, or when it would have to wait for what the channel runs
   */
  api?(command: string): Promise<string> | undefined;
  /** Sets variables and gives the call back to the dialplan. Says how the channel was found. */
  release(variables: Readonly<Record<string, string>>): Promise<SegmentEnd>;
}

/** Why a channel is gone. */
export function endOf({ gone }: Pick<Channel, 'gone'>): SegmentEnd {
  const reason: unknown = gone.reason;
  return isSegmentEnd(reason) ? reason : { kind: 'lost', detail: 'the connection was closed' };
}

export function isSegmentEnd(value: unknown): value is SegmentEnd {
  return typeof value === 'object' && value !== null && 'kind' in value && !(value instanceof Error);
}
