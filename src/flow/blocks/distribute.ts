import { z } from 'zod';
import { leave } from '../block.js';
import { blockName, defineBlock } from './define.js';

const parameters = z.strictObject({
  shares: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64).optional().describe('Name of the exit; default: `share 1`, …'),
        percent: z.number().min(0).max(100),
        next: blockName,
      }),
    )
    .min(1)
    .max(100)
    .refine(
      (shares) => Math.abs(shares.reduce((sum, { percent }) => sum + percent, 0) - 100) < 0.001,
      'the percentages are not 100 together',
    ),
});

type Share = z.output<typeof parameters>['shares'][number];

export const distribute = defineBlock({
  type: 'distribute',
  summary: 'Sends calls different ways, so many of a hundred each.',
  parameters,
  exits: ({ shares }) =>
    shares.map((share, index) => ({
      name: nameOf(share, index),
      when: `${share.percent} % of the calls`,
      target: share.next,
      at: ['shares', index, 'next'],
    })),
  facts({ shares }) {
    const names = shares.map(nameOf);
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
    return twice < 0
      ? {}
      : {
          faults: [
            { path: ['shares', twice, 'name'], message: `two exits are named "${names[twice] ?? ''}"` },
          ],
        };
  },
  enter({ shares }, { call, block, state }) {
    const drawn = call.draw?.(block) ?? draw(`${call.uuid}/${state.flow}/${block}/${state.count}`);
    let sum = 0;
    const index = shares.findIndex(({ percent }) => drawn < (sum += percent));
    // Rounding may leave the very last of a hundred over.
    const at = index < 0 ? shares.findLastIndex(({ percent }) => percent > 0) : index;
    const share = shares[at];
    return leave(share === undefined ? '' : nameOf(share, at));
  },
});

function nameOf({ name }: Share, index: number): string {
  return name ?? `share ${index + 1}`;
}

/** FNV-1a, stirred once more so that near texts fall far apart; from 0 up to 100. */
export function draw(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000) * 100;
}
