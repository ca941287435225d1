import { z } from 'zod';
import { file, headerName, headerValue, secret, webhookSettings } from '../http-client/settings.js';

const httpSinkSchema = z.strictObject({
  ...webhookSettings,
  url: webhookSettings.url.describe('Gets each record by POST, as JSON.'),
  headers: z.record(headerName, secret(headerValue)).default({}).describe('Sent with every record.'),
  connections: z.int().min(1).max(64).default(4).describe('Records that are sent at a time.'),
  retry_delay_ms: z
    .int()
    .min(1)
    .max(600_000)
    .default(1000)
    .describe('Pause after a failure; doubles with each further one.'),
  retry_max_delay_ms: z.int().min(1).max(86_400_000).default(60_000).describe('The longest pause.'),
});

/** `records` of the configuration. */
export const recordsConfigSchema = z.strictObject({
  file: file('JSON lines, one per call. Without it none are written.'),
  rotate: z
    .strictObject({
      max_mb: z.int().min(1).max(100_000).default(100).describe('A larger file is put aside.'),
      daily: z.boolean().default(true).describe('So is one of the day before (UTC).'),
      keep: z.int().min(0).max(10_000).default(30).describe('Files put aside that are kept. 0: all.'),
    })
    .prefault({}),
  http: httpSinkSchema.optional().describe('Where else records are sent to.'),
  state_folder: file(
    'Folder for what must outlive the daemon: records of calls that run, and those that are not sent yet. Default: `.records` beside `file`.',
  ),
  spool_max_mb: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Records that wait for the receiver, at most. Beyond it the oldest are given up.'),
  hidden_attributes: z
    .array(z.string().min(1).max(128))
    .default([])
    .describe('Contact attributes of which records do not show the value.'),
});

export type RecordsSettings = z.output<typeof recordsConfigSchema>;
export type HttpSinkSettings = z.output<typeof httpSinkSchema>;
