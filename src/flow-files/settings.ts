import { z } from 'zod';
import { numberFault } from '../flow/numbers.js';
import { STATE_MAX_BYTES } from '../flow/state.js';

const path = z.string().min(1).meta({ path: true });

const flowName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a flow has the name of its file: letters, digits, ".", "_" and "-", at most 64 of them',
  );

const word = z.string().regex(/^[A-Za-z0-9_./:@+-]{1,128}$/, 'expected letters, digits and "_./:@+-"');

const voiceSchema = z.strictObject({
  engine: word.describe("FreeSWITCH's speech engine: `flite`, `unimrcp`, `tts_commandline`, …"),
  voice: word.describe('The name of the voice, as the engine knows it.'),
  say: word
    .optional()
    .describe('A `say` module (`en`) whose recorded sounds speak numbers, dates and characters.'),
  ssml: z.boolean().default(false).describe('The engine understands SSML and gets it as it is.'),
});

const number = z.string().superRefine((text, context) => {
  const fault = numberFault(text);
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

/** `flows` of the configuration. */
export const flowsConfigSchema = z.strictObject({
  folder: path.optional().describe('Folder with one YAML file for each flow. Without it there are no flows.'),
  policy: z.string().default('default').describe('The policy profile under which the actions of flows run.'),
  numbers: z
    .record(number, flowName)
    .default({})
    .describe(
      'Dialled numbers, or `/regular expressions/` for the whole of them, and the flows they belong to: for calls that name no program.',
    ),
  speech: z
    .record(z.string().min(1).max(64), voiceSchema)
    .default({})
    .describe('Engine and voice for each language: `en-US`, or `en` for all kinds of it.'),
  default_language: z
    .string()
    .min(1)
    .max(64)
    .default('en-US')
    .describe('Of flows that name none themselves.'),
  sounds_folder: path
    .optional()
    .describe('Where the sounds of FreeSWITCH are, when they are on this machine: the checker looks there.'),
  state_max_bytes: z
    .int()
    .min(512)
    .max(65_536)
    .default(STATE_MAX_BYTES)
    .describe(
      'What a flow may keep of a call (attributes, path, what a function answered), in bytes of JSON. Beyond that it ends with `flow_state_too_large`.',
    ),
  state_key: z
    .string()
    .min(16)
    .max(512)
    .meta({ secret: true })
    .optional()
    .describe(
      'Signs and encrypts `cti_state`, the channel variable by which another daemon goes on with a call. The same for all daemons that share calls. `openssl rand -hex 32` makes a good one.',
    ),
  versions_folder: path
    .optional()
    .describe(
      'Where versions of flows are kept for calls that outlive a restart of the daemon. Default: `.versions` in `folder`, if it can be written.',
    ),
});

export type FlowsConfig = z.output<typeof flowsConfigSchema>;
