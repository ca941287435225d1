import { z } from 'zod';
import { action } from '../block.js';
import { defineBlock } from './define.js';

const parameters = z.strictObject({
  cause: z
    .string()
    .regex(/^[A-Z][A-Z_]{1,39}$/, 'expected a hangup cause such as NORMAL_CLEARING')
    .default('NORMAL_CLEARING'),
});

export const disconnect = defineBlock({
  type: 'disconnect',
  summary: 'Hangs up.',
  parameters,
  last: true,
  exits: () => [],
  enter: ({ cause }) => ({
    to: 'actions',
    actions: [action('hangup', cause, { heard: cause })],
    final: true,
  }),
  // Only when the policy does not allow that cause.
  settle: () => ({ to: 'end' }),
});
