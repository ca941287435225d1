import { z } from 'zod';
import { leave } from '../block.js';
import { conditionSchema, holds } from '../condition.js';
import { blockName, defineBlock } from './define.js';

const parameters = z.strictObject({
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64).optional().describe('Name of the exit; default: `case 1`, …'),
        when: conditionSchema,
        next: blockName,
      }),
    )
    .min(1)
    .max(100)
    .describe('The first whose condition holds is taken; `next` of the block when none does.'),
});

type Case = z.output<typeof parameters>['cases'][number];

export const branch = defineBlock({
  type: 'branch',
  summary: 'Goes different ways, by what is known.',
  parameters,
  exits: ({ cases }) => [
    ...cases.map((one, index) => ({
      name: nameOf(one, index),
      when: 'its condition holds',
      target: one.next,
      at: ['cases', index, 'next'],
    })),
    { name: 'next', when: 'no condition holds' },
  ],
  facts({ cases }) {
    const names = ['next', ...cases.map(nameOf)];
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
    return twice < 1
      ? {}
      : {
          faults: [
            { path: ['cases', twice - 1, 'name'], message: `two exits are named "${names[twice] ?? ''}"` },
          ],
        };
  },
  enter({ cases }, turn) {
    const index = cases.findIndex(({ when }) => holds(when, turn.scope));
    const taken = cases[index];
    return leave(taken === undefined ? 'next' : nameOf(taken, index));
  },
});

function nameOf({ name }: Case, index: number): string {
  return name ?? `case ${index + 1}`;
}
