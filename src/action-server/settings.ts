import { z } from 'zod';
import { configuredActionListSchema } from '../call/action-list.js';
import { numberFault } from '../flow/numbers.js';
import { signingSecrets } from '../http-client/settings.js';
import { addressRange } from '../source/curl/settings.js';

const flowName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a flow has the name of its file, without .yaml');

const number = z.string().superRefine((text, context) => {
  const fault = numberFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

const tokenKey = z.string().min(16).max(512).meta({ secret: true });

const perMinute = z.int().min(1).max(1_000_000);

const protectionSchema = z.strictObject({
  tokens: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9._~-]{16,512}$/, 'expected 16 to 512 letters, digits or ".", "_", "~", "-"')
        .meta({ secret: true }),
    )
    .max(100)
    .default([])
    .describe(
      'Whoever begins has to send one of these, as "Authorization: Bearer <token>" or as `key=<token>` in the URL.',
    ),
  addresses: z
    .array(addressRange)
    .max(1000)
    .default([])
    .describe('Only from these addresses and CIDR ranges. Empty: from anywhere.'),
  signing_secrets: signingSecrets.describe(
    'Every request has to be signed by Standard Webhooks with one of these.',
  ),
  rate_limit: z
    .strictObject({
      per_caller_per_minute: perMinute
        .optional()
        .describe(
          'How often a caller number may begin within a minute. Beyond that it gets the fallback actions.',
        ),
      per_source_per_minute: perMinute
        .optional()
        .describe('How many requests an address may send within a minute. Beyond that it gets 429.'),
    })
    .prefault({}),
});

export const entrySchema = z
  .strictObject({
    flow: flowName.optional().describe('The flow that is served.'),
    list: configuredActionListSchema.optional().describe('The same actions for every call.'),
    numbers: z
      .record(number, z.union([flowName, configuredActionListSchema]))
      .optional()
      .describe(
        'Dialled numbers, or `/regular expressions/` for the whole of them, and a flow or a list for each: `?number=` tells which.',
      ),
    fallback_actions: configuredActionListSchema
      .default([])
      .describe(
        'What a call gets when its token can not be used, or its flow failed. Without any it goes on in its own dialplan.',
      ),
    policy: z
      .string()
      .optional()
      .describe('The policy profile that the actions of the flow are held to; default: `flows.policy`.'),
    protection: protectionSchema
      .prefault({})
      .describe('Who may ask. Nothing set: everybody who reaches the port.'),
  })
  .superRefine(({ flow, list, numbers }, context) => {
    if ([flow, list, numbers].filter((one) => one !== undefined).length !== 1)
      context.addIssue({ code: 'custom', message: 'expected one of flow, list and numbers' });
  });

/** `actions` of the configuration. */
export const actionsConfigSchema = z.strictObject({
  public_url: z
    .string()
    .regex(/^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[A-Za-z0-9._~/-]*)?$/, 'expected an http(s) URL without query')
    .optional()
    .describe(
      'How switches reach this server, or the balancer before it: what stands before /v1/actions. Default: http:// and the Host header of the request.',
    ),
  token_key: tokenKey
    .optional()
    .describe(
      'Signs and encrypts the continuation tokens. The same for all daemons behind public_url. Without one a key is drawn when the daemon starts, and a restart sends calls to their fallback actions. `openssl rand -hex 32` makes a good one.',
    ),
  former_token_keys: z
    .array(tokenKey)
    .max(4)
    .default([])
    .describe('Keys whose tokens are still good, while a key is being replaced.'),
  token_ttl_s: z
    .int()
    .min(1)
    .max(604_800)
    .default(14_400)
    .describe(
      'How long a token is good, in seconds: longer than the longest conversation, prompt or queue of a flow.',
    ),
  remembered_calls: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(100_000)
    .describe('Of so many calls the latest token is remembered, to know it when it is used again.'),
  entries: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a name is letters, digits, ".", "_" and "-"'),
      entrySchema,
    )
    .default({})
    .describe('What /v1/actions/<entry> serves, by entry.'),
});

export type ActionsConfig = z.output<typeof actionsConfigSchema>;
export type EntrySettings = z.output<typeof entrySchema>;
export type ProtectionSettings = z.output<typeof protectionSchema>;
