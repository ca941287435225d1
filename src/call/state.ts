import { z } from 'zod';
import type { Action } from './action.js';
import type { Placed } from './segments.js';

/**
 * What a surviving daemon needs to go on with a call whose daemon died, carried in the channel variable
 * `cti_state`: the segment that FreeSWITCH was running (it runs to its end without us) and the lists that were
 * not finished, the innermost last. A program that is a single segment needs none: it carries its own end.
 */

const actionSchema = z.object({
  application: z.string(),
  data: z.string(),
  id: z.string().optional(),
  onError: z.enum(['continue', 'stop']),
  timeoutMs: z.number().optional(),
});

const placedSchema = z.array(z.object({ index: z.number().int().nonnegative(), action: actionSchema }));

const stateSchema = z.object({
  v: z.literal(1),
  ran: z.number().int().nonnegative(),
  refused: z.string(),
  segment: placedSchema,
  lists: z.array(z.object({ list: z.number(), policy: z.string(), origin: z.string(), rest: placedSchema })),
});

/** A list with what is still to be run of it. */
export interface ListRest {
  readonly list: number;
  readonly policy: string;
  readonly origin: string;
  readonly rest: readonly Placed[];
}

export interface CallState {
  /** How many actions had run before the segment. */
  readonly ran: number;
  /** The first action that was refused, and why; `''` when none was. */
  readonly refused: string;
  readonly segment: readonly Placed[];
  readonly lists: readonly ListRest[];
}

export function writeState(state: CallState): string {
  return Buffer.from(JSON.stringify({ v: 1, ...state })).toString('base64url');
}

/** `undefined` when there is none, or none that this version understands: the call then begins anew. */
export function readState(text: string | undefined): CallState | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const parsed = stateSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success) return undefined;
    const { ran, refused, segment, lists } = parsed.data;
    return {
      ran,
      refused,
      segment: segment.map(placed),
      lists: lists.map(({ rest, ...list }) => ({ ...list, rest: rest.map(placed) })),
    };
  } catch {
    return undefined;
  }
}

function placed(value: z.infer<typeof placedSchema>[number]): Placed {
  const { id, timeoutMs, ...action } = value.action;
  const whole: Action = {
    ...action,
    ...(id === undefined ? {} : { id }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  return { index: value.index, action: whole };
}
