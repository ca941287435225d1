import { z } from 'zod';
import { checked } from '../checked.js';
import type { FlowAction, FlowOutcome } from '../flow/port.js';
import type { FlowState } from '../flow/state.js';
import { newState, readState } from '../flow/state.js';
import type { Asked, Format } from './served.js';

/** All that is kept of a call between two requests; it travels in the token. */
export interface Continuation {
  readonly entry: string;
  /** One beginning of an entry; all tokens that follow from it have the same. */
  readonly chain: string;
  /** How many tokens of the chain were before this one. */
  readonly number: number;
  /** Seconds since the epoch. */
  readonly expires: number;
  /** The channel that began, of letters, digits and "_.:-"; '' when it did not say. */
  readonly uuid: string;
  readonly format: Format;
  /** What is known of the call. */
  readonly known: Readonly<Record<string, string>>;
  readonly state: FlowState;
  /** What the client was given and has to tell of. */
  readonly asked: readonly Asked[];
  /** Outcomes of the step that are known already. */
  readonly settled: readonly FlowOutcome[];
  /** What of the step the client was not given yet. */
  readonly rest: readonly Placed[];
}

export type Placed = FlowAction & { readonly index: number };

const strings = z.record(z.string(), z.string());
const index = z.int().min(0);

const schema = z.object({
  c: z.string(),
  n: index,
  x: index,
  u: z.string(),
  k: strings,
  t: z.tuple([index, index]),
  e: z.string(),
  f: z.enum(['json', 'switchhook', 'httapi']),
  s: z.record(z.string(), z.unknown()),
  a: z.array(z.tuple([index, z.string(), z.string(), z.string(), index])).default([]),
  d: z
    .array(z.tuple([index, z.string(), z.string(), z.string(), z.string(), z.string(), strings]))
    .default([]),
  r: z.array(z.tuple([index, z.string(), z.string(), z.string(), z.boolean(), index])).default([]),
});

/** What differs between two calls for which a flow has begun alike. */
export type Own = Pick<Continuation, 'chain' | 'number' | 'expires' | 'uuid' | 'known'>;
/** What is the same for them, but for the times in the state. */
export type Shared = Omit<Continuation, keyof Own>;

/** Short keys and lists: it stands in a URL. */
export function writeContinuation(own: Own, shared: Shared): string {
  const { since, begun } = shared.state;
  return writeOwn(own, since, begun) + writeShared(shared);
}

/** What goes before the text of `writeShared`. @param since when the block was entered, @param begun the flow */
export function writeOwn({ chain, number, expires, uuid, known }: Own, since: number, begun: number): string {
  return (
    `{"c":"${chain}","n":${number},"x":${expires},"u":"${uuid}",` +
    `"k":${JSON.stringify(known)},"t":[${since},${begun}],`
  );
}

export function writeShared({ entry, format, state, asked, settled, rest }: Shared): string {
  const written = {
    e: entry,
    f: format,
    s: withoutDefaults(state),
    ...(asked.length > 0 && {
      a: asked.map(({ index: at, id = '', application, data, at: place }) => [
        at,
        id,
        application,
        data,
        place,
      ]),
    }),
    ...(settled.length > 0 && {
      d: settled.map(({ index: at, id = '', application, status, response = '', detail = '', variables }) => [
        at,
        id,
        application,
        status,
        response,
        detail,
        variables,
      ]),
    }),
    ...(rest.length > 0 && {
      r: rest.map(({ index: at, id = '', application, data, onError, timeoutMs = 0 }) => [
        at,
        id,
        application,
        data,
        onError === 'stop',
        timeoutMs,
      ]),
    }),
  };
  return JSON.stringify(written).slice(1);
}

const DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(newState('', '', 0)).map(([name, value]) => [name, JSON.stringify(value)]),
);

/** Most of a state is empty most of the time. */
function withoutDefaults(state: FlowState): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(state).filter(
      ([name, value]) => name !== 'since' && name !== 'begun' && DEFAULTS[name] !== JSON.stringify(value),
    ),
  );
}

/** `undefined` when this version does not understand it. */
export function readContinuation(text: string): Continuation | undefined {
  const parsed = checked(schema, parsedJson(text));
  if (!parsed.success) return undefined;
  const { c, n, x, u, k, t, e, f, s, a, d, r } = parsed.data;
  const [since, begun] = t;
  const state = readState(JSON.stringify({ ...newState('', '', 0), ...s, since, begun }));
  if (state === undefined) return undefined;
  return {
    chain: c,
    number: n,
    expires: x,
    uuid: u,
    known: k,
    entry: e,
    format: f,
    state,
    asked: a.map(([at, id, application, data, place]) => ({
      index: at,
      ...named(id),
      application,
      data,
      at: place,
    })),
    settled: d.map(([at, id, application, status, response, detail, variables]) => ({
      index: at,
      ...named(id),
      application,
      status,
      ...(response === '' ? {} : { response }),
      ...(detail === '' ? {} : { detail }),
      variables,
    })),
    rest: r.map(([at, id, application, data, stops, timeoutMs]) => ({
      index: at,
      ...named(id),
      application,
      data,
      onError: stops ? 'stop' : 'continue',
      ...(timeoutMs === 0 ? {} : { timeoutMs }),
    })),
  };
}

function named(id: string): { id?: string } {
  return id === '' ? {} : { id };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
