import { z } from 'zod';
import type { Turn, Worked } from '../block.js';
import { ERROR } from '../block.js';
import { isMasked, textOf, valueOf } from '../references.js';
import type { Scalar } from './define.js';
import { defineBlock, flowName, values } from './define.js';

const parameters = z.strictObject({
  flow: flowName,
  inputs: values.default({}).describe('Become $.FlowAttributes there.'),
});

export const goToFlow = defineBlock({
  type: 'go_to_flow',
  summary: 'Goes on in another flow, and does not come back.',
  parameters,
  last: true,
  exits: () => [{ ...ERROR, when: 'there is no such flow', optional: true }],
  facts: ({ flow, inputs }) => ({ enters: { flow, call: false, inputs: Object.keys(inputs) } }),
  enter: ({ flow, inputs }, turn) => ({ to: 'flow', flow, inputs: workOut(inputs, turn), call: false }),
});

/** What is not set is left out. */
export function workOut(given: Readonly<Record<string, Scalar>>, turn: Turn): Worked {
  const made = Object.entries(given).map(
    ([name, value]) => [name, typeof value === 'string' ? valueOf(value, turn.scope) : value] as const,
  );
  const values = Object.fromEntries(
    made.filter(([, value]) => value !== undefined).map(([name, value]) => [name, textOf(value)]),
  );
  const masked = Object.entries(given).flatMap(([name, value]) =>
    typeof value === 'string' && isMasked(value, turn.scope) ? [name] : [],
  );
  return { values, masked };
}
