import type { Problem } from '../flow.js';
import { problem } from '../flow.js';
import type { Reference } from '../references.js';
import { template, textsIn } from '../references.js';
import type { CheckContext } from './context.js';
import { place } from './context.js';
import type { Node } from './graph.js';
import type { Known } from './known.js';

/** References that mean nothing, and those to what no way to the block sets. */
export function checkReferences(node: Node, known: Known | undefined, context: CheckContext): Problem[] {
  const problems: Problem[] = [];
  const told = new Set<string>();
  for (const { path, text } of textsIn(node.block.parameters)) {
    const { parts, faults } = template(text);
    for (const fault of faults)
      problems.push(problem(node.flow.source, 'reference', place(node, path), fault));
    if (faults.length > 0) continue;
    for (const part of parts) {
      if (typeof part === 'string') continue;
      const message = foreign(part, node) ?? (known === undefined ? undefined : unset(part, known, context));
      if (message === undefined || told.has(part.text)) continue;
      told.add(part.text);
      problems.push(problem(node.flow.source, 'unset_attribute', place(node, path), message));
    }
  }
  return problems;
}

/** `${block.name}`: the block has to be one of this flow, and to set that. */
function foreign({ block, text, path }: Reference, node: Node): string | undefined {
  if (block === undefined) return undefined;
  const owner = node.flow.blocks.get(block);
  if (owner === undefined) return `${text}: there is no block "${block}"`;
  const facts = owner.type.facts?.(owner.parameters, node.flow.publicKeys);
  const sets = facts?.sets?.some(({ name, space }) => space === 'Attributes' && name === path[0]) === true;
  return sets ? undefined : `${text}: the block "${block}" does not set "${path[0] ?? ''}"`;
}

function unset(
  { text, space, path }: Reference,
  known: Known,
  { functions }: CheckContext,
): string | undefined {
  switch (space) {
    case 'Attributes':
    case 'FlowAttributes':
      return known.has(`${space}.${path[0] ?? ''}`) ? undefined : `${text} is set on no way to this block`;
    case 'StoredInput':
      return known.has(space) ? undefined : `${text}: no way to this block asks for digits`;
    case 'Queue':
      return known.has(space) ? undefined : `${text}: no way to this block goes through a queue`;
    case 'External': {
      const latest = known.latestFunctions();
      if (latest.length === 0) return `${text}: no way to this block leads from a function that has answered`;
      const [name] = path;
      const declared = latest.map((one) => functions?.(one)?.outputs);
      const missing =
        name !== undefined && declared.every((outputs) => outputs !== undefined && !outputs.includes(name));
      return missing ? `${text}: ${latest.join(', ')} does not answer "${name}"` : undefined;
    }
    case 'Channel':
    case 'CustomerEndpoint':
    case 'SystemEndpoint':
    case 'Error':
    case 'ContactId':
    case 'LanguageCode':
      return undefined;
  }
}
