import { z } from 'zod';
import { action, ERROR, fail, failureIn, leave, NEXT } from '../block.js';
import { defineBlock } from './define.js';

const parameters = z.strictObject({
  ms: z.int().min(1).max(3_600_000).describe('How long, in milliseconds.'),
});

export const wait = defineBlock({
  type: 'wait',
  summary: 'Waits in silence.',
  parameters,
  exits: () => [NEXT, { ...ERROR, when: 'the policy does not allow to wait so long', optional: true }],
  enter: ({ ms }) => ({ to: 'actions', actions: [action('sleep', String(ms), { heard: `(${ms} ms)` })] }),
  settle(_given, _turn, event) {
    const failure = failureIn(event);
    return failure === undefined ? leave('next') : fail(failure);
  },
});
