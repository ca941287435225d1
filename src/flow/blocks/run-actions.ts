import { z } from 'zod';
import type { FlowAction, FlowEvent } from '../port.js';
import type { Move, Turn } from '../block.js';
import { action, ERROR, fail, leave, NEXT } from '../block.js';
import { fill, fillShown } from '../references.js';
import { attributeName, defineBlock } from './define.js';
import { asText, asWord } from './safe-value.js';

const parameters = z.strictObject({
  actions: z
    .array(
      z.strictObject({
        application: z.string().regex(/^[A-Za-z0-9_]{1,64}$/, 'expected the name of an application'),
        data: z
          .string()
          .max(16_384)
          .default('')
          .describe('Values in it must be plain words, or plain text where the application takes a text.'),
        on_error: z
          .enum(['continue', 'stop'])
          .default('continue')
          .describe('`stop`: the rest is left out, and the block is left by `error`.'),
        timeout_ms: z.int().min(1).max(86_400_000).optional(),
      }),
    )
    .min(1)
    .max(50)
    .describe("Any applications that the policy allows, and the daemon's own."),
  outputs: z
    .record(attributeName, z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/))
    .default({})
    .describe('attribute: channel variable that one of the actions leaves (docs/reference/actions.md).'),
});

/** Their data is said, shown or stored as a whole. */
const TEXTUAL: ReadonlySet<string> = new Set(['speak', 'phrase', 'log', 'set', 'export']);

export const runActions = defineBlock({
  type: 'run_actions',
  summary: 'Runs applications of FreeSWITCH.',
  parameters,
  exits: () => [
    NEXT,
    { name: 'failed', when: 'one of the actions failed', instead: 'error' },
    { ...ERROR, when: 'an action was refused' },
  ],
  facts: ({ outputs }) => ({
    sets: Object.keys(outputs).map((name) => ({ name, space: 'Attributes', exit: 'next' })),
  }),
  enter({ actions }, turn): Move {
    // One at a time where the ones after it may have to be left out.
    const from = placeIn(turn);
    const stop = actions.findIndex(({ on_error: onError }, index) => index >= from && onError === 'stop');
    const part = actions.slice(from, stop < 0 ? actions.length : stop + 1);
    const made: FlowAction[] = [];
    for (const [index, { application, data, timeout_ms: timeoutMs }] of part.entries()) {
      const filled = filledIn(application, data, turn);
      if (filled === undefined) return fail('unsafe_value');
      const id = `a${from + index}`;
      const shown = fillShown(data, turn.scope, (value) => asText(value));
      made.push(
        action(application, filled, {
          id,
          heard: `${application} ${shown ?? filled}`,
          ...(shown === undefined ? {} : { shown }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
        }),
      );
    }
    // They may set what speech and prompts need.
    turn.update({ voice: {} });
    return { to: 'actions', actions: made };
  },
  settle({ actions, outputs }, turn, event: FlowEvent): Move {
    if (event.kind !== 'outcomes') return fail('flow_out_of_step');
    for (const [name, variable] of Object.entries(outputs)) {
      const value = event.outcomes.findLast(({ variables }) => Object.hasOwn(variables, variable))?.variables[
        variable
      ];
      if (value !== undefined) turn.setAttribute(name, value, false);
    }
    if (event.outcomes.some(({ status }) => status === 'refused')) return fail('action_refused');
    const wrong = event.outcomes.some(({ status }) => status !== 'ok');
    const failed = wrong || turn.progress['failed'] === 1;
    const from = placeIn(turn) + event.outcomes.length;
    const stopped = wrong && actions[from - 1]?.on_error === 'stop' && event.outcomes.at(-1)?.status !== 'ok';
    if (from < actions.length && event.outcomes.length > 0 && !stopped) {
      return { to: 'again', progress: failed ? { from, failed: 1 } : { from } };
    }
    return failed ? fail('action_failed', 'failed') : leave('next');
  },
});

function placeIn({ progress }: Turn): number {
  return typeof progress['from'] === 'number' ? progress['from'] : 0;
}

function filledIn(application: string, data: string, turn: Turn): string | undefined {
  if (TEXTUAL.has(application)) return fill(data, turn.scope, asText);
  const unsafe: string[] = [];
  const filled = fill(data, turn.scope, (value) => {
    const word = asWord(value);
    if (word === undefined) unsafe.push(value);
    return word ?? '';
  });
  return unsafe.length === 0 ? filled : undefined;
}
