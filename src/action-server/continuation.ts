import { z } from 'zod';
import type { FlowAction, FlowOutcome } from '../flow/port.js';
import type { FlowState } from '../flow/state.js';
import { readState } from '../flow/state.js';
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
  /** The channel that began; '' when it did not say. */
  readonly uuid: string;
  readonly format: Format;
  /** What is known of the call. */
  readonly known: Readonly<Record<string, string>>;
  readonly state: FlowState;
  /** What the client was given and has to tell of. */
  readonly asked: readonly Asked[];
  /** How many actions were in the list that it was given. */
  readonly served: number;
  /** Outcomes of the step that are known already. */
  readonly settled: readonly FlowOutcome[];
  /** What of the step the client was not given yet. */
  readonly rest: readonly Placed[];
}

export type Placed = FlowAction & { readonly index: number };

const strings = z.record(z.string(), z.string());
const index = z.int().min(0);

const schema = z.object({
  e: z.string(),
  c: z.string(),
  n: index,
  x: index,
  u: z.string(),
  f: z.enum(['json', 'switchhook', 'httapi']),
  k: strings,
  s: z.unknown(),
  a: z.array(z.tuple([index, z.string(), z.string(), z.string(), index])),
  l: index,
  d: z.array(z.tuple([index, z.string(), z.string(), z.string(), z.string(), z.string(), strings])),
  r: z.array(z.tuple([index, z.string(), z.string(), z.string(), z.boolean(), index])),
});

type Written = z.input<typeof schema>;

/** Short keys and lists: it stands in a URL. */
export function writeContinuation(from: Continuation): string {
  const written: Written = {
    e: from.entry,
    c: from.chain,
    n: from.number,
    x: from.expires,
    u: from.uuid,
    f: from.format,
    k: from.known,
    s: from.state,
    a: from.asked.map(({ index: at, id = '', application, data, at: place }) => [at, id, application, data, place]),
    l: from.served,
    d: from.settled.map(({ index: at, id = '', application, status, response = '', detail = '', variables }) => [
      at,
      id,
      application,
      status,
      response,
      detail,
      variables,
    ]),
    r: from.rest.map(({ index: at, id = '', application, data, onError, timeoutMs = 0 }) => [
      at,
      id,
      application,
      data,
      onError === 'stop',
      timeoutMs,
    ]),
  };
  return JSON.stringify(written);
}

/** `undefined` when this version does not understand it. */
export function readContinuation(text: string): Continuation | undefined {
  const parsed = schema.safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const { e, c, n, x, u, f, k, s, a, l, d, r } = parsed.data;
  const state = readState(JSON.stringify(s));
  if (state === undefined) return undefined;
  return {
    entry: e,
    chain: c,
    number: n,
    expires: x,
    uuid: u,
    format: f,
    known: k,
    state,
    asked: a.map(([at, id, application, data, place]) => ({
      index: at,
      ...named(id),
      application,
      data,
      at: place,
    })),
    served: l,
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
