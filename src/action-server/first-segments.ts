import type { FlowState } from '../flow/state.js';
import { signedBase } from './signer.js';
import type { SignedBase } from './signer.js';
import { freshNonce } from './token.js';
import { writeShared } from './continuation.js';
import type { Shared } from './continuation.js';
import { WRITERS } from './writers.js';
import { aliasOf } from './asked-call.js';
import type { AskedCall, Parameters } from './asked-call.js';
import type { Segment } from './served.js';

/** So many different beginnings of a flow are kept. */
const MOST = 8;

/** Stand in for what differs; nobody can guess them. */
const BASE = `base-${freshNonce().toString('hex')}`;
const TOKEN = `token-${freshNonce().toString('hex')}`;

/** The beginning of a flow, for all calls that it can't tell apart. */
export interface FirstSegment {
  /** What the flow asked of the call, and what it was told. */
  readonly reads: readonly (readonly [name: string, value: string | undefined, alias: string | undefined])[];
  /** What is the same in all tokens; undefined: nothing comes after the segment. */
  readonly shared: string | undefined;
  /** There is nothing in it that the client has not said itself: the token need not be unreadable. */
  readonly base: SignedBase | undefined;
  /** The list: before the origin of the URL, between that and the token, after the token. */
  readonly parts: readonly string[];
}

/**
 * Flows begin in the same way for most calls: a greeting, a question. What was made for one is good for every call of
 * which the flow would have asked the same and been told the same.
 */
export class FirstSegments {
  #kept: FirstSegment[] = [];

  find(call: AskedCall): FirstSegment | undefined {
    return this.#kept.find(({ reads }) => reads.every(([name, value]) => call.get(name) === value));
  }

  /**
   * The same from what a request says under plain names: a value that is the one that was read is a usable one, too.
   * Where a name and its alias are both there, it takes more to tell.
   */
  match(said: Parameters): FirstSegment | undefined {
    for (const first of this.#kept) if (matches(first, said)) return first;
    return undefined;
  }

  keep(
    reads: ReadonlyMap<string, string | undefined>,
    { items }: Segment,
    shared: Shared | undefined,
    format: Shared['format'],
    entry: string,
  ): void {
    const next = shared === undefined ? {} : { next: urlOf(BASE, entry, format, TOKEN) };
    const text = shared === undefined ? undefined : writeShared(shared);
    const first: FirstSegment = {
      reads: Array.from(reads, ([name, value]) => [name, value, aliasOf(name)]),
      shared: text,
      base:
        text !== undefined && shared !== undefined && isPlain(shared.state) ? signedBase(text) : undefined,
      parts: WRITERS[format]({ items, ...next }).split(new RegExp(`${BASE}|${TOKEN}`)),
    };
    this.#kept = [first, ...this.#kept].slice(0, MOST);
  }
}

function matches({ reads }: FirstSegment, said: Parameters): boolean {
  for (const [name, value, alias] of reads) {
    const own = Object.hasOwn(said, name) ? said[name] : undefined;
    const other = alias !== undefined && Object.hasOwn(said, alias) ? said[alias] : undefined;
    if (own !== undefined && other !== undefined) return false;
    if ((own ?? other) !== value) return false;
  }
  return true;
}

function isPlain({ attributes, flowAttributes, external, storedInput, stack }: FlowState): boolean {
  const empty = [attributes, flowAttributes, stack].every((one) => Object.keys(one).length === 0);
  return empty && external === null && storedInput === '';
}

/** Where a client goes on. The format stands there for answers to a token that can't be read. */
export function urlOf(base: string, entry: string, format: string, token: string): string {
  return `${base}/v1/actions/${entry}?format=${format}&token=${token}`;
}
