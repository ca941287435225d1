import type { BlockFacts } from '../block.js';
import type { Block, Flow } from '../flow.js';

/** All blocks of all flows, and how they lead to each other. */

export interface Node {
  readonly key: string;
  readonly flow: Flow;
  readonly block: Block;
  readonly facts: BlockFacts;
}

export interface Edge {
  readonly from: Node;
  readonly to: Node;
  readonly exit: string;
  /** Into another flow; `call` comes back. */
  readonly enters?: 'go' | 'call';
  /** To the flow's `error` block, by default: the engine bounds how often. */
  readonly byDefault: boolean;
}

export interface Graph {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: readonly Edge[];
  readonly from: ReadonlyMap<Node, readonly Edge[]>;
}

export function keyOf(flow: string, block: string): string {
  return `${flow}/${block}`;
}

export function graphOf(flows: readonly Flow[]): Graph {
  const nodes = new Map<string, Node>();
  for (const flow of flows) {
    for (const block of flow.blocks.values()) {
      const key = keyOf(flow.name, block.name);
      const facts = block.type.facts?.(block.parameters, flow.publicKeys) ?? {};
      nodes.set(key, { key, flow, block, facts });
    }
  }
  const starts = new Map(flows.map((flow) => [flow.name, nodes.get(keyOf(flow.name, flow.start))]));
  const edges: Edge[] = [];
  for (const node of nodes.values()) {
    for (const [exit, { target, byDefault }] of node.block.ways) {
      const to = target === undefined ? undefined : nodes.get(keyOf(node.flow.name, target));
      if (to !== undefined) edges.push({ from: node, to, exit, byDefault });
    }
    const { enters } = node.facts;
    const start = enters === undefined ? undefined : starts.get(enters.flow);
    if (enters !== undefined && start !== undefined) {
      edges.push({ from: node, to: start, exit: '', enters: enters.call ? 'call' : 'go', byDefault: false });
    }
  }
  const from = new Map<Node, Edge[]>();
  for (const edge of edges) {
    const list = from.get(edge.from) ?? [];
    list.push(edge);
    from.set(edge.from, list);
  }
  return { nodes, edges, from };
}

/** What can be reached from a node, itself included. */
export function reachable(graph: Graph, starts: readonly Node[], along: (edge: Edge) => boolean): Set<Node> {
  const seen = new Set(starts);
  const open = [...starts];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const edge of graph.from.get(node) ?? []) {
      if (!along(edge) || seen.has(edge.to)) continue;
      seen.add(edge.to);
      open.push(edge.to);
    }
  }
  return seen;
}
