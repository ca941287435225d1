import { z } from 'zod';
import { actionSchema, MAX_LIST_ACTIONS } from '../../call/action-list.js';

/** FreeSWITCH's uuids are of anybody's choosing (origination_uuid); these are safe as a word of a command. */
export const uuidSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected the uuid of a channel')
  .describe("The uuid of the channel, FreeSWITCH's own.");

const liveCall = {
  uuid: z.string().describe("The uuid of the channel, FreeSWITCH's own."),
  origin: z.enum(['socket', 'attached']).describe('How the call came under control.'),
  switch: z.string().optional().describe('The switch through which it is attached.'),
  program: z.string().describe('What decides about it; secrets masked.'),
  started_at: z.iso.datetime().describe('When it came under control.'),
  elapsed_ms: z.number().describe('How long it has been.'),
  caller: z.string().describe("The caller's number."),
  destination: z.string().describe('The number that was dialled.'),
  state: z
    .enum(['asking', 'running', 'between', 'ending'])
    .describe('An app is asked; FreeSWITCH runs a part of a list; between the two; it is being given back.'),
  running: z
    .array(z.string())
    .describe('The applications that FreeSWITCH was given together; which of them runs is not known.'),
  appended: z.number().describe('Lists that were appended and have not begun.'),
  actions_ran: z.number().describe('Actions that have run so far, in all its lists.'),
};

export const liveCallSchema = z.object(liveCall).describe('A call under control.');
export type LiveCallAnswer = z.infer<typeof liveCallSchema>;

export const liveCallsSchema = z.object({
  total: z.number().describe('Calls under control; those that were filtered out are counted.'),
  calls: z.array(liveCallSchema).describe('The oldest first.'),
  next_cursor: z.string().optional().describe('There are more: send it as `cursor`.'),
});

export const liveCallDetailsSchema = z
  .object({
    ...liveCall,
    application: z
      .string()
      .optional()
      .describe('What runs on the channel now, where the switch could be asked.'),
    trace: z
      .array(z.looseObject({ type: z.string(), at_ms: z.number() }))
      .describe('Everything so far, in order; what callers entered is masked.'),
  })
  .describe('A call under control, with its trace so far.');

export const callFilterSchema = z.strictObject({
  state: z.enum(['asking', 'running', 'between', 'ending']).optional().describe('Only those.'),
  origin: z.enum(['socket', 'attached']).optional().describe('Only those that came under control so.'),
  switch: z.string().optional().describe('Only those attached through that switch.'),
  program: z.string().optional().describe('A part of the program.'),
  number: z.string().optional().describe('A part of the caller or the destination.'),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000).describe('At most so many at a time.'),
  cursor: z
    .string()
    .max(400)
    .optional()
    .describe('The `next_cursor` of the answer before, with the same filters.'),
});

/** Strict, because an operator's mistyped key is a mistake and no newer app. */
export const ownActions = z
  .array(z.strictObject(actionSchema.shape))
  .min(1)
  .max(MAX_LIST_ACTIONS)
  .describe('What runs, in this order: docs/reference/actions.md.');

export const policy = z
  .string()
  .default('default')
  .describe('The policy profile under which the actions run.');

const target = z.strictObject({
  extension: z.string().min(1).describe('The number or name that the dialplan knows.'),
  dialplan: z.string().min(1).default('XML').describe('The kind of dialplan; not `inline`.'),
  context: z.string().min(1).default('default').describe('The context of the dialplan.'),
});

export const then = z
  .union([z.literal('hangup'), target])
  .describe(
    'Where an attached call goes when the actions have run; default: as the channel or the switch says.',
  );

export const hangupBodySchema = z.strictObject({
  cause: z.string().default('NORMAL_CLEARING').describe("One of FreeSWITCH's hangup causes."),
});

export const transferBodySchema = target;

export const runBodySchema = z.strictObject({
  actions: ownActions,
  mode: z
    .enum(['append', 'interrupt'])
    .describe('`append`: behind the program of the call. `interrupt`: in its place, now.'),
  policy,
  then: then.optional(),
});

export const attachBodySchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .describe('Asked what to do: a URL, or the name of an endpoint.'),
  flow: z.string().min(1).max(200).optional().describe('The flow that it gets.'),
  actions: ownActions.optional(),
  policy,
  then: then.optional(),
  switch: z
    .string()
    .optional()
    .describe("The switch that has the channel; needed only where it can't be told."),
});

export const doneSchema = z.object({ uuid: z.string() }).describe('FreeSWITCH has done it.');

export const runAnswerSchema = z.object({
  uuid: z.string(),
  how: z
    .enum(['queued', 'started', 'attached'])
    .describe(
      '`queued`: runs when the program has ended. `started`: in its place; the call then goes back to its dialplan. `attached`: in its place, on the channel taken out of what it did.',
    ),
});

export const attachAnswerSchema = z.object({ uuid: z.string(), program: z.string(), switch: z.string() });
