import type { Edge, Graph, Node } from './graph.js';

/**
 * Circles in which nobody is waited for and nothing is counted: a call would go round in them for ever.
 * Each is told once, as the blocks along it.
 */
export function endlessLoops(graph: Graph): (readonly Node[])[] {
  const stops = stoppers(graph);
  const open = new Set([...graph.nodes.values()].filter((node) => !stops.has(node)));
  const along = (edge: Edge): boolean => open.has(edge.from) && open.has(edge.to) && !edge.byDefault;
  leaveCircles(graph, open, along);
  const loops: (readonly Node[])[] = [];
  for (const node of graph.nodes.values()) {
    if (!open.has(node)) continue;
    const loop = circle(graph, node, along);
    if (loop === undefined) open.delete(node);
    else {
      loops.push(loop);
      for (const one of loop) open.delete(one);
    }
  }
  return loops;
}

/** A call of a flow that asks somebody something, somewhere, is taken to wait for it. */
function stoppers(graph: Graph): Set<Node> {
  const stops = new Set([...graph.nodes.values()].filter(({ block }) => block.type.stops !== undefined));
  for (;;) {
    const asking = new Set(Array.from(stops, ({ flow }) => flow));
    const more = graph.edges.filter(
      ({ from, to, enters }) => enters === 'call' && !stops.has(from) && asking.has(to.flow),
    );
    if (more.length === 0) return stops;
    for (const { from } of more) stops.add(from);
  }
}

/** Takes out what cannot be on a circle, because nothing leads to it or from it: nearly all, as a rule. */
function leaveCircles(graph: Graph, open: Set<Node>, along: (edge: Edge) => boolean): void {
  for (const [end, other] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    const edges = graph.edges.filter(along);
    const counts = new Map<Node, number>();
    const beyond = new Map<Node, Node[]>();
    for (const edge of edges) {
      counts.set(edge[end], (counts.get(edge[end]) ?? 0) + 1);
      const nodes = beyond.get(edge[other]) ?? [];
      nodes.push(edge[end]);
      beyond.set(edge[other], nodes);
    }
    const bare = [...open].filter((node) => !counts.has(node));
    for (let node = bare.pop(); node !== undefined; node = bare.pop()) {
      open.delete(node);
      for (const next of beyond.get(node) ?? []) {
        const left = (counts.get(next) ?? 0) - 1;
        counts.set(next, left);
        if (left === 0) bare.push(next);
      }
    }
  }
}

/** The shortest way from a node back to itself. */
function circle(graph: Graph, start: Node, along: (edge: Edge) => boolean): readonly Node[] | undefined {
  const before = new Map<Node, Node>();
  let open: Node[] = [start];
  while (open.length > 0) {
    const next: Node[] = [];
    for (const node of open) {
      for (const edge of graph.from.get(node) ?? []) {
        if (!along(edge)) continue;
        if (edge.to === start) return wayBack(before, node, start);
        if (before.has(edge.to)) continue;
        before.set(edge.to, node);
        next.push(edge.to);
      }
    }
    open = next;
  }
  return undefined;
}

function wayBack(before: ReadonlyMap<Node, Node>, last: Node, start: Node): readonly Node[] {
  const way = [last];
  for (let node = last; node !== start;) {
    const previous = before.get(node);
    if (previous === undefined) break;
    way.unshift(previous);
    node = previous;
  }
  return way;
}
