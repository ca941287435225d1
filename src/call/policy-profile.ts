import { z } from 'zod';
import { isHangupCause } from '../switch/hangup-cause.js';
import { patternFault } from '../safe-pattern.js';
import {
  DEFAULT_APPLICATIONS,
  DEFAULT_RECORDINGS,
  DEFAULT_ROOTS,
  DEFAULT_SETTABLE,
} from './policy/defaults.js';

const pattern = z.string().superRefine((source, context) => {
  const fault = patternFault(source);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `the pattern ${fault}` });
});
const patterns = z.array(pattern);
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]*\*?$/, 'a variable name, or its beginning followed by *');
const applicationName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'an application name in lower case');
const word = z.string().regex(/^[A-Za-z0-9_.@:-]+$/, 'letters, digits and _ . @ : - only');
const fileExtension = z.string().regex(/^[A-Za-z0-9]{1,8}$/, 'a file extension without the dot');
const directory = z
  .string()
  .regex(
    /^(?:\/[A-Za-z0-9_+=~-][A-Za-z0-9_.+=~ -]*)+$/,
    'an absolute folder without .. and without / at the end',
  );
const hangupCause = z.string().refine(isHangupCause, 'not a hangup cause of FreeSWITCH');

const expansionSchema = z
  .strictObject({
    allow: z.boolean().default(false).describe('Whether ${…} may appear in data at all.'),
    variables: z.array(variableName).default([]).describe('Variables that may be expanded.'),
    apis: z.array(word).default([]).describe('API commands that may be called as ${command(arguments)}.'),
  })
  .prefault({});

const variablesSchema = z
  .strictObject({
    set: z
      .array(variableName)
      .default([...DEFAULT_SETTABLE])
      .describe('Channel variables that set, export, unset and their kin may touch.'),
    dial: z
      .array(variableName)
      .default([
        'leg_timeout',
        'leg_delay_start',
        'leg_progress_timeout',
        'originate_timeout',
        'ignore_early_media',
      ])
      .describe('Further variables that may stand in the {}, [] and <> of a dial string.'),
    digits: z
      .array(variableName)
      .default(['digits*', 'digit', 'pin', 'choice', 'selection', 'input', 'account*', 'menu_*'])
      .describe('Further variables that read and play_and_get_digits may fill.'),
    max_length: z.int().min(1).max(16_384).default(2048).describe('Longest value, in characters.'),
  })
  .prefault({});

const concurrent = z.int().min(1).max(100_000);

const dialSchema = z
  .strictObject({
    users: patterns.default(['.*']).describe('user/<id>: ids that may be called.'),
    domains: patterns.default(['.*']).describe('Domains after the @ of user/ and group/.'),
    groups: patterns.default(['.*']).describe('group/<name>'),
    gateways: z
      .record(
        word,
        z.strictObject({
          numbers: patterns.describe('Numbers that may be dialled through it.'),
          max_concurrent: concurrent
            .optional()
            .describe('Calls at the same time through it, of this profile.'),
        }),
      )
      .default({})
      .describe('sofia/gateway/<name>/<number>'),
    sip_uris: z
      .array(
        z.strictObject({
          profile: word.describe('The SIP profile.'),
          uri: pattern.describe('What may follow it.'),
        }),
      )
      .default([])
      .describe('sofia/<profile>/<uri>'),
    loopback: z
      .array(
        z.strictObject({
          extension: pattern.describe('Extensions that may be dialled.'),
          context: word.describe('In this context of the dialplan.'),
        }),
      )
      .default([])
      .describe('loopback/<extension>/<context>/XML; the context must be named.'),
    endpoints: z
      .array(
        z.strictObject({
          endpoint: z
            .string()
            .regex(/^[a-z0-9_.]+$/)
            .describe('Its name.'),
          data: pattern.describe('What may follow the slash.'),
        }),
      )
      .default([])
      .describe('Any other kind: pickup, verto.rtc, freetdm, …'),
    errors: z.boolean().default(false).describe('error/<cause>'),
    max_legs: z.int().min(1).max(100).default(10).describe('Legs in one dial string.'),
    max_concurrent: concurrent
      .optional()
      .describe('Calls at the same time with an outgoing leg, of this profile.'),
  })
  .prefault({});

const playSchema = z
  .strictObject({
    roots: z
      .array(directory)
      .default([...DEFAULT_ROOTS])
      .describe('Folders from which files may be played.'),
    relative: z.boolean().default(true).describe('File names relative to the sound_prefix of FreeSWITCH.'),
    extensions: z
      .array(fileExtension)
      .default([
        'wav',
        'mp3',
        'ogg',
        'opus',
        'flac',
        'gsm',
        'ul',
        'al',
        'PCMU',
        'PCMA',
        'G722',
        'G729',
        'GSM',
      ])
      .describe('Extensions of files that may be played.'),
    streams: z
      .array(
        z.enum([
          'tone_stream',
          'silence_stream',
          'local_stream',
          'file_string',
          'say',
          'phrase',
          'http_cache',
        ]),
      )
      .default(['tone_stream', 'silence_stream', 'local_stream', 'file_string', 'say', 'phrase'])
      .describe('Kinds of `<stream>://…` that may be played.'),
    urls: z
      .array(
        z
          .string()
          .regex(
            /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?\/(?:[A-Za-z0-9_.~-]+\/)*$/,
            'https://host[:port]/[path/]',
          ),
      )
      .default([])
      .describe('Beginnings of URLs that may be played, each ending in /.'),
    params: z
      .array(z.string().regex(/^[a-z_]+$/))
      .default([])
      .describe('Names allowed in {name=value}file.'),
  })
  .prefault({});

/** What a named policy allows; an empty object is the default profile. Keys are those of the YAML. */
export const policyProfileSchema = z.strictObject({
  applications: z
    .array(applicationName)
    .default([...DEFAULT_APPLICATIONS])
    .describe('Applications that may run; all others are refused.'),
  expansion: expansionSchema,
  variables: variablesSchema,
  caller_id: z
    .strictObject({
      numbers: patterns.default([]).describe('Numbers that may be shown as the caller.'),
      names: patterns.default([]).describe('Names that may be shown as the caller.'),
    })
    .prefault({}),
  dial: dialSchema,
  play: playSchema,
  record: z
    .strictObject({
      roots: z
        .array(directory)
        .default([...DEFAULT_RECORDINGS])
        .describe('Folders into which may be recorded.'),
      extensions: z
        .array(fileExtension)
        .default(['wav', 'mp3', 'ogg', 'opus', 'flac'])
        .describe('Extensions of files that may be recorded to.'),
      max_seconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(7200)
        .describe('Longest recording that may be asked for.'),
    })
    .prefault({}),
  speak: z
    .strictObject({
      engines: z.array(word).default(['flite', 'unimrcp']).describe('Text-to-speech engines.'),
      max_length: z.int().min(1).max(16_384).default(4000).describe('Longest text, in characters.'),
    })
    .prefault({}),
  hangup: z
    .strictObject({
      causes: z.array(hangupCause).optional().describe('Hangup causes that may be given; all when left out.'),
    })
    .prefault({}),
  sleep: z
    .strictObject({
      max_ms: z
        .int()
        .min(1)
        .max(86_400_000)
        .default(3_600_000)
        .describe('Longest sleep that may be asked for.'),
    })
    .prefault({}),
  transfer: z
    .strictObject({
      destinations: z
        .array(
          z.strictObject({
            extension: pattern.describe('Extensions that may be transferred to.'),
            dialplan: word.default('XML').describe('The dialplan.'),
            context: word.describe('Its context.'),
          }),
        )
        .default([])
        .describe('Where transfer may lead; the action must name dialplan and context.'),
    })
    .prefault({}),
  callcenter: z
    .strictObject({ queues: patterns.default(['.*']).describe('Queues, with their @domain.') })
    .prefault({}),
  fifo: z
    .strictObject({ queues: patterns.default([]).describe('Queues that a caller may enter.') })
    .prefault({}),
  conference: z
    .strictObject({
      rooms: patterns.default([]).describe('Conferences that a caller may enter.'),
      profiles: z.array(word).default(['default']).describe('With one of these conference profiles.'),
    })
    .prefault({}),
});

export type PolicyProfile = z.output<typeof policyProfileSchema>;
