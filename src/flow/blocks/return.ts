import { z } from 'zod';
import { defineBlock, values } from './define.js';
import { workOut } from './go-to-flow.js';

const parameters = z.strictObject({ values: values.default({}).describe('What the calling flow gets.') });

export const returnBlock = defineBlock({
  type: 'return',
  summary: 'Goes back to the flow that called this one; ends the flow when none did.',
  parameters,
  last: true,
  exits: () => [],
  enter: ({ values: given }, turn) => ({ to: 'return', values: workOut(given, turn) }),
});
