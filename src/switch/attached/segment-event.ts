import type { Headers } from '../dump.js';
import { GUARD_VARIABLE } from './marks.js';

/** Subclass of our own events: a list has come to its end, or a probe was answered. */
export const SEGMENT_EVENT = 'switchhook::segment';
const RUN_HEADER = 'cti-run';
const GUARD_HEADER = 'cti-guard';
const PROBE_HEADER = 'cti-probe';
const BARE_EVENT = `Event-Name=CUSTOM,Event-Subclass=${SEGMENT_EVENT}`;

/** What the application `event` is given, so that it tells of a run. */
export function segmentEvent(run: string): string {
  return `${BARE_EVENT},${RUN_HEADER}=${run}`;
}

/** An item of a list: tells that it has ended, and arms the guard in the same breath. */
export function endEvent(run: string): string {
  return `event:${segmentEvent(run)},${GUARD_HEADER}=\\\${sched_api(\\\${${GUARD_VARIABLE}})}`;
}

/**
 * Answers when what is queued before it has run, or at once when nothing of it arrived.
 * @param run absent: of a daemon that is gone
 */
export function probeEvent(run?: string): string {
  return `${run === undefined ? BARE_EVENT : segmentEvent(run)},${PROBE_HEADER}=1`;
}

export interface SegmentNews {
  readonly run: string | undefined;
  readonly probe: boolean;
  /** What `sched_api` answered where the list armed the guard. */
  readonly guard: string | undefined;
}

export function readSegmentEvent(event: Headers): SegmentNews {
  return {
    run: event.get(RUN_HEADER),
    probe: event.get(PROBE_HEADER) !== undefined,
    guard: event.get(GUARD_HEADER),
  };
}
