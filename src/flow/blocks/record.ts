import { z } from 'zod';
import type { FlowEvent } from '../port.js';
import type { Move, Turn } from '../block.js';
import { action, ERROR, fail, leave, NEXT } from '../block.js';
import { fill, fillShown, isMasked } from '../references.js';
import { needed } from '../speech/sound.js';
import { attributeName, defineBlock } from './define.js';
import { asFileName } from './safe-value.js';

/** 1,000 Hz for a third of a second. */
const BEEP = 'tone_stream://%(330,0,1000)';
/** Below this, FreeSWITCH takes a frame for silent (the mean of its samples). */
const SILENCE_THRESHOLD = 200;

const parameters = z.strictObject({
  file: z
    .string()
    .regex(/^\/[^\s'\\]+\.[A-Za-z0-9]{1,8}$/, 'expected an absolute path without blanks, with an extension')
    .describe('Where to: a file in a folder that the policy allows. Values in its name become plain words.'),
  beep: z.boolean().default(true),
  max_s: z.int().min(1).max(7200).default(120).describe('The longest recording, in seconds.'),
  silence_s: z.int().min(1).max(60).optional().describe('So many seconds of silence end it.'),
  silence_threshold: z.int().min(1).max(10_000).default(SILENCE_THRESHOLD),
  end_keys: z
    .string()
    .regex(/^(?:none|any|[0-9*#]{1,12})$/)
    .default('#')
    .describe('Keys that end it.'),
  min_ms: z.int().min(0).max(60_000).default(1000).describe('What is shorter counts as nothing.'),
  output: attributeName.optional().describe('An attribute for the path of the file.'),
  output_ms: attributeName.optional().describe('An attribute for its length in milliseconds.'),
});

type Parameters = z.output<typeof parameters>;

export const record = defineBlock({
  type: 'record',
  summary: 'Records the caller.',
  parameters,
  stops: 'input',
  exits: () => [
    NEXT,
    { name: 'nothing', when: 'nothing was said, or too little', instead: 'error' },
    { ...ERROR, when: 'it could not be recorded' },
  ],
  facts: ({ output, output_ms: ms }) => ({
    sets: [output, ms]
      .filter((name) => name !== undefined)
      .map((name) => ({ name, space: 'Attributes' as const, exit: 'next' })),
  }),
  enter(given, turn): Move {
    const { beep, max_s: maxS, silence_s: silenceS, silence_threshold: threshold, end_keys: keys } = given;
    const file = fileOf(given, turn);
    const shown = fillShown(given.file, turn.scope, asFileName);
    const limits = silenceS === undefined ? [maxS] : [maxS, threshold, silenceS];
    return {
      to: 'actions',
      actions: [
        ...needed(turn, { playback_terminators: keys }),
        ...(beep ? [action('playback', BEEP, { heard: '(beep)' })] : []),
        action('record', [file, ...limits].join(' '), {
          id: 'record',
          heard: shown ?? file,
          ...(shown === undefined ? {} : { shown }),
        }),
      ],
    };
  },
  settle(given, turn, event: FlowEvent): Move {
    if (event.kind !== 'outcomes') return fail('flow_out_of_step');
    const outcome = event.outcomes.find(({ id }) => id === 'record');
    const refused = event.outcomes.some(({ status }) => status === 'refused');
    if (outcome === undefined || refused) return fail(refused ? 'action_refused' : 'flow_out_of_step');
    const ms = Number(outcome.variables['record_ms'] ?? '0');
    if (outcome.status !== 'ok' || !(ms >= given.min_ms)) return leave('nothing');
    // All of it was silence.
    const silent = outcome.variables['silence_hits_exhausted'] === 'true';
    if (silent && given.silence_s !== undefined && ms <= given.silence_s * 1000 + 500)
      return leave('nothing');
    if (given.output !== undefined)
      turn.setAttribute(given.output, fileOf(given, turn), isMasked(given.file, turn.scope));
    if (given.output_ms !== undefined) turn.setAttribute(given.output_ms, String(Math.round(ms)), false);
    return leave('next');
  },
});

function fileOf({ file }: Parameters, turn: Turn): string {
  return fill(file, turn.scope, asFileName);
}
