import type { FlowSet } from '../../flow/flow-set.js';
import type { FlowState } from '../../flow/state.js';
import type { SourceNote } from '../port.js';

type BlockNote = SourceNote & { readonly type: 'block' };

/**
 * The blocks that a flow had left before another daemon took the call over, from the state's path: the latest of
 * them, with the times at which they were left.
 */
export function visitsBefore({ path, begun, flow }: FlowState, set: FlowSet): BlockNote[] {
  const notes: BlockNote[] = [];
  // A path that was cut short does not say in which flow it begins: in the one that is left first, or still there.
  let at = path.find((step) => step.startsWith('@'))?.slice(1) ?? flow;
  let enteredAt = begun;
  for (const step of path) {
    if (step.startsWith('@')) {
      at = step.slice(1);
      continue;
    }
    const [block = '', exit = '', after = ''] = step.split(':');
    const leftAt = begun + Number(after);
    const known = set.flows.get(at);
    notes.push({
      type: 'block',
      flow: at,
      version: known?.version ?? '',
      block,
      blockType: known?.blocks.get(block)?.type.type ?? '',
      exit,
      enteredAt,
      leftAt,
    });
    enteredAt = leftAt;
  }
  return notes;
}
