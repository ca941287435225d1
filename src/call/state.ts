import { z } from 'zod';
import { checked } from '../checked.js';
import type { SourceState } from '../source/port.js';
import type { Action } from './action.js';
import type { Outcome } from './outcome.js';
import type { Program } from './program.js';
import type { Placed } from './segments.js';
import type { StateSeal } from './state-seal.js';
import { OPEN_SEAL } from './state-seal.js';

/**
 * What a surviving daemon needs to go on with a call whose daemon died, carried in the channel variable
 * `cti_state`: the segment that FreeSWITCH was running (it runs to its end without us), the lists that were not
 * finished, the innermost last, and who was being asked. A program that is a single segment needs none: it carries
 * its own end.
 */

const actionSchema = z.object({
  application: z.string(),
  data: z.string(),
  id: z.string().optional(),
  onError: z.enum(['continue', 'stop']),
  timeoutMs: z.number().optional(),
  shown: z.string().optional(),
});

const onePlacedSchema = z.object({ index: z.number().int().nonnegative(), action: actionSchema });
const placedSchema = z.array(onePlacedSchema);

const outcomeSchema = z.object({
  index: z.number(),
  id: z.string().optional(),
  application: z.string(),
  status: z.enum(['ok', 'failed', 'timed_out', 'refused', 'hung_up', 'interrupted', 'moved', 'not_run']),
  response: z.string().optional(),
  detail: z.string().optional(),
  variables: z.record(z.string(), z.string()),
  durationMs: z.number().optional(),
});

const sourceSchema = z.object({ kind: z.string(), data: z.unknown() });

const listSchema = z.object({
  list: z.number(),
  policy: z.string(),
  origin: z.string(),
  rest: placedSchema,
  own: onePlacedSchema.optional(),
  asks: z
    .object({
      source: sourceSchema,
      settled: z.array(outcomeSchema),
      masked: z.array(z.string()),
    })
    .optional(),
});

const stateSchema = z.object({
  v: z.literal(2),
  begun: z.number(),
  ran: z.number().int().nonnegative(),
  refused: z.string(),
  segment: placedSchema,
  lists: z.array(listSchema),
  asked: z
    .union([
      z.object({ source: sourceSchema }),
      z.object({ kind: z.enum(['curl', 'flow']), target: z.string(), shown: z.string().optional() }),
    ])
    .optional(),
});

/** What a source wants to know when its list has come to its end. */
export interface Asks {
  /** How far the source had come when it answered the list. */
  readonly source: SourceState;
  readonly settled: readonly Outcome[];
  /** Channel variables whose values are nobody's business. */
  readonly masked: readonly string[];
}

/** A list with what is still to be run of it. */
export interface ListRest {
  readonly list: number;
  readonly policy: string;
  readonly origin: string;
  readonly rest: readonly Placed[];
  /** The `cti_curl` or `cti_flow` of this list that is being followed. */
  readonly own?: Placed;
  /** Absent: nothing is asked after it. */
  readonly asks?: Asks;
}

export interface CallState {
  /** When the call was handed over first, in milliseconds since the epoch. */
  readonly begun: number;
  /** How many actions had run before the segment. */
  readonly ran: number;
  /** The first action that was refused, and why; `''` when none was. */
  readonly refused: string;
  readonly segment: readonly Placed[];
  readonly lists: readonly ListRest[];
  /** Who was being asked, inside of the innermost list: a source as far as it had come, or a program anew. */
  readonly asked?: { readonly source: SourceState } | Program;
}

export function writeState(state: CallState, uuid = '', seal: StateSeal = OPEN_SEAL): string {
  return seal.seal(JSON.stringify({ v: 2, ...state }), uuid);
}

/** `undefined` when there is none, or none that this daemon understands: the call then begins anew. */
export function readState(
  text: string | undefined,
  uuid = '',
  seal: StateSeal = OPEN_SEAL,
): CallState | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const parsed = checked(stateSchema, JSON.parse(seal.open(text, uuid) ?? 'null'));
    if (!parsed.success) return undefined;
    const { begun, ran, refused, segment, lists, asked } = parsed.data;
    return {
      begun,
      ran,
      refused,
      segment: segment.map(placed),
      lists: lists.map(listRest),
      ...(asked === undefined ? {} : { asked: 'target' in asked ? withoutUndefined(asked) : asked }),
    };
  } catch {
    return undefined;
  }
}

function listRest({ rest, own, asks, ...list }: z.infer<typeof listSchema>): ListRest {
  return {
    ...list,
    rest: rest.map(placed),
    ...(own === undefined ? {} : { own: placed(own) }),
    ...(asks === undefined ? {} : { asks: { ...asks, settled: asks.settled.map(withoutUndefined) } }),
  };
}

function placed(value: z.infer<typeof onePlacedSchema>): Placed {
  const whole: Action = withoutUndefined(value.action);
  return { index: value.index, action: whole };
}

/** zod's optional keys may be there with `undefined`; ours are there or not. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
