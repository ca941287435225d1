import { z } from 'zod';
import type { FlowEvent } from '../port.js';
import type { Move, Turn } from '../block.js';
import { ERROR, fail, failureIn, leave, NEXT } from '../block.js';
import { promptSchema } from '../speech/prompt.js';
import { keyIn, languageOf, playing, soundsOf } from '../speech/sound.js';
import { defineBlock, language } from './define.js';

const parameters = z.strictObject({
  prompt: promptSchema,
  language,
  barge_in: z
    .boolean()
    .default(false)
    .describe('A key ends the prompt, and counts as the first digit of the next question.'),
});

export const playPrompt = defineBlock({
  type: 'play_prompt',
  summary: 'Plays files, texts, SSML, tones or phrases.',
  parameters,
  exits: () => [NEXT, { ...ERROR, when: 'something could not be played', optional: true }],
  facts: ({ prompt, language: own }) => ({
    prompts: [{ path: ['prompt'], prompt }],
    languages: own === undefined ? [] : [{ path: ['language'], language: own }],
  }),
  enter({ prompt, language: own, barge_in: bargeIn }, turn): Move {
    const made = soundsOf(turn, [prompt], languageOf(turn, own), bargeIn);
    if ('error' in made) return fail(made.error);
    const rest = made.sounds.slice(partOf(turn));
    const sounds = bargeIn ? rest.slice(0, 1) : rest;
    return sounds.length === 0 ? leave('next') : { to: 'actions', actions: playing(turn, sounds, bargeIn) };
  },
  settle({ barge_in: bargeIn }, turn, event: FlowEvent): Move {
    const failure = failureIn(event);
    if (failure !== undefined) return fail(failure);
    if (!bargeIn) return leave('next');
    const key = keyIn(event);
    if (key === '') return { to: 'again', progress: { part: partOf(turn) + 1 } };
    turn.update({ typed: key });
    return leave('next');
  },
});

function partOf({ progress }: Turn): number {
  return typeof progress['part'] === 'number' ? progress['part'] : 0;
}
