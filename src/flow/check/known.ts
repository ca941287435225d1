import type { Flow } from '../flow.js';
import type { Edge, Graph, Node } from './graph.js';
import { keyOf } from './graph.js';

/**
 * What may be set when a block is entered, over all ways that lead to it: `Attributes.x`, `FlowAttributes.x`,
 * `StoredInput`, `Queue`, and `External:<function>` for the latest function.
 */
export interface Known {
  has(name: string): boolean;
  /** The functions whose answer may be the latest. */
  latestFunctions(): readonly string[];
}

const LOCAL = 'FlowAttributes.';
const EXTERNAL = 'External:';
const BITS = 32;

/** The names that a flow may set, each with a bit: a large flow has thousands of names at thousands of blocks. */
class Names {
  readonly #numbers = new Map<string, number>();

  /** @param names every name that will be asked for a bit of its own */
  constructor(names: Iterable<string>) {
    for (const name of names) if (!this.#numbers.has(name)) this.#numbers.set(name, this.#numbers.size);
  }

  none(): Uint32Array {
    return new Uint32Array(Math.ceil(this.#numbers.size / BITS));
  }

  of(names: Iterable<string>): Uint32Array {
    const bits = this.none();
    for (const name of names) {
      const number = this.#numbers.get(name);
      if (number !== undefined) bits[number >> 5] = (bits[number >> 5] ?? 0) | (1 << (number & 31));
    }
    return bits;
  }

  startingWith(prefix: string): Uint32Array {
    return this.of([...this.#numbers.keys()].filter((name) => name.startsWith(prefix)));
  }

  has(bits: Uint32Array, name: string): boolean {
    const number = this.#numbers.get(name);
    return number !== undefined && ((bits[number >> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  in(bits: Uint32Array): string[] {
    return [...this.#numbers.keys()].filter((name) => this.has(bits, name));
  }
}

/** @returns whether `to` has got any that it did not have */
function add(to: Uint32Array, bits: Uint32Array): boolean {
  let more = false;
  for (const [i, word] of bits.entries()) {
    const before = to[i] ?? 0;
    const after = (before | word) >>> 0;
    if (after === before) continue;
    to[i] = after;
    more = true;
  }
  return more;
}

function without(bits: Uint32Array, others: Uint32Array): Uint32Array {
  return bits.map((word, i) => word & ~(others[i] ?? 0));
}

/** What an edge brings, whatever was known before it. */
function broughtBy({ from, exit, enters }: Edge): string[] {
  const { facts, block } = from;
  if (enters !== undefined) return (facts.enters?.inputs ?? []).map((name) => `${LOCAL}${name}`);
  const sets = (facts.sets ?? []).filter((one) => one.exit === undefined || one.exit === exit);
  return [
    ...sets.map(({ name, space }) => (space === 'StoredInput' ? space : `${space}.${name}`)),
    ...(facts.invokes !== undefined && exit === 'next' ? [`${EXTERNAL}${facts.invokes.function}`] : []),
    ...(block.type.type === 'queue' ? ['Queue'] : []),
  ];
}

function inputsOf(flow: Flow): string[] {
  return [
    ...flow.inputs.map((name) => `Attributes.${name}`),
    ...flow.flowInputs.map((name) => `${LOCAL}${name}`),
  ];
}

/** By node; nodes that no way leads to are not in it. */
export function knownAt(graph: Graph, flows: readonly Flow[]): ReadonlyMap<Node, Known> {
  const brought = new Map(graph.edges.map((edge) => [edge, broughtBy(edge)]));
  const names = new Names([...flows.flatMap(inputsOf), ...[...brought.values()].flat()]);
  const bits = new Map(Array.from(brought, ([edge, some]) => [edge, names.of(some)]));
  const local = names.startingWith(LOCAL);
  const external = names.startingWith(EXTERNAL);
  const known = new Map<Node, Uint32Array>();
  const open = new Set<Node>();
  // What a `return` anywhere may bring back: which of them answers which call is not looked into.
  const returned = names.none();
  const callers = [...graph.nodes.values()].filter(({ facts }) => facts.enters?.call === true);

  const give = (node: Node, values: Uint32Array): void => {
    const before = known.get(node);
    if (before === undefined) known.set(node, values.slice());
    else if (!add(before, values)) return;
    open.add(node);
  };
  const after = (edge: Edge, here: Uint32Array): Uint32Array => {
    const { facts } = edge.from;
    const own = bits.get(edge) ?? names.none();
    const there =
      edge.enters !== undefined
        ? without(here, local)
        : facts.invokes !== undefined
          ? without(here, external)
          : here.slice();
    add(there, own);
    if (edge.enters === undefined && facts.enters?.call === true && edge.exit === 'next')
      add(there, returned);
    return there;
  };

  for (const flow of flows) {
    const start = graph.nodes.get(keyOf(flow.name, flow.start));
    if (start !== undefined) give(start, names.of(inputsOf(flow)));
  }
  for (const node of open) {
    open.delete(node);
    const here = known.get(node) ?? names.none();
    if (node.block.type.type === 'return' && add(returned, without(here, local))) {
      for (const caller of callers) if (known.has(caller)) open.add(caller);
    }
    for (const edge of graph.from.get(node) ?? []) give(edge.to, after(edge, here));
  }
  return new Map(
    Array.from(known, ([node, here]) => [
      node,
      {
        has: (name) => names.has(here, name),
        latestFunctions: () =>
          names
            .in(here.map((word, i) => word & (external[i] ?? 0)))
            .map((name) => name.slice(EXTERNAL.length)),
      },
    ]),
  );
}
