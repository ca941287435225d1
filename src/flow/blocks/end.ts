import { z } from 'zod';
import { defineBlock } from './define.js';

export const end = defineBlock({
  type: 'end',
  summary: 'Ends the flow; the call goes back to the dialplan.',
  parameters: z.strictObject({}),
  last: true,
  exits: () => [],
  enter: () => ({ to: 'end' }),
});
