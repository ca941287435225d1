import { z } from 'zod';
import { checked } from '../../checked.js';
import type { OpenCall, StoredEvent } from '../event.js';

/**
 * The lines of a segment.
 * - `open`: the first line, all calls that are open;
 * - `call`: a call began, or something about it changed that a restarted daemon has to know;
 * - `event`: an event for a receiver;
 * - `over`: the call has ended, and every receiver's last event stands before;
 * - `sealed`: the last line of a segment that was finished in order, and how many events each receiver has in it.
 */
export type Line =
  | { readonly op: 'open'; readonly calls: readonly OpenCall[] }
  | { readonly op: 'call'; readonly call: OpenCall }
  | ({ readonly op: 'event' } & StoredEvent)
  | { readonly op: 'over'; readonly call: string }
  | { readonly op: 'sealed'; readonly totals: Readonly<Record<string, number>> };

const callSchema = z.object({
  id: z.string(),
  uuid: z.string(),
  begun: z.number(),
  program: z.string(),
  caller: z.string(),
  destination: z.string(),
  switchName: z.string().optional(),
  continues: z.string().optional(),
  resumed: z.boolean(),
  answered: z.number().optional(),
  recordings: z.array(z.string()),
  streams: z.record(z.string(), z.object({ token: z.string(), sequence: z.number() })),
});

/** Written by this program; what else it says is looked at by nobody but its receiver. */
export const storedEventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  sequence: z.number(),
  timestamp: z.string(),
  call: z.looseObject({ id: z.string(), uuid: z.string() }),
});

const lineSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('open'), calls: z.array(callSchema) }),
  z.object({ op: z.literal('call'), call: callSchema }),
  z.object({
    op: z.literal('event'),
    to: z.string(),
    event: storedEventSchema,
  }),
  z.object({ op: z.literal('over'), call: z.string() }),
  z.object({ op: z.literal('sealed'), totals: z.record(z.string(), z.number()) }),
]);

export function writeLine(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

/** @returns undefined for a line that a crash or a full disk has cut short */
export function readLine(text: string): Line | undefined {
  try {
    const parsed = checked(lineSchema, JSON.parse(text));
    return parsed.success ? (parsed.data as unknown as Line) : undefined;
  } catch {
    return undefined;
  }
}

/** How the lines of the events for a receiver begin, so that others need not be parsed. */
export function prefixFor(receiver: string): string {
  return `{"op":"event","to":${JSON.stringify(receiver)},`;
}
