import { z } from 'zod';
import { DEFAULT_INSTANCE_ARN } from './contact-event.js';
import { file, headerName, headerValue, secret, signingSecrets } from '../http-client/settings.js';

/** Names of functions stand in flows, logs, URLs (`/v1/functions/<name>`) and on the command line. */
export const FUNCTION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const functionNameSchema = z
  .string()
  .regex(FUNCTION_NAME, 'a name is letters, digits, ".", "_" and "-", at most 64 of them');

const httpUrl = z.string().max(4096).refine(isPlainUrl, {
  error: 'expected an absolute http(s) URL without user, password, fragment, blanks or backslashes',
});

const parameterName = z.string().min(1).max(128);

const parameterSchema = z.strictObject({
  description: z.string().optional(),
  required: z
    .boolean()
    .default(false)
    .describe('Without it the function is not asked: `function_parameters`.'),
  example: z.json().optional().describe('What `function test` sends.'),
});

const outputSchema = z.strictObject({
  description: z.string().optional(),
  required: z
    .boolean()
    .default(false)
    .describe('A response without it goes to the error exit: `function_not_understood`.'),
  example: z.json().optional(),
});

export const functionSchema = z
  .strictObject({
    description: z.string().max(1000).optional(),
    url: httpUrl.optional().describe('Where an HTTP function is asked.'),
    method: z.enum(['POST', 'PUT']).default('POST'),
    file: file('JavaScript (or TypeScript, where Node runs it) with a handler, instead of `url`.'),
    handler: z
      .string()
      .regex(/^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/, 'not the name of an export')
      .default('handler')
      .describe('The export of `file` that is called.'),
    event: z
      .enum(['contact', 'flat'])
      .default('contact')
      .describe('`contact`: the ContactFlowEvent of Amazon Connect. `flat`: the parameters alone.'),
    timeout_ms: z
      .int()
      .min(1)
      .max(8000)
      .default(3000)
      .describe('For the whole invocation: tries, pauses, waiting for a thread.'),
    try_timeout_ms: z
      .int()
      .min(1)
      .max(8000)
      .optional()
      .describe('For one try over HTTP. Without it a try may take all the time there is.'),
    connect_timeout_ms: z.int().min(1).max(8000).default(1000),
    retries: z
      .int()
      .min(0)
      .max(3)
      .default(3)
      .describe('Further tries over HTTP after failed connections, time-outs, 429 and 5xx.'),
    retry_delay_ms: z
      .int()
      .min(0)
      .max(8000)
      .default(100)
      .describe('Before the first of them; doubles with each.'),
    breaker: z
      .strictObject({
        failures: z.int().min(1).max(10_000).default(10),
        open_ms: z.int().min(1).max(3_600_000).default(10_000),
      })
      .prefault({})
      .describe('After so many failures in a row the function is left alone for a while.'),
    response: z
      .enum(['string_map', 'json'])
      .default('string_map')
      .describe('`string_map`: a flat object of strings. `json`: an object that may be nested.'),
    coerce: z
      .boolean()
      .default(false)
      .describe('Turn numbers and booleans of a string map into strings instead of refusing them.'),
    parameters: z
      .record(parameterName, parameterSchema)
      .optional()
      .describe('What the function takes. Without it anything may be sent.'),
    outputs: z
      .record(parameterName, outputSchema)
      .optional()
      .describe('What the function answers. Without it flows may refer to anything.'),
    headers: z.record(headerName, secret(headerValue)).default({}).describe('Sent with every request.'),
    signing_secrets: signingSecrets,
    secret_parameters: z
      .array(z.string().min(1))
      .default([])
      .describe('Query parameters of `url` that logs and traces do not show, beyond the usual ones.'),
    ca_file: file('Certificates (PEM) of those who may issue the certificate of the function.'),
    client_cert_file: file('Certificate (PEM) with which the daemon shows itself.'),
    client_key_file: file('Private key (PEM) of that certificate.'),
    connections: z
      .int()
      .min(1)
      .max(10_000)
      .default(64)
      .describe('Connections at most. Further requests wait.'),
    keep_alive_ms: z.int().min(1).max(600_000).default(4000).describe('How long an idle connection is kept.'),
    memory_mb: z.int().min(16).max(4096).default(128).describe('Of a thread that runs `file`.'),
    concurrency: z
      .int()
      .min(1)
      .max(256)
      .default(4)
      .describe('How many invocations of `file` may run at a time, each in a thread of its own.'),
    environment: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'not the name of a variable'), secret(z.string()))
      .default({})
      .describe('The environment of `file`; nothing of the environment of the daemon is in it.'),
  })
  .superRefine((settings, context) => {
    if ((settings.url === undefined) === (settings.file === undefined)) {
      context.addIssue({
        code: 'custom',
        message: settings.url === undefined ? 'expected url or file' : 'expected url or file, not both',
      });
    }
    for (const [kind, names] of [
      ['url', LOCAL_ONLY],
      ['file', HTTP_ONLY],
    ] as const) {
      if (settings[kind] === undefined) continue;
      for (const name of names) {
        const value = settings[name];
        if (value !== undefined && Object.keys(value).length > 0) {
          context.addIssue({
            code: 'custom',
            path: [name],
            message: `means nothing to a function with ${kind}`,
          });
        }
      }
    }
  });

/** Those without a default, or with an empty one: the others can't be told from being written. */
const LOCAL_ONLY = ['environment'] as const;
const HTTP_ONLY = ['headers', 'signing_secrets', 'ca_file', 'client_cert_file', 'client_key_file'] as const;

/** functions.yaml */
export const functionsFileSchema = z.strictObject({
  functions: z.record(functionNameSchema, functionSchema).default({}).describe('Functions by name.'),
});

/** `functions` of the configuration. */
export const functionsConfigSchema = z.strictObject({
  file: file('The functions that flows may invoke, by name (functions.yaml).'),
  instance_arn: z
    .string()
    .max(512)
    .regex(/^[\x21-\x7e]+$/, 'expected visible ASCII characters without blanks')
    .default(DEFAULT_INSTANCE_ARN)
    .describe('What functions are told as InstanceARN.'),
});

export type FunctionSettings = z.output<typeof functionSchema>;

function isPlainUrl(text: string): boolean {
  if (!/^https?:\/\/[^/?#@]+([/?]|$)/i.test(text) || /[\s\\#]|\p{Cc}/u.test(text)) return false;
  return URL.canParse(text);
}
