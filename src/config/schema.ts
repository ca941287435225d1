import { isIP } from 'node:net';
import { z } from 'zod';
import { actionsConfigSchema } from '../action-server/settings.js';
import { callbacksConfigSchema } from '../callbacks/settings.js';
import { policyProfileSchema } from '../call/policy-profile.js';
import { ROLES } from '../http/role.js';
import { isTargetWord } from '../switch/attached/release-target.js';
import { FS_DEFAULTS, fsEntryFault } from '../switch/fs-commands.js';
import { flowsConfigSchema } from '../flow-files/settings.js';
import { functionsConfigSchema } from '../functions/settings.js';
import { recordsConfigSchema } from '../records/settings.js';
import { metricsConfigSchema, tracesConfigSchema } from '../telemetry/settings.js';
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

const tokenSchema = z.strictObject({
  name: name.describe('Who uses it; stands in the audit log.'),
  role: z
    .enum(ROLES)
    .describe(
      '`viewer` looks, `operator` also acts on calls, `admin` also changes the switch and the configuration.',
    ),
  token: z
    .string()
    .regex(/^[\x21-\x7e]{24,512}$/, 'expected 24 to 512 visible ASCII characters without blanks')
    .meta({ secret: true })
    .describe('`openssl rand -hex 32` makes a good one.'),
});

const httpSchema = z.strictObject({
  host: host
    .default('127.0.0.1')
    .describe('Address of the HTTP server. Beyond loopback only together with `tokens`.'),
  port: port.default(8085).describe('Port of the HTTP server. 0 takes any free one.'),
  tokens: z
    .array(tokenSchema)
    .max(1000)
    .default([])
    .describe(
      'Who may use the API. Without any, it answers this machine alone, as `admin`. /healthz and /readyz need none.',
    ),
  rate_limit: z
    .strictObject({
      per_minute: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(600)
        .describe('Requests to the API within a minute, per client address and token.'),
    })
    .prefault({}),
  events: z
    .strictObject({
      buffer: z
        .int()
        .min(100)
        .max(1_000_000)
        .default(10_000)
        .describe(
          'So many of the latest events are kept for readers that come back or lag behind, until ten minutes after the last one has gone.',
        ),
      readers: z
        .int()
        .min(1)
        .max(100_000)
        .default(1000)
        .describe('Clients that may read `/v1/events` at a time.'),
    })
    .prefault({})
    .describe('The stream of events.'),
});

const auditLogSchema = z.strictObject({
  file: z
    .string()
    .min(1)
    .meta({ path: true })
    .optional()
    .describe('One JSON line for each change that somebody asked for. Without it the lines go to the log.'),
});

const releaseWord = z.string().refine(isTargetWord, {
  error: 'expected letters, digits and "_.+*#@-", at most 128 of them',
});

const switchSchema = z.strictObject({
  host: host.default('127.0.0.1').describe('Where its Event Socket listens.'),
  port: z.int().min(1).max(65_535).default(8021).describe('Port of its Event Socket.'),
  password: z
    .string()
    .min(1)
    .regex(/^[^\r\n\0]*$/, 'a password has no line break')
    .meta({ secret: true })
    .describe('The password of its Event Socket (event_socket.conf.xml).'),
  attach: z
    .boolean()
    .default(true)
    .describe('Parked channels that carry `cti_curl` or `cti_flow` are taken.'),
  release: z
    .strictObject({
      extension: releaseWord.describe('Extension of the dialplan.'),
      context: releaseWord.describe('Context of the dialplan.'),
      dialplan: releaseWord.default('XML').describe('Kind of dialplan.'),
    })
    .optional()
    .describe(
      'Where an attached call goes when its program ends without hanging up, unless the channel variable `cti_release` says otherwise. Absent: it is hung up with NORMAL_CLEARING.',
    ),
  guard_s: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe(
      'How many seconds a call that waits for a daemon is left to wait when the daemon is gone. Then FreeSWITCH lets it go on, with `daemon_lost`.',
    ),
  conf_dir: z
    .string()
    .min(1)
    .meta({ path: true })
    .optional()
    .describe('Where its configuration is, when it is on this machine: for `acl` and `audit`.'),
  acl_file: z
    .string()
    .min(1)
    .meta({ path: true })
    .optional()
    .describe('Its access lists; default: autoload_configs/acl.conf.xml in `conf_dir`.'),
});

const fsCommand = z.string().superRefine((text, context) => {
  const fault = fsEntryFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `the command ${fault}` });
});

function fsList(who: string): z.ZodDefault<z.ZodArray<typeof fsCommand>> {
  return z
    .array(fsCommand)
    .max(1000)
    .default([FS_DEFAULTS])
    .describe(
      `API commands that ${who} may give by \`switchhook fs\`: the words with which they begin, \`*\` for any word. \`${FS_DEFAULTS}\` stands for the built-in list.`,
    );
}

const fsSchema = z.strictObject({
  viewer: fsList('everybody with a token'),
  operator: fsList('operators and admins'),
  admin: fsList('admins'),
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
  http: httpSchema.prefault({}).describe('The HTTP server: health checks, and the API for operators.'),
  audit_log: auditLogSchema.prefault({}).describe('Who changed what by the API.'),
  instance: name
    .optional()
    .describe(
      'The name of this daemon among those that share a switch; the mark of the channels that it has attached. Default: the host name. Keep it over restarts.',
    ),
  switches: z
    .record(name, switchSchema)
    .default({})
    .describe('FreeSWITCHes that the daemon connects to, by name: for attached calls and for operators.'),
  fs: fsSchema.prefault({}).describe('The terminal: which API commands of FreeSWITCH which role may give.'),
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
  flows: flowsConfigSchema.prefault({}).describe('Flows: programs of blocks, one YAML file each.'),
  functions: functionsConfigSchema.prefault({}).describe('Functions that flows invoke.'),
  records: recordsConfigSchema.prefault({}).describe('What is kept of calls that ended.'),
  callbacks: callbacksConfigSchema.prefault({}).describe('Who is told what happens on calls, while it does.'),
  metrics: metricsConfigSchema.prefault({}).describe('Figures for Prometheus.'),
  traces: tracesConfigSchema.prefault({}).describe('Spans of calls for OpenTelemetry.'),
  actions: actionsConfigSchema
    .prefault({})
    .describe('Actions for switches that ask by themselves, at /v1/actions/<entry>.'),
  log: logSchema.prefault({}).describe('The log, on standard output.'),
});

/** The configuration in force, as it is written: keys in snake_case. */
export type Config = z.output<typeof configSchema>;
