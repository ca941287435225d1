import { z } from 'zod';
import type { FlowAction, FlowEvent } from '../port.js';
import type { Move, Turn } from '../block.js';
import { action, ERROR, fail, failureIn, leave, NEXT } from '../block.js';
import { isMasked, textOf, valueOf } from '../references.js';
import { attributeName, defineBlock, FEW, isFew, scalar, values } from './define.js';
import type { Scalar } from './define.js';
import { asVariableValue } from './safe-value.js';

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'expected the name of a channel variable');

const exported = z.strictObject({
  value: scalar,
  export: z
    .union([z.boolean(), variableName])
    .default(false)
    .describe('Also set as a channel variable: `cti_<name>`, or the one named. The policy has to allow it.'),
});

const parameters = z.strictObject({
  attributes: z
    .record(attributeName, z.union([scalar, exported]))
    .refine(isFew, FEW)
    .default({})
    .describe('They live as long as the call.'),
  flow_attributes: values.default({}).describe('They live as long as this flow.'),
  remove: z.array(attributeName).max(64).default([]).describe('Attributes to forget.'),
});

type Parameters = z.output<typeof parameters>;

export const setAttributes = defineBlock({
  type: 'set_attributes',
  summary: 'Sets attributes of the contact or of the flow.',
  parameters,
  exits: () => [NEXT, { ...ERROR, when: 'a channel variable could not be set', optional: true }],
  facts: ({ attributes, flow_attributes: own }) => ({
    sets: [
      ...Object.keys(attributes).map((name) => ({ name, space: 'Attributes' as const })),
      ...Object.keys(own).map((name) => ({ name, space: 'FlowAttributes' as const })),
    ],
  }),
  enter(given, turn): Move {
    // What is set may be made of what it was: it must not be set again when the call is resumed here.
    if (turn.progress['set'] !== 1) {
      assign(given, turn);
      return exportsOf(given).length === 0 ? leave('next') : { to: 'again', progress: { set: 1 } };
    }
    const actions = exportsOf(given).map(([name, variable]): FlowAction => {
      const value = asVariableValue(turn.state.attributes[name] ?? '');
      const masked = turn.state.masked.includes(`Attributes.${name}`);
      return action('set', `${variable}=${value}`, masked ? { shown: `${variable}=***` } : {});
    });
    const masked = exportsOf(given).filter(([name]) => turn.state.masked.includes(`Attributes.${name}`));
    return { to: 'actions', actions, masked: masked.map(([, variable]) => variable) };
  },
  settle(_given, _turn, event: FlowEvent): Move {
    const failure = failureIn(event);
    return failure === undefined ? leave('next') : fail(failure);
  },
});

/** All values are worked out before the first is set. */
function assign({ attributes, flow_attributes: own, remove }: Parameters, turn: Turn): void {
  const work = (value: Scalar): { text: string; masked: boolean } => ({
    text: typeof value === 'string' ? textOf(valueOf(value, turn.scope)) : String(value),
    masked: typeof value === 'string' && isMasked(value, turn.scope),
  });
  const made = Object.entries(attributes).map(([name, given]) => ({
    name,
    ...work(typeof given === 'object' ? given.value : given),
  }));
  const local = Object.entries(own).map(([name, value]) => ({ name, ...work(value) }));
  for (const { name, text, masked } of made) turn.setAttribute(name, text, masked);
  for (const { name, text, masked } of local) turn.setFlowAttribute(name, text, masked);
  if (remove.length === 0) return;
  const kept = Object.entries(turn.state.attributes).filter(([name]) => !remove.includes(name));
  turn.update({ attributes: Object.fromEntries(kept) });
}

/** Attribute and channel variable. */
function exportsOf({ attributes }: Parameters): (readonly [string, string])[] {
  return Object.entries(attributes).flatMap(([name, given]) => {
    if (typeof given !== 'object' || given.export === false) return [];
    return [[name, given.export === true ? `cti_${name}` : given.export] as const];
  });
}
