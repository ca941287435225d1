import { z } from 'zod';
import { checked } from '../checked.js';
import { isDeeperThan } from './depth.js';
import type { Json } from './port.js';

/**
 * Everything that a flow keeps of a call. It is plain JSON, so that a call can be put into a channel variable or a
 * token, and go on elsewhere. Keys are short because it travels.
 */
export interface FlowState {
  readonly v: 1;
  /** Version of the set of flows with which the call began, and with which it goes on. */
  readonly set: string;
  readonly flow: string;
  readonly block: string;
  /** When the block was entered, in milliseconds since the epoch. */
  readonly since: number;
  /** When the flow began. */
  readonly begun: number;
  /** What the engine waits for; `''` once the flow has ended. */
  readonly waits: 'outcomes' | 'function' | '';
  /** How far the block has come, in its own words. */
  readonly progress: Progress;
  readonly attributes: Readonly<Record<string, string>>;
  readonly flowAttributes: Readonly<Record<string, string>>;
  /** The latest function's answer, as far as the flows refer to it. */
  readonly external: Json;
  readonly storedInput: string;
  readonly queue: string;
  /** Why a block was last left by an error exit. */
  readonly error: string;
  /** Digits that were typed before they were asked for. */
  readonly typed: string;
  /** Names (`StoredInput`, `Attributes.pin`) of which a record shows no value. */
  readonly masked: readonly string[];
  /** Channel variables that the flow has set, so as not to set them again. */
  readonly voice: Readonly<Record<string, string>>;
  /** How often each loop block has been passed. */
  readonly loops: Readonly<Record<string, number>>;
  /** The flows that called this one, the innermost last. */
  readonly stack: readonly Frame[];
  /** How many blocks the call has gone through. */
  readonly count: number;
  /** The last of them, as `block:exit:milliseconds since begun`, and `@flow` where another flow begins. */
  readonly path: readonly string[];
}

export interface Frame {
  readonly flow: string;
  readonly block: string;
  readonly flowAttributes: Readonly<Record<string, string>>;
  /** Names of those of which a record shows no value. */
  readonly masked?: readonly string[] | undefined;
}

export type Progress = Readonly<Record<string, string | number>>;

/** Default for `flows.state_max_bytes`. */
export const STATE_MAX_BYTES = 4096;
/** So many blocks of the path are kept. */
export const PATH_LENGTH = 24;

/** Not `z.record`, which drops what is called `__proto__`: a function may answer that, and all of it goes on. */
function record<Value>(isValue: (value: unknown) => value is Value) {
  return z.custom<Readonly<Record<string, Value>>>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((item) => isValue(item)),
  );
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isStep = (value: unknown): value is string | number => isText(value) || typeof value === 'number';

const strings = record(isText);
const count = z.int().min(0);
/** It comes out of JSON: whatever is there, is JSON. */
const json = z.custom<Json>((value) => value !== undefined);

const schema: z.ZodType<FlowState> = z.object({
  v: z.literal(1),
  set: z.string(),
  flow: z.string(),
  block: z.string(),
  since: count,
  begun: count,
  waits: z.enum(['outcomes', 'function', '']),
  progress: record(isStep),
  attributes: strings,
  flowAttributes: strings,
  external: json,
  storedInput: z.string(),
  queue: z.string(),
  error: z.string(),
  typed: z.string(),
  masked: z.array(z.string()),
  voice: strings,
  loops: record(isCount),
  stack: z.array(
    z.object({
      flow: z.string(),
      block: z.string(),
      flowAttributes: strings,
      masked: z.array(z.string()).optional(),
    }),
  ),
  count,
  path: z.array(z.string()),
});

export function newState(set: string, flow: string, now: number): FlowState {
  return {
    v: 1,
    set,
    flow,
    block: '',
    since: now,
    begun: now,
    waits: '',
    progress: {},
    attributes: {},
    flowAttributes: {},
    external: null,
    storedInput: '',
    queue: '',
    error: '',
    typed: '',
    masked: [],
    voice: {},
    loops: {},
    stack: [],
    count: 0,
    path: [],
  };
}

/** As JSON; the size that counts is that of the UTF-8 bytes. Whoever hands it out signs it. */
export function writeState(state: FlowState): string {
  return JSON.stringify(state);
}

/** What is in a state is less deep: the answer of a function that is deeper than 32 levels fails (invoke-function.ts). */
const MAX_DEPTH = 64;

/** `undefined` when it is not a state that this version understands. */
export function readState(text: string): FlowState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (isDeeperThan(value, MAX_DEPTH)) return undefined;
  const parsed = checked(schema, value);
  return parsed.success ? parsed.data : undefined;
}

/** The attributes as a record may show them. */
export function shownAttributes({ attributes, masked }: FlowState): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      masked.includes(`Attributes.${name}`) ? mask(value) : value,
    ]),
  );
}

/** As many stars as there are characters, at most 16. */
export function mask(value: string): string {
  return '*'.repeat(Math.min(16, value.length));
}
