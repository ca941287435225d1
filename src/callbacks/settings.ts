import { z } from 'zod';
import { file, headerName, headerValue, secret, webhookSettings } from '../http-client/settings.js';
import { EVENT_TYPES } from './event.js';

const receiverName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name is letters, digits, ".", "_" and "-", at most 64 of them',
  );

const receiverSchema = z.strictObject({
  ...webhookSettings,
  url: webhookSettings.url.describe('Gets each event by POST, as JSON.'),
  headers: z.record(headerName, secret(headerValue)).default({}).describe('Sent with every event.'),
  events: z
    .array(z.enum(EVENT_TYPES))
    .min(1)
    .default([...EVENT_TYPES])
    .describe('What it is told of. `call.started` and `call.ended` are always sent.'),
  endpoints: z
    .array(z.string().min(1))
    .default([])
    .describe('Only calls that one of these endpoints decides about. With `flows`: those of either.'),
  flows: z
    .array(z.string().min(1))
    .default([])
    .describe('Only calls that are in one of these flows, or have been.'),
  show_digits: z
    .boolean()
    .default(false)
    .describe('Send what callers entered, except where a flow says that it is secret. Otherwise stars.'),
  connections: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe('Events that are sent at a time, each of another call.'),
  retry_delay_ms: z
    .int()
    .min(1)
    .max(600_000)
    .default(1000)
    .describe('Pause after a failure; doubles with each further one, less a random part of up to one half.'),
  retry_max_delay_ms: z.int().min(1).max(86_400_000).default(600_000).describe('The longest pause.'),
  give_up_after_s: z
    .int()
    .min(1)
    .max(31_536_000)
    .default(259_200)
    .describe('An event that is older than this when a try fails becomes a dead letter.'),
});

/** `callbacks` of the configuration. */
export const callbacksConfigSchema = z.strictObject({
  folder: file(
    'Folder of the outbox: what is to be sent, and what could not be. On a disk of this machine; daemons of one machine may share it. Needed where there are receivers.',
  ),
  max_mb: z
    .int()
    .min(16)
    .max(10_000_000)
    .default(10_000)
    .describe('What the outbox may take on disk. Beyond it the oldest events are given up.'),
  dead_letters_max_mb: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .describe('What dead letters may take on disk. Beyond it the older half is thrown away.'),
  lost_after_s: z
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe(
      'When a call was lost to the daemon and no switch can be asked whether it lives: after this time it counts as ended.',
    ),
  receivers: z.record(receiverName, receiverSchema).default({}).describe('Who is told of calls, by name.'),
});

export type CallbacksSettings = z.output<typeof callbacksConfigSchema>;
export type ReceiverSettings = z.output<typeof receiverSchema>;
