import { z } from 'zod';

const place = {
  file: z.string().describe('Relative to the folder where it is inside of it.'),
  line: z.int().min(0),
};

export const auditSchema = z
  .object({
    folder: z.string().describe("The folder of FreeSWITCH's configuration that was read."),
    findings: z.array(
      z.object({
        rule: z.string(),
        severity: z.enum(['error', 'warning', 'note']),
        ...place,
        message: z.string(),
        why: z.string(),
        remedy: z.string(),
        path: z
          .array(z.object({ ...place, what: z.string(), number: z.string().optional() }))
          .optional()
          .describe('How a caller gets there.'),
      }),
    ),
    not_judged: z.array(z.object({ ...place, what: z.string() })),
    files: z.int().min(0).describe('How many files were read.'),
    complete: z.boolean().describe('False: too many ways lead through the dialplan to follow all of them.'),
  })
  .describe('What is dangerous in the configuration of a switch.');
