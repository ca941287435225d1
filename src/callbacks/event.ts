/** What receivers may be told of. */
export const EVENT_TYPES = [
  'call.started',
  'call.answered',
  'action.completed',
  'digits',
  'transfer.started',
  'transfer.completed',
  'transfer.failed',
  'recording.saved',
  'recording.failed',
  'call.ended',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Plain JSON, keys in snake_case. */
export type EventData = Readonly<Record<string, unknown>>;

/** The body of a callback. */
export interface CallbackEvent {
  /** Also the `webhook-id`: the same for every try. */
  readonly id: string;
  readonly type: EventType;
  /** When the daemon knew of it; ISO 8601 with milliseconds. */
  readonly timestamp: string;
  /** From 1, without gaps: among the events of this call that this receiver gets. */
  readonly sequence: number;
  readonly call: {
    /** One hand-over of a channel, to its end; a channel may be handed over again. */
    readonly id: string;
    /** The channel. */
    readonly uuid: string;
    readonly program: string;
    readonly caller: string;
    readonly destination: string;
    readonly started_at: string;
    /** The daemon. */
    readonly instance: string;
  };
  readonly data: EventData;
}

/** A call that has begun and not ended, as far as its receivers know. */
export interface OpenCall {
  readonly id: string;
  readonly uuid: string;
  /** When it was handed over first, in milliseconds since the epoch. */
  readonly begun: number;
  readonly program: string;
  readonly caller: string;
  readonly destination: string;
  /** FreeSWITCH's name for itself; left out: not known. */
  readonly switchName?: string | undefined;
  /** A daemon had the call before, and its receivers know it by this id. */
  readonly continues?: string | undefined;
  readonly resumed: boolean;
  /** When it was known to be answered, in milliseconds since the epoch. */
  answered?: number | undefined;
  /** Files to which FreeSWITCH records the call as a whole. */
  recordings: readonly string[];
  /** Who has been told of it, and how far. */
  readonly streams: Record<string, Stream>;
}

/** The events of one call for one receiver. */
export interface Stream {
  /** A part of the ids: those of another stream differ, even if it tells of the same. */
  readonly token: string;
  /** Of the last event; 0 before the first. */
  sequence: number;
}

/** One event for one receiver, as it waits to be sent. */
export interface StoredEvent {
  readonly to: string;
  readonly event: CallbackEvent;
}

/** What belongs to a receiver. It may be called `constructor`, and a file may name one that nobody has. */
export function ofReceiver<Value>(
  values: Readonly<Record<string, Value>>,
  receiver: string,
): Value | undefined {
  return Object.hasOwn(values, receiver) ? values[receiver] : undefined;
}
