import { z } from 'zod';

/** The one shape of every error that the API answers; the codes are those of docs/reference/errors.md. */
export const errorAnswerSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string().describe('What the code means.'),
      detail: z.string().describe('What it was this time; may be empty.'),
      remedy: z.string().describe('What to do about it.'),
      path: z.string().optional().describe('Where in the request: `body.actions[2].data`.'),
    }),
  })
  .describe('What went wrong.');

export type ErrorAnswer = z.infer<typeof errorAnswerSchema>;
