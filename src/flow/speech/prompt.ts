import { z } from 'zod';

/** What a block plays: a text to be spoken, or one of these, or several one after the other. */

const language = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe('Language of the text, where it is another one.');

const onePromptSchema = z.union([
  z.string().min(1),
  z.strictObject({ text: z.string().min(1).describe('Text to be spoken.'), language }),
  z.strictObject({ ssml: z.string().min(1).describe('SSML to be spoken.'), language }),
  z.strictObject({ file: z.string().min(1).describe('A sound file, as `playback` takes it.') }),
  z.strictObject({ tone: z.string().min(1).describe('A tone script: `%(200,100,440)`.') }),
  z.strictObject({ silence_ms: z.int().min(1).max(600_000).describe('Silence.') }),
  z.strictObject({
    phrase: z.string().min(1).describe('A phrase macro of FreeSWITCH.'),
    data: z.string().optional().describe('What the macro gets.'),
    language,
  }),
]);

export const promptSchema = z
  .union([onePromptSchema, z.array(onePromptSchema).min(1).max(50)])
  .describe('A text to be spoken, or {text|ssml|file|tone|silence_ms|phrase}, or a list of those.');

export type OnePrompt = z.output<typeof onePromptSchema>;
export type Prompt = z.output<typeof promptSchema>;

export function promptList(prompt: Prompt | undefined): readonly OnePrompt[] {
  return prompt === undefined ? [] : Array.isArray(prompt) ? prompt : [prompt];
}
