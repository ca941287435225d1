import { z } from 'zod';

export const receiversSchema = z
  .array(
    z.object({
      name: z.string(),
      url: z.string().describe('Secrets masked.'),
      waiting: z.number().describe('Events that it has not taken yet.'),
      delivered: z.number().describe('Since the daemon started.'),
      dead_letters: z.number(),
      failing_since: z.iso.datetime().optional().describe('Since when the last tries have failed.'),
      last_error: z.string().optional(),
      next_try_at: z.iso.datetime().optional(),
    }),
  )
  .describe('The receivers of callbacks, and how they take them.');
export type ReceiversAnswer = z.infer<typeof receiversSchema>;

const letter = {
  id: z.string().describe('The id of the event, and the `webhook-id` of its tries.'),
  receiver: z.string(),
  type: z.string(),
  sequence: z.number(),
  uuid: z.string().describe('The channel.'),
  call: z.string().describe('The id of the call.'),
  timestamp: z.string().describe('When it happened.'),
  given_up_at: z.string(),
  attempts: z.number().describe('How often it was tried since the daemon started.'),
  reason: z.string(),
};

export const deadLettersSchema = z.object({
  letters: z.array(z.object(letter)),
  after: z.string().optional().describe('There may be more: ask for those after this one.'),
});
export type DeadLettersAnswer = z.infer<typeof deadLettersSchema>;

export const deadLetterSchema = z.object({
  ...letter,
  event: z.looseObject({}).describe('The body, as it was sent.'),
});

/** Ids are made of these; whatever stands in a URL is checked. */
const letterId = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,128}$/, 'expected the id of a dead letter')
  .describe('The id of the event.');

export const deadLetterParams = z.strictObject({ id: letterId });

const filter = {
  receiver: z.string().min(1).max(64).optional().describe('One of `callbacks.receivers`.'),
  uuid: z.string().min(1).max(128).optional().describe('Of the channel.'),
  type: z.string().min(1).max(64).optional().describe('The type of the event.'),
};

export const deadLetterQuery = z.strictObject({
  ...filter,
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('At most so many at a time.'),
  after: letterId.optional().describe('The id of the last one that is known.'),
});

export const redeliverBody = z
  .strictObject({
    ids: z.array(letterId).min(1).max(1000).optional().describe('These and no others.'),
    ...filter,
    all: z.literal(true).optional().describe('Needed without any other key.'),
  })
  .refine(
    ({ ids, ...others }) => ids === undefined || Object.values(others).every((value) => value === undefined),
    {
      error: '`ids` stands alone',
    },
  )
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    error: 'say which: `ids`, `receiver`, `uuid`, `type`, or `all`',
  });

export const redeliveredSchema = z.object({ redelivered: z.number().describe('How many.') });
