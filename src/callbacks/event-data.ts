import type { CallbackEvent, EventType } from './event.js';

/** How an action ended; docs/reference/actions.md tells the meaning of each. */
export type ActionStatus = 'ok' | 'failed' | 'timed_out' | 'refused' | 'hung_up' | 'interrupted' | 'moved';

interface OfBlock {
  /** The block of the flow that did it; not there when an app did. */
  readonly block?: string;
}

interface TransferEnded extends OfBlock {
  readonly kind: 'call' | 'queue';
  /** The application: `bridge`, `transfer`, `callcenter`, … */
  readonly by: string;
  readonly to: string;
  readonly status: ActionStatus;
  readonly response?: string;
  readonly cause?: string;
  readonly agent?: string;
  readonly duration_ms?: number;
}

/** What each type of event tells in `data`. Later versions may tell more. */
export interface CallbackData {
  readonly 'call.started': {
    /** A daemon before this one had begun with the call. */
    readonly resumed: boolean;
    /** The `call.id` under which that one told of it. */
    readonly continues?: string;
  };
  readonly 'call.answered': {
    /** The application that answered; `before`: the call came so. */
    readonly by?: string;
    /** Where it was answered before this receiver was told of the call at all. */
    readonly answered_at?: string;
  };
  readonly 'action.completed': OfBlock & {
    /** Number of the list on this call, and position in it; both from 0. */
    readonly list: number;
    readonly index: number;
    /** The app's own name for the action. */
    readonly id?: string;
    readonly application: string;
    readonly status: ActionStatus;
    readonly response?: string;
    readonly detail?: string;
    readonly duration_ms?: number;
    /** The channel variables that tell of the outcome. */
    readonly variables: Readonly<Record<string, string>>;
  };
  readonly digits: OfBlock & {
    readonly variable: string;
    readonly status: ActionStatus;
    /** Stars when `masked`. */
    readonly digits: string;
    readonly masked: boolean;
  };
  readonly 'transfer.started': OfBlock & { readonly kind: 'call' | 'queue'; readonly to: string };
  readonly 'transfer.completed': TransferEnded;
  readonly 'transfer.failed': TransferEnded;
  readonly 'recording.saved': OfBlock & {
    readonly by: string;
    readonly path: string;
    readonly recorded_ms?: number;
  };
  readonly 'recording.failed': OfBlock & {
    readonly by: string;
    readonly path: string;
    readonly reason?: string;
  };
  /** The last one of a call. `lost`: the daemon died, and nobody could say what became of the call. */
  readonly 'call.ended': {
    readonly duration_ms: number;
    readonly result: 'done' | 'failed' | 'hung_up' | 'moved' | 'lost' | 'interrupted';
    readonly error?: { readonly code: string; readonly detail: string };
    /** FreeSWITCH's name for it; not there when the call lives on. */
    readonly hangup_cause?: string;
    readonly moved_to?: string;
    readonly actions_ran?: number;
  };
}

/** An event as its receiver reads it: `type` decides what `data` is. */
export type ReceivedEvent = {
  readonly [Type in EventType]: Omit<CallbackEvent, 'type' | 'data'> & {
    readonly type: Type;
    readonly data: CallbackData[Type];
  };
}[EventType];
