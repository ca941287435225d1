import type { Move } from '../block.js';
import type { Problem } from '../flow.js';
import { problem } from '../flow.js';
import type { FlowSet } from '../flow-set.js';
import type { FlowAction, FlowCall } from '../port.js';
import { referencesIn, textsIn } from '../references.js';
import { newState } from '../state.js';
import { BlockTurn } from '../turn.js';
import type { CheckContext } from './context.js';
import { place } from './context.js';
import type { Node } from './graph.js';

/** A caller who stands for all. */
const SOMEBODY: FlowCall = {
  uuid: '00000000-0000-4000-8000-000000000000',
  get: (name) => (name === 'tts_engine' ? 'flite' : undefined),
  now: () => 0,
};

/** Actions that the flows' policy would refuse, of blocks whose actions don't depend on the call. */
export function checkPolicy(node: Node, set: FlowSet, { policy }: CheckContext): Problem[] {
  const { parameters } = node.block;
  if (policy === undefined || textsIn(parameters).some(({ text }) => referencesIn(text).length > 0))
    return [];
  const refusals = actionsOf(node, set).flatMap(({ application, data }) => {
    const why = policy({ application, data });
    return why === undefined ? [] : [`the policy refuses ${application}: ${why}`];
  });
  return [...new Set(refusals)].map((message) =>
    problem(node.flow.source, 'action_refused', place(node, []), message),
  );
}

/** What the block does first. */
function actionsOf(node: Node, set: FlowSet): readonly Pick<FlowAction, 'application' | 'data'>[] {
  const { flow, block } = node;
  const state = { ...newState(set.version, flow.name, 0), block: block.name };
  const turn = new BlockTurn(set, SOMEBODY, state);
  let move: Move = { to: 'again', progress: {} };
  for (let times = 0; move.to === 'again' && times < 5; times += 1) {
    turn.update({ progress: move.progress });
    move = block.type.enter(block.parameters, turn);
  }
  if (move.to === 'actions') return move.actions;
  if (move.to !== 'invoke' || move.waiting === undefined) return [];
  return [{ application: 'playback', data: move.waiting.play }];
}
