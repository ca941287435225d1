import { z } from 'zod';

export const recordSchema = z
  .looseObject({
    record_id: z.string(),
    contact_id: z.string().describe('The uuid of the channel.'),
    started_at: z.string(),
    ended_at: z.string(),
    duration_ms: z.number(),
    program: z.string(),
    flow: z.object({ name: z.string(), version: z.string() }).nullable(),
    customer_endpoint: z.object({ address: z.string(), type: z.string() }).nullable(),
    system_endpoint: z.object({ address: z.string(), type: z.string() }).nullable(),
    result: z.string(),
    hangup_cause: z.string().nullable(),
  })
  .describe('What is kept of a call that ended: docs/guide/records.md.');
export type RecordAnswer = z.infer<typeof recordSchema>;

export const recordsSchema = z.object({
  records: z.array(recordSchema).describe('The newest first.'),
  next_cursor: z
    .string()
    .optional()
    .describe(
      'There may be more: send it as `cursor`. Also when this answer is empty: so much was looked through.',
    ),
});

export const recordFilterSchema = z.strictObject({
  number: z.string().max(64).optional().describe('A part of the number of either end.'),
  flow: z.string().max(64).optional().describe('The flow that it entered first.'),
  program: z.string().max(200).optional().describe('A part of the program.'),
  result: z
    .enum(['done', 'failed', 'hung_up', 'moved', 'lost', 'interrupted'])
    .optional()
    .describe('Only those that ended so.'),
  since: z.iso.datetime({ offset: true }).optional().describe('Ended then or later.'),
  until: z.iso.datetime({ offset: true }).optional().describe('Ended before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('At most so many at a time.'),
  cursor: z
    .string()
    .max(400)
    .optional()
    .describe('The `next_cursor` of the answer before, with the same filters.'),
});
