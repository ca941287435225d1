import { isIP } from 'node:net';
import { z } from 'zod';
import { policyProfileSchema } from '../call/policy-profile.js';
import { appDefaultsSchema, egressSchema, endpointSchema } from '../source/curl/settings.js';

/** The one profile that exists without being configured. */
export const DEFAULT_POLICY = 'default';

/** Names that users choose. They stand in URLs (`/curl/<name>`), logs and environment variables. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name is letters, digits, ".", "_" and "-", at most 64 of them',
  );

const host = z
  .string()
  .refine((value) => isIP(value) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value), {
    error: 'expected an IP address or a host name of this machine',
  });

const port = z.int().min(0).max(65_535);

const listenSchema = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe('Address on which FreeSWITCH reaches the daemon. Whoever reaches it can pose as FreeSWITCH.'),
  port: port.default(8084).describe('Port of the `socket` application. 0 takes any free one.'),
});

const httpSchema = z.strictObject({
  host: host.default('127.0.0.1').describe('Address of the HTTP server that answers /healthz and /readyz.'),
  port: port.default(8085).describe('Port of the HTTP server. 0 takes any free one.'),
});

const limitsSchema = z.strictObject({
  calls: z
    .int()
    .min(1)
    .max(100_000)
    .default(2000)
    .describe(
      'Calls under control at a time. Further ones go back to the dialplan at once with `overloaded`.',
    ),
  chain_depth: z
    .int()
    .min(0)
    .max(1000)
    .default(10)
    .describe(
      'How deep lists may stand inside each other: a `cti_curl` with actions after it nests, one at the end of a list does not. Beyond that the call ends with `too_deep`.',
    ),
  actions_per_call: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1000)
    .describe(
      'How many actions a call may run in all its lists. Beyond that it ends with `too_many_actions`.',
    ),
  drain_timeout_ms: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(30_000)
    .describe(
      'How long calls may go on after SIGTERM before the daemon stops. FreeSWITCH finishes what was already handed to it.',
    ),
});

const logSchema = z.strictObject({
  level: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('The least important lines that are written.'),
  format: z.enum(['json', 'pretty']).default('json').describe('`json` for collectors, `pretty` for people.'),
  show_digits: z
    .boolean()
    .default(false)
    .describe(
      'Write what callers entered into the log. Digits are card numbers and PINs: off unless debugging.',
    ),
});

export const configSchema = z.strictObject({
  listen: listenSchema.prefault({}).describe('Where FreeSWITCH connects to (application `socket`).'),
  http: httpSchema.prefault({}).describe('The HTTP server for health checks.'),
  limits: limitsSchema.prefault({}).describe('Protection against overload and endless loops.'),
  app: appDefaultsSchema
    .prefault({})
    .describe('How HTTP apps are asked, unless their endpoint says otherwise.'),
  endpoints: z
    .record(name, endpointSchema)
    .default({})
    .describe('HTTP apps by name; used as `cti_curl=<name>`, or by the socket path `/curl/<name>`.'),
  egress: egressSchema.prefault({}).describe('Which origins and addresses may be asked at all.'),
  policies: z
    .record(name, policyProfileSchema)
    .default({})
    .transform((profiles): Record<string, z.output<typeof policyProfileSchema>> => ({
      [DEFAULT_POLICY]: policyProfileSchema.parse({}),
      ...profiles,
    }))
    .describe('What the actions of an app may do, by profile name. `default` exists without being written.'),
  log: logSchema.prefault({}).describe('The log, on standard output.'),
});

/** The configuration in force, as it is written: keys in snake_case. */
export type Config = z.output<typeof configSchema>;
