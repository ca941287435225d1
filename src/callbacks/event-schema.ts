import { z } from 'zod';

const status = z.enum(['ok', 'failed', 'timed_out', 'refused', 'hung_up', 'interrupted', 'moved']);
const kind = z.enum(['call', 'queue']);
const text = z.string();
const optionalText = z.string().optional();
const milliseconds = z.number().min(0);
const block = optionalText.describe('The block of the flow that did it.');

const transferEnded = z.object({
  kind,
  by: text.describe('The application: `bridge`, `transfer`, `callcenter`, …'),
  to: text,
  block,
  status,
  response: optionalText,
  cause: optionalText,
  agent: optionalText,
  duration_ms: milliseconds.optional(),
});

const DATA = {
  'call.started': z.object({
    resumed: z.boolean().describe('A daemon before this one had begun with the call.'),
    continues: optionalText.describe('The `call.id` under which that one told of it.'),
  }),
  'call.answered': z.object({
    by: optionalText.describe('The application that answered; `before`: the call came so.'),
    answered_at: optionalText.describe('Where it was answered before this receiver was told of the call.'),
  }),
  'action.completed': z.object({
    list: z.int().min(0).describe('Number of the list on this call.'),
    index: z.int().min(0).describe('Position in the list.'),
    id: optionalText.describe("The app's own name for the action."),
    block,
    application: text,
    status,
    response: optionalText,
    detail: optionalText,
    duration_ms: milliseconds.optional(),
    variables: z.record(text, text).describe('The channel variables that tell of the outcome.'),
  }),
  digits: z.object({
    variable: text,
    block,
    status,
    digits: text.describe('Stars when `masked`.'),
    masked: z.boolean(),
  }),
  'transfer.started': z.object({ kind, to: text, block }),
  'transfer.completed': transferEnded,
  'transfer.failed': transferEnded,
  'recording.saved': z.object({ by: text, path: text, block, recorded_ms: milliseconds.optional() }),
  'recording.failed': z.object({ by: text, path: text, block, reason: optionalText }),
  'call.ended': z.object({
    duration_ms: milliseconds,
    result: z.enum(['done', 'failed', 'hung_up', 'moved', 'lost', 'interrupted']),
    error: z.object({ code: text, detail: text }).optional(),
    hangup_cause: optionalText.describe("FreeSWITCH's name for it; not there when the call lives on."),
    moved_to: optionalText,
    actions_ran: z.int().min(0).optional(),
  }),
} as const;

const common = {
  id: text.describe('Also the `webhook-id`: the same for every try.'),
  timestamp: z.iso.datetime().describe('When the daemon knew of it.'),
  sequence: z
    .int()
    .min(1)
    .describe('From 1, without gaps: among the events of this call that this receiver gets.'),
  call: z.object({
    id: text.describe('One hand-over of a channel, to its end; a channel may be handed over again.'),
    uuid: text.describe('The channel.'),
    program: text,
    caller: text,
    destination: text,
    started_at: z.iso.datetime(),
    instance: text.describe('The daemon.'),
  }),
} as const;

const event = <const Type extends keyof typeof DATA>(type: Type) =>
  z.object({ ...common, type: z.literal(type), data: DATA[type] });

/** The body of a callback; published as JSON Schema. Further keys may come with later versions. */
export const receivedEventSchema = z
  .discriminatedUnion('type', [
    event('call.started'),
    event('call.answered'),
    event('action.completed'),
    event('digits'),
    event('transfer.started'),
    event('transfer.completed'),
    event('transfer.failed'),
    event('recording.saved'),
    event('recording.failed'),
    event('call.ended'),
  ])
  .describe('One event of a call, as a receiver of `callbacks` gets it.');
