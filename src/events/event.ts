/** What the daemon tells of, as it happens. */
export const EVENT_TYPES = [
  'call.started',
  'call.waiting',
  'call.asked',
  'call.failed',
  'call.ended',
  'source.requested',
  'source.answered',
  'actions.started',
  'action.completed',
  'flow.block',
  'flow.function',
  'origination.started',
  'origination.answered',
  'origination.failed',
  'origination.cancelled',
  'switch.connected',
  'switch.disconnected',
  'daemon.draining',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What events can be chosen by. */
export interface EventSubject {
  readonly uuid?: string;
  readonly program?: string;
  readonly caller?: string;
  readonly destination?: string;
  readonly switch?: string;
}

/** Each part narrows; all have to fit. */
export interface EventFilter {
  readonly types?: ReadonlySet<EventType>;
  readonly uuid?: string;
  /** A part of the program. */
  readonly program?: string;
  /** A part of the caller or the destination. */
  readonly number?: string;
  readonly switch?: string;
}

export function passes(filter: EventFilter, type: EventType, subject: EventSubject): boolean {
  const { types, uuid, program, number } = filter;
  const has = (text: string | undefined, part: string): boolean => text?.includes(part) ?? false;
  return (
    (types === undefined || types.has(type)) &&
    (uuid === undefined || subject.uuid === uuid) &&
    (program === undefined || has(subject.program, program)) &&
    (number === undefined || has(subject.caller, number) || has(subject.destination, number)) &&
    (filter.switch === undefined || subject.switch === filter.switch)
  );
}

/** The same for filters that let the same through. */
export function filterKey({ types, ...rest }: EventFilter): string {
  return JSON.stringify([types === undefined ? null : [...types].sort(), Object.entries(rest).sort()]);
}
