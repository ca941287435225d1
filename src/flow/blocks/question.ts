import { z } from 'zod';
import type { BlockFacts } from '../block.js';
import { promptSchema } from '../speech/prompt.js';
import { language } from './define.js';

/** What get_digits and menu have in common. */
export const questionShape = {
  prompt: promptSchema.optional(),
  no_input: promptSchema.optional().describe('Played before the next try when nothing was typed.'),
  no_match: promptSchema.optional().describe('Played before the next try when what was typed is not good.'),
  language,
  barge_in: z.boolean().default(true).describe('Keys interrupt the prompts.'),
  tries: z.int().min(1).max(20).default(3),
  timeout_ms: z.int().min(1000).max(120_000).default(5000).describe('How long the first digit may take.'),
  digit_timeout_ms: z
    .int()
    .min(200)
    .max(120_000)
    .default(2000)
    .describe('How long each further digit may take.'),
};

/** `#` and the like, each once; `none` for none. */
export const terminators = z
  .string()
  .regex(/^(?:none|[0-9*#A-D]{1,16})$/, 'expected keys such as "#", or none');

export function questionFacts(parameters: {
  readonly prompt?: unknown;
  readonly no_input?: unknown;
  readonly no_match?: unknown;
  readonly language?: string | undefined;
}): BlockFacts {
  const named = ['prompt', 'no_input', 'no_match'] as const;
  return {
    sets: [{ name: 'StoredInput', space: 'StoredInput' }],
    prompts: named
      .filter((name) => parameters[name] !== undefined)
      .map((name) => ({ path: [name], prompt: parameters[name] })),
    languages:
      parameters.language === undefined ? [] : [{ path: ['language'], language: parameters.language }],
  };
}
