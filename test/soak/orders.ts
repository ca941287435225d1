/** What the soak and its child processes say to each other over IPC. */

export type CallersOrder =
  | { readonly type: 'begin'; readonly callsPerSecond: number; readonly serial: number }
  /** No more new calls. */
  | { readonly type: 'stop' }
  /** The switch is gone: so are all of its calls. */
  | { readonly type: 'forget' };

/** A call that has ended. Times are milliseconds since the epoch; 0: it never came to that. */
export interface EndedCall {
  readonly serial: number;
  readonly invitedAt: number;
  readonly answeredAt: number;
  readonly endedAt: number;
  /** Why the caller gave up, or what FreeSWITCH refused it with; empty when FreeSWITCH hung up. */
  readonly failure: string;
  /** What the dialplan has put into FreeSWITCH's BYE. */
  readonly branch: string;
  /** FreeSWITCH's hangup cause. */
  readonly cause: string;
}

export interface CallersReport {
  readonly type: 'report';
  readonly ended: readonly EndedCall[];
  readonly open: number;
  readonly placed: number;
  readonly isPlacing: boolean;
  readonly retransmissions: number;
}

export type AppOrder = { readonly type: 'app'; readonly state: 'up' | 'down' | 'slow' };

export type ReceiverOrder =
  { readonly type: 'receiver'; readonly state: 'up' | 'down' } | { readonly type: 'tally' };

/** What a receiver of callbacks has, by the serial number of the call. */
export interface Tally {
  readonly type: 'tally';
  /** Different events of that type. */
  readonly started: readonly number[];
  readonly ended: readonly number[];
  /** First events that say which call they go on with: by a daemon that could not know how far that was told of. */
  readonly continued: readonly number[];
  /** Events that came again, which they may. */
  readonly repeated: number;
  /** Gaps and wrong orders; the first of them in words. */
  readonly disorders: number;
  readonly complaints: readonly string[];
}
