import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { configuredActionListSchema } from '../../call/action-list.js';
import { file, headerName, headerValue, secret, signingSecrets } from '../../http-client/settings.js';
import { compileUrl, isRefusal } from './url-template.js';

/** What is never shown, for those who redact without the schema; the same places carry `secret: true` there. */
export const SECRET_PATHS: readonly string[] = ['endpoints.*.headers.*', 'endpoints.*.signing_secrets.*'];

const waitingSchema = z.strictObject({
  play: z.string().min(1).describe('What `playback` takes: a file, a `tone_stream://`, …; repeated.'),
  after_ms: z
    .int()
    .min(0)
    .max(60_000)
    .default(1000)
    .describe('How long the caller may hear nothing before it begins.'),
});

const budget = {
  connect_timeout_ms: z
    .int()
    .min(1)
    .max(60_000)
    .describe('For name resolution, TCP and TLS handshake of a new connection.'),
  try_timeout_ms: z
    .int()
    .min(1)
    .max(300_000)
    .describe('For one try, from its begin to the end of the answer.'),
  total_timeout_ms: z
    .int()
    .min(1)
    .max(600_000)
    .describe('For everything together: tries, pauses between them, fallback URL.'),
  tries: z.int().min(1).max(10).describe('How often a URL is asked at most.'),
  retry_delay_ms: z
    .int()
    .min(0)
    .max(60_000)
    .describe('Pause before the second try; doubles with each, less a random part of up to one half.'),
  connections: z.int().min(1).max(10_000).describe('Connections per origin at most. Further requests wait.'),
  keep_alive_ms: z
    .int()
    .min(1)
    .max(600_000)
    .describe('How long an idle connection is kept, unless the app announces its own time.'),
  policy: z.string().min(1).describe('The policy profile under which the answers run.'),
} as const;

const breakerSchema = z.strictObject({
  failures: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('Failed tries in a row (no connection, time-out, 5xx) after which an origin is not asked.'),
  open_ms: z.int().min(1).max(3_600_000).default(10_000).describe('After this time one call tries again.'),
});

/** How HTTP apps are asked, unless their endpoint says otherwise. */
export const appDefaultsSchema = z.strictObject({
  connect_timeout_ms: budget.connect_timeout_ms.default(1000),
  try_timeout_ms: budget.try_timeout_ms.default(3000),
  total_timeout_ms: budget.total_timeout_ms.default(8000),
  tries: budget.tries.default(3),
  retry_delay_ms: budget.retry_delay_ms.default(100),
  connections: budget.connections.default(256),
  keep_alive_ms: budget.keep_alive_ms.default(4000),
  policy: budget.policy.default('default'),
  while_waiting: waitingSchema.optional().describe('What the caller hears while an app is slow.'),
  breaker: breakerSchema.prefault({}).describe('Circuit breaker, one per origin.'),
});

const urlTemplate = z
  .string()
  .superRefine((value, context) => {
    const compiled = compileUrl(value);
    if (isRefusal(compiled)) context.addIssue({ code: 'custom', message: compiled.detail });
  })
  .describe('An http(s) URL; `{name}` becomes a value of the call, percent-encoded.');

const originText = z.string().refine((value) => isOrigin(value), {
  error: 'expected an origin such as https://apps.example or http://10.0.0.5:8080, without path',
});

const urlPrefix = z.string().refine((value) => isPlainUrl(value), {
  error: 'expected an origin or the beginning of a URL, such as https://apps.example/ivr/',
});

export const addressRange = z.string().refine((value) => isAddressRange(value), {
  error: 'expected an address or a CIDR range, such as 10.0.0.5 or fd00::/8',
});

export const endpointSchema = z.strictObject({
  url: urlTemplate.optional(),
  match: z
    .array(urlPrefix)
    .default([])
    .describe(
      'URLs in `cti_curl` that belong to this endpoint, by origin or by their beginning; the longest wins.',
    ),
  method: z
    .enum(['GET', 'POST'])
    .default('GET')
    .describe('`GET`: everything stands in the URL. `POST`: a JSON body tells of the call, too.'),
  variables: z
    .array(z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'not the name of a channel variable'))
    .default([])
    .describe('Channel variables that a POST carries.'),
  headers: z.record(headerName, secret(headerValue)).default({}).describe('Sent with every request.'),
  signing_secrets: signingSecrets,
  secret_parameters: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Query parameters that logs and traces do not show; token, key, password and their kin never are.',
    ),
  fallback_url: urlTemplate
    .optional()
    .describe('Asked when the URL gave no usable answer; told the code in cti_error.'),
  fallback_actions: configuredActionListSchema
    .min(1)
    .optional()
    .describe('Run when there is no usable answer at all.'),
  while_waiting: waitingSchema.optional().describe('What the caller hears while this app is slow.'),
  ca_file: file(
    'Certificates (PEM) of those who may issue the certificate of the app; nobody else may then.',
  ),
  client_cert_file: file('Certificate (PEM) with which the daemon shows itself; with its chain.'),
  client_key_file: file('Private key (PEM) of that certificate.'),
  connect_timeout_ms: budget.connect_timeout_ms.optional(),
  try_timeout_ms: budget.try_timeout_ms.optional(),
  total_timeout_ms: budget.total_timeout_ms.optional(),
  tries: budget.tries.optional(),
  retry_delay_ms: budget.retry_delay_ms.optional(),
  connections: budget.connections.optional(),
  keep_alive_ms: budget.keep_alive_ms.optional(),
  policy: budget.policy.optional(),
});

export const egressSchema = z.strictObject({
  allowed_origins: z
    .array(originText)
    .optional()
    .describe('When set, these are asked and nothing else, endpoints and fallback URLs included.'),
  allowed_addresses: z
    .array(addressRange)
    .default([])
    .describe('Exceptions from what is refused: from denied_addresses and from the built-in list.'),
  denied_addresses: z
    .array(addressRange)
    .default([])
    .describe(
      'Addresses that are never connected to. Link-local, cloud metadata, multicast, broadcast, reserved and unspecified addresses are refused without being written.',
    ),
});

export type AppDefaults = z.output<typeof appDefaultsSchema>;
export type EndpointSettings = z.output<typeof endpointSchema>;
export type EgressSettings = z.output<typeof egressSchema>;

function isPlainUrl(value: string): boolean {
  return !/[{}#?]/.test(value) && !isRefusal(compileUrl(value));
}

function isOrigin(value: string): boolean {
  return isPlainUrl(value) && new URL(value).pathname === '/';
}

function isAddressRange(value: string): boolean {
  return value.includes('/') ? ipaddr.isValidCIDR(value) : ipaddr.isValid(value) && isFourPart(value);
}

/** ipaddr.js takes `10.1` for an address, too. */
function isFourPart(value: string): boolean {
  return value.includes(':') || /^\d+(\.\d+){3}$/.test(value);
}
