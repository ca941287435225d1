import { ofReceiver } from '../event.js';
import type { OpenCall, StoredEvent } from '../event.js';
import { readLine } from './line.js';
import type { Line } from './line.js';
import { linesOf } from './segment.js';

/**
 * The calls that were open when a daemon died: what the newest segment begins with, and what happened since. One whose
 * first line was cut short by the crash says nothing, and the one before it counts.
 * @param paths its segments, the oldest first
 */
export function openCallsIn(paths: readonly string[]): OpenCall[] {
  for (const path of [...paths].reverse()) {
    const [head, ...rest] = linesOf(path).map(readLine);
    if (head?.op !== 'open') continue;
    const calls = new Map<string, OpenCall>();
    for (const line of [head, ...rest]) if (line !== undefined) apply(calls, line);
    return [...calls.values()].flatMap(begun);
  }
  return [];
}

/** What a line changes about the calls that are open. */
export function apply(calls: Map<string, OpenCall>, line: Line): void {
  switch (line.op) {
    case 'open':
      for (const call of line.calls) calls.set(call.id, call);
      return;
    case 'call':
      calls.set(line.call.id, line.call);
      return;
    case 'event':
      advance(calls, line);
      return;
    case 'over':
      calls.delete(line.call);
      return;
    case 'sealed':
  }
}

function advance(calls: Map<string, OpenCall>, { to, event }: StoredEvent): void {
  const call = calls.get(event.call.id);
  if (call === undefined) return;
  const stream = ofReceiver(call.streams, to);
  if (stream === undefined) return;
  stream.sequence = Math.max(stream.sequence, event.sequence);
  // The crash may come between the last event of one receiver and that of another.
  if (event.type === 'call.ended') calls.set(call.id, { ...call, streams: without(call.streams, to) });
}

/** Without the receivers that have not been told of its begin, because the crash came before. */
function begun(call: OpenCall): OpenCall[] {
  const streams = Object.fromEntries(Object.entries(call.streams).filter(([, { sequence }]) => sequence > 0));
  return Object.keys(streams).length === 0 ? [] : [{ ...call, streams }];
}

function without(streams: OpenCall['streams'], receiver: string): OpenCall['streams'] {
  return Object.fromEntries(Object.entries(streams).filter(([name]) => name !== receiver));
}
