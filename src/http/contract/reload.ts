import { z } from 'zod';

const switchName = z.string().max(64).optional().describe('May be left out while one switch is configured.');
const force = z.boolean().default(false).describe('Do it even if calls are lost by it.');

/** The name of a SIP profile, as it may stand in a command. */
const profileName = z
  .string()
  .max(100)
  .regex(/^[^\s'"\\^-][^\s'"\\^]*$/, 'expected the name of a SIP profile, without blanks and quotes');

export const reloadRequestSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('acl'), switch: switchName }),
  z.strictObject({ what: z.literal('xml'), switch: switchName }),
  z.strictObject({
    what: z.literal('profile'),
    profile: profileName.describe('The SIP profile.'),
    restart: z.boolean().default(false).describe('Restart it instead of a rescan.'),
    force,
    switch: switchName,
  }),
  z.strictObject({ what: z.literal('sofia'), force, switch: switchName }),
  z.strictObject({ what: z.literal('config') }),
]);

export type ReloadRequest = z.output<typeof reloadRequestSchema>;

export const reloadAnswerSchema = z
  .object({
    what: z.enum(['acl', 'xml', 'profile', 'sofia', 'config']),
    switch: z.string().optional().describe('Which switch reloaded.'),
    answer: z.string().optional().describe('What FreeSWITCH said.'),
    calls_lost: z.int().describe('Legs that were ended by it.'),
    notes: z.array(z.string()).describe('What an operator should know.'),
    changes: z
      .array(
        z.object({
          path: z.string(),
          before: z.unknown().optional(),
          after: z.unknown().optional(),
        }),
      )
      .optional()
      .describe("Of the daemon's configuration, what is in force that was not before; secrets are masked."),
  })
  .describe('What was reloaded.');

export type ReloadAnswer = z.infer<typeof reloadAnswerSchema>;

export const fsRequestSchema = z.strictObject({
  command: z.string().min(1).max(8192).describe('One API command of FreeSWITCH, on one line.'),
  switch: switchName,
});

export const fsAnswerSchema = z
  .object({
    switch: z.string(),
    ok: z.boolean().describe('The answer does not begin like a refusal.'),
    answer: z.string(),
  })
  .describe('What FreeSWITCH answered.');
