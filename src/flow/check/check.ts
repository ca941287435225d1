import type { Flow, Problem } from '../flow.js';
import { problem } from '../flow.js';
import type { FlowSet } from '../flow-set.js';
import type { CheckContext } from './context.js';
import { place } from './context.js';
import type { Graph, Node } from './graph.js';
import { graphOf, keyOf, reachable } from './graph.js';
import { knownAt } from './known.js';
import { endlessLoops } from './loops.js';
import { checkPolicy } from './policy.js';
import { checkPrompts } from './prompts.js';
import { checkReferences } from './references.js';

/** Everything that is wrong with flows, as far as it can be seen without a call; in the order of the files. */
export function checkFlows(set: FlowSet, context: CheckContext = {}): readonly Problem[] {
  const flows = [...set.flows.values()];
  const graph = graphOf(flows);
  const known = knownAt(graph, flows);
  const problems = [
    ...flows.flatMap((flow) => [...checkHead(flow), ...checkReach(flow, graph)]),
    ...[...graph.nodes.values()].flatMap((node) => [
      ...checkExits(node),
      ...checkFaults(node),
      ...checkFlowEntry(node, set),
      ...checkFunction(node, context),
      ...checkPrompts(node, context),
      ...checkReferences(node, known.get(node), context),
      ...checkPolicy(node, set, context),
    ]),
    ...endlessLoops(graph).flatMap(checkLoop),
  ];
  return inOrder(problems);
}

function checkHead(flow: Flow): Problem[] {
  const problems: Problem[] = [];
  for (const key of ['start', 'error'] as const) {
    const name = flow[key];
    if (name === undefined || flow.blocks.has(name)) continue;
    problems.push(
      problem(flow.source, 'dangling_exit', [key], `there is no block "${name}"${meant(name, flow)}`),
    );
  }
  const back = [...flow.blocks.values()].filter(({ ways }) =>
    [...ways.values()].some(
      ({ exit, target }) => exit.optional === true && exit.name === 'error' && target === undefined,
    ),
  );
  if (flow.error === undefined && back.length > 0) {
    const names = back.map(({ name }) => name).join(', ');
    const message = `without an error block a failure in ${names} ends the flow, and the call goes back to the dialplan`;
    problems.push(problem(flow.source, 'no_error_block', [], message, 'warning'));
  }
  return problems;
}

function checkReach(flow: Flow, graph: Graph): Problem[] {
  const start = graph.nodes.get(keyOf(flow.name, flow.start));
  if (start === undefined) return [];
  const seen = reachable(graph, [start], ({ enters }) => enters === undefined);
  return [...flow.blocks.keys()]
    .filter((name) => {
      const node = graph.nodes.get(keyOf(flow.name, name));
      return node !== undefined && !seen.has(node);
    })
    .map((name) =>
      problem(
        flow.source,
        'unreachable_block',
        ['blocks', name],
        `no way leads to the block "${name}"`,
        'warning',
      ),
    );
}

function checkExits(node: Node): Problem[] {
  const { flow, block } = node;
  const problems: Problem[] = [];
  const told = new Set<string>();
  for (const [name, { exit, target, at }] of block.ways) {
    if (target === undefined) {
      if (exit.optional === true) continue;
      const other = exit.instead === undefined ? '' : `, nor of "${exit.instead}"`;
      const message = `"${name}" of ${block.type.type} leads nowhere${other}: it is taken when ${exit.when}`;
      problems.push(problem(flow.source, 'missing_exit', place(node, []), message));
      continue;
    }
    if (flow.blocks.has(target) || told.has(target)) continue;
    told.add(target);
    if (at.length === 0) continue;
    problems.push(
      problem(
        flow.source,
        'dangling_exit',
        place(node, at),
        `there is no block "${target}"${meant(target, flow)}`,
      ),
    );
  }
  for (const name of block.unknownExits) {
    const known = [...block.ways.keys()].join(', ') || 'none';
    const message = `${block.type.type} has no exit "${name}"; there are ${known}`;
    problems.push(problem(flow.source, 'unknown_exit', place(node, ['exits', name]), message));
  }
  return problems;
}

function checkFaults(node: Node): Problem[] {
  return (node.facts.faults ?? []).map(({ path, message, warning }) =>
    problem(
      node.flow.source,
      'parameters',
      place(node, path),
      message,
      warning === true ? 'warning' : 'error',
    ),
  );
}

function checkFlowEntry(node: Node, set: FlowSet): Problem[] {
  const { enters } = node.facts;
  if (enters === undefined) return [];
  const { source } = node.flow;
  const other = set.flows.get(enters.flow);
  if (other === undefined) {
    return [problem(source, 'unknown_flow', place(node, ['flow']), `there is no flow "${enters.flow}"`)];
  }
  return other.flowInputs
    .filter((name) => !enters.inputs.includes(name))
    .map((name) =>
      problem(source, 'missing_input', place(node, ['flow']), `${enters.flow} needs the input "${name}"`),
    );
}

function checkFunction(node: Node, { functions }: CheckContext): Problem[] {
  const { invokes } = node.facts;
  if (invokes === undefined || functions === undefined) return [];
  const { source } = node.flow;
  const known = functions(invokes.function);
  if (known === undefined) {
    return [
      problem(
        source,
        'unknown_function',
        place(node, ['function']),
        `there is no function "${invokes.function}"`,
      ),
    ];
  }
  const { parameters, outputs } = known;
  const problems: Problem[] = [];
  for (const { name, required } of parameters ?? []) {
    if (!required || invokes.parameters.includes(name)) continue;
    problems.push(
      problem(
        source,
        'missing_parameter',
        place(node, ['parameters']),
        `${invokes.function} requires the parameter "${name}"`,
      ),
    );
  }
  for (const name of invokes.parameters) {
    if (parameters === undefined || parameters.some((one) => one.name === name)) continue;
    problems.push(
      problem(
        source,
        'unknown_parameter',
        place(node, ['parameters', name]),
        `${invokes.function} has no parameter "${name}"`,
      ),
    );
  }
  for (const name of invokes.outputs) {
    if (outputs === undefined || outputs.includes(name.split('.')[0] ?? '')) continue;
    problems.push(
      problem(
        source,
        'unknown_output',
        place(node, ['outputs']),
        `${invokes.function} does not answer "${name}"`,
      ),
    );
  }
  return problems;
}

function checkLoop(loop: readonly Node[]): Problem[] {
  const [first] = loop;
  if (first === undefined) return [];
  const names = [...loop, first]
    .map(({ key, block, flow }) => (flow === first.flow ? block.name : key))
    .join(' → ');
  const message = `an endless loop: ${names}. Put a block into it that asks the caller, or a loop block that counts`;
  return [problem(first.flow.source, 'endless_loop', place(first, []), message)];
}

/** A name that is nearly the same. */
function meant(name: string, flow: Flow): string {
  const a = plain(name);
  const near = plainNames(flow).find(
    ([b]) => a === b || (a.length > 3 && (a.startsWith(b) || b.startsWith(a))),
  );
  return near === undefined ? '' : `; "${near[1]}" is meant?`;
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[-_]/g, '');
}

const namesOf = new WeakMap<Flow, readonly (readonly [plain: string, name: string])[]>();

function plainNames(flow: Flow): readonly (readonly [plain: string, name: string])[] {
  const names = namesOf.get(flow) ?? Array.from(flow.blocks.keys(), (name) => [plain(name), name] as const);
  namesOf.set(flow, names);
  return names;
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compare(a.rule, b.rule),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
