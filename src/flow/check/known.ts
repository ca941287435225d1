import type { Flow } from '../flow.js';
import type { Edge, Graph, Node } from './graph.js';
import { keyOf } from './graph.js';

/**
 * What may be set when a block is entered, over all ways that lead to it: `Attributes.x`, `FlowAttributes.x`,
 * `StoredInput`, `Queue`, and `External:<function>` for the latest function.
 */
export type Known = ReadonlySet<string>;

const LOCAL = 'FlowAttributes.';
const EXTERNAL = 'External:';

/** By node; nodes that no way leads to are not in it. */
export function knownAt(graph: Graph, flows: readonly Flow[]): ReadonlyMap<Node, Known> {
  const known = new Map<Node, Set<string>>();
  const open = new Set<Node>();
  // What a `return` anywhere may bring back: which of them answers which call is not looked into.
  const returned = new Set<string>();
  const callers = [...graph.nodes.values()].filter(({ facts }) => facts.enters?.call === true);

  const give = (node: Node, values: Iterable<string>): void => {
    let set = known.get(node);
    let more = set === undefined;
    set ??= new Set();
    known.set(node, set);
    for (const value of values) {
      if (set.has(value)) continue;
      set.add(value);
      more = true;
    }
    if (more) open.add(node);
  };

  for (const flow of flows) {
    const start = graph.nodes.get(keyOf(flow.name, flow.start));
    if (start === undefined) continue;
    const attributes = flow.inputs.map((name) => `Attributes.${name}`);
    give(start, [...attributes, ...flow.flowInputs.map((name) => `${LOCAL}${name}`)]);
  }
  for (const node of open) {
    open.delete(node);
    const here = known.get(node) ?? new Set();
    if (node.block.type.type === 'return') {
      const before = returned.size;
      for (const value of here) if (!value.startsWith(LOCAL)) returned.add(value);
      if (returned.size > before) for (const caller of callers) if (known.has(caller)) open.add(caller);
    }
    for (const edge of graph.from.get(node) ?? []) give(edge.to, after(edge, here, returned));
  }
  return known;
}

function after(edge: Edge, here: Known, returned: Known): Set<string> {
  const { facts } = edge.from;
  if (edge.enters !== undefined) {
    const kept = [...here].filter((value) => !value.startsWith(LOCAL));
    return new Set([...kept, ...(facts.enters?.inputs ?? []).map((name) => `${LOCAL}${name}`)]);
  }
  const there = new Set(here);
  for (const { name, space, exit } of facts.sets ?? []) {
    if (exit === undefined || exit === edge.exit)
      there.add(space === 'StoredInput' ? space : `${space}.${name}`);
  }
  if (facts.invokes !== undefined) {
    for (const value of here) if (value.startsWith(EXTERNAL)) there.delete(value);
    if (edge.exit === 'next') there.add(`${EXTERNAL}${facts.invokes.function}`);
  }
  if (facts.enters?.call === true && edge.exit === 'next') for (const value of returned) there.add(value);
  if (edge.from.block.type.type === 'queue') there.add('Queue');
  return there;
}

/** The functions whose answer may be the latest. */
export function latestFunctions(known: Known): string[] {
  return [...known]
    .filter((value) => value.startsWith(EXTERNAL))
    .map((value) => value.slice(EXTERNAL.length));
}
