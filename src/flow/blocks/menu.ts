import { z } from 'zod';
import type { FlowEvent } from '../port.js';
import type { Move, Turn } from '../block.js';
import { ERROR, leave } from '../block.js';
import type { Asked, Question } from '../speech/collect.js';
import { ask, heardBack } from '../speech/collect.js';
import { languageOf } from '../speech/sound.js';
import { blockName, defineBlock } from './define.js';
import { questionFacts, questionShape } from './question.js';

const parameters = z.strictObject({
  ...questionShape,
  choices: z
    .record(z.string().regex(/^[0-9*#]{1,8}$/, 'expected keys such as "1" (in quotes)'), blockName)
    .refine((choices) => Object.keys(choices).length > 0, 'expected at least one choice')
    .describe('What the caller may press, and the block to which it leads.'),
});

type Parameters = z.output<typeof parameters>;

export const menu = defineBlock({
  type: 'menu',
  summary: 'Asks for a choice; each leads to a block of its own.',
  parameters,
  stops: 'input',
  exits: ({ choices }) => [
    ...Object.entries(choices).map(([keys, target]) => ({
      name: keys,
      when: `${keys} was pressed`,
      target,
      at: ['choices', keys],
    })),
    { name: 'no_input', when: 'nothing was pressed in any try', instead: 'error' },
    { name: 'no_match', when: 'what was pressed last is no choice', instead: 'error' },
    { ...ERROR, when: 'the question could not be asked' },
  ],
  facts: questionFacts,
  enter: (given, turn) => moveOf(turn, ask(questionOf(given, turn), turn)),
  settle: (given, turn, event: FlowEvent) => moveOf(turn, heardBack(questionOf(given, turn), turn, event)),
});

function questionOf(given: Parameters, turn: Turn): Question {
  const keys = Object.keys(given.choices);
  const max = Math.max(...keys.map((key) => key.length));
  return {
    prompt: given.prompt,
    noInput: given.no_input,
    noMatch: given.no_match,
    language: languageOf(turn, given.language),
    bargeIn: given.barge_in,
    min: 1,
    max,
    // One key is enough where every choice is one key; else # ends a short one, unless it is part of a choice.
    terminators: max === 1 || keys.some((key) => key.includes('#')) ? '' : '#',
    timeoutMs: given.timeout_ms,
    digitTimeoutMs: given.digit_timeout_ms,
    tries: given.tries,
    masked: false,
    accepts: (digits) => Object.hasOwn(given.choices, digits),
  };
}

function moveOf(turn: Turn, asked: Asked): Move {
  if (asked.to === 'none') return leave(asked.exit);
  if (asked.to !== 'digits') return asked;
  turn.update({
    storedInput: asked.digits,
    masked: turn.state.masked.filter((name) => name !== 'StoredInput'),
  });
  return leave(asked.digits);
}
