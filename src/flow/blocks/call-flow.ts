import { z } from 'zod';
import { ERROR, leave } from '../block.js';
import { attributeName, defineBlock, flowName, values } from './define.js';
import { workOut } from './go-to-flow.js';

const parameters = z.strictObject({
  flow: flowName,
  inputs: values.default({}).describe('Become $.FlowAttributes there.'),
  outputs: z
    .record(attributeName, attributeName)
    .default({})
    .describe('attribute of this flow: value that its `return` gives.'),
});

export const callFlow = defineBlock({
  type: 'call_flow',
  summary: 'Runs another flow, and goes on when it returns.',
  parameters,
  exits: () => [
    { name: 'next', when: 'the other flow has returned' },
    { ...ERROR, when: 'there is no such flow, or too many have called each other', optional: true },
  ],
  facts: ({ flow, inputs, outputs }) => ({
    enters: { flow, call: true, inputs: Object.keys(inputs) },
    sets: Object.keys(outputs).map((name) => ({ name, space: 'FlowAttributes', exit: 'next' })),
  }),
  enter: ({ flow, inputs }, turn) => ({ to: 'flow', flow, inputs: workOut(inputs, turn), call: true }),
  returned({ outputs }, turn, { values: given, masked }) {
    for (const [mine, theirs] of Object.entries(outputs)) {
      const value = Object.hasOwn(given, theirs) ? given[theirs] : undefined;
      if (value !== undefined) turn.setFlowAttribute(mine, value, masked.includes(theirs));
    }
    return leave('next');
  },
});
