import { z } from 'zod';
import { headerName, headerValue, secret, webhookSettings } from '../http-client/settings.js';

/** `metrics` of the configuration. */
export const metricsConfigSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Count, and answer `GET /metrics` on the HTTP server.'),
  access: z
    .enum(['token', 'open'])
    .default('token')
    .describe(
      '`token`: as the API, any role; without `http.tokens`, this machine alone. `open`: everybody who reaches the port.',
    ),
});

/** `traces` of the configuration. */
export const tracesConfigSchema = z.strictObject({
  endpoint: webhookSettings.url
    .optional()
    .describe(
      'Where spans go: OTLP over HTTP in JSON, with the path (`http://127.0.0.1:4318/v1/traces`). Without it none are made.',
    ),
  headers: z.record(headerName, secret(headerValue)).default({}).describe('Sent with every batch.'),
  sample_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('The share of calls that are recorded. Apps are told in `traceparent` which are.'),
  timeout_ms: webhookSettings.timeout_ms.describe('For one batch, with its connection.'),
  ca_file: webhookSettings.ca_file,
  client_cert_file: webhookSettings.client_cert_file,
  client_key_file: webhookSettings.client_key_file,
});

export type TracesSettings = z.output<typeof tracesConfigSchema>;
