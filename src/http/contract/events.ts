import { z } from 'zod';
import { EVENT_TYPES } from '../../events/event.js';
import type { EventType } from '../../events/event.js';

const HELP = `Of: ${EVENT_TYPES.join(', ')}; \`call.*\` stands for all that begin so.`;

export const eventFilterSchema = z.strictObject({
  types: z
    .string()
    .max(1000)
    .superRefine((text, context) => {
      for (const word of text.split(','))
        if (typesOf(word).length === 0)
          context.addIssue({ code: 'custom', message: `${JSON.stringify(word.slice(0, 40))} is no type` });
    })
    .optional()
    .describe(`Only these, with commas between. ${HELP}`),
  uuid: z.string().max(128).optional().describe('Only of this call.'),
  program: z.string().max(200).optional().describe('Only of calls whose program has this in it.'),
  number: z.string().max(64).optional().describe('Only of calls whose caller or destination has this in it.'),
  switch: z.string().max(64).optional().describe('Only of this switch.'),
  last_event_id: z
    .string()
    .max(64)
    .optional()
    .describe('As the header `Last-Event-ID`, for clients that can not send it.'),
});

export const lastEventIdHeader = z.looseObject({
  'last-event-id': z
    .string()
    .max(64)
    .optional()
    .describe('The id of the last event that arrived: what came after it is sent first.'),
});

/** The `data` of each event but `hello` and `end`. */
export const apiEventSchema = z
  .looseObject({
    id: z.string(),
    type: z.string(),
    at: z.string(),
    uuid: z.string().optional(),
  })
  .describe('An event; what else is in it depends on its type.');
export type ApiEvent = z.infer<typeof apiEventSchema>;

/** `call.*` stands for all that begin so. */
export function typesOf(word: string): EventType[] {
  const begin = word.endsWith('.*') ? word.slice(0, -1) : undefined;
  return EVENT_TYPES.filter((one) => one === word || (begin !== undefined && one.startsWith(begin)));
}
