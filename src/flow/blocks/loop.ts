import { z } from 'zod';
import { leave } from '../block.js';
import { textOf, valueOf } from '../references.js';
import { defineBlock } from './define.js';

const MOST = 100;

const parameters = z.strictObject({
  times: z
    .union([z.int().min(1).max(MOST), z.string().min(1)])
    .describe(`How often \`again\` is taken: 1 to ${MOST}, or a reference; what is no number counts as 0.`),
});

export const loop = defineBlock({
  type: 'loop',
  summary: 'Goes round a number of times.',
  parameters,
  stops: 'bound',
  exits: () => [
    { name: 'again', when: 'it has not yet gone round so often' },
    { name: 'next', when: 'it has; it then counts from the beginning' },
  ],
  enter({ times }, turn) {
    const wanted = typeof times === 'number' ? times : Number(textOf(valueOf(times, turn.scope)).trim() || 0);
    const most = Number.isFinite(wanted) ? Math.min(MOST, Math.max(0, Math.floor(wanted))) : 0;
    const key = `${turn.state.flow}/${turn.block}`;
    const { loops } = turn.state;
    const done = Object.hasOwn(loops, key) ? (loops[key] ?? 0) : 0;
    if (done < most) {
      turn.update({ loops: { ...loops, [key]: done + 1 } });
      return leave('again');
    }
    turn.update({ loops: Object.fromEntries(Object.entries(loops).filter(([name]) => name !== key)) });
    return leave('next');
  },
});
