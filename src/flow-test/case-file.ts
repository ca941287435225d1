import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { z } from 'zod';
import { checked } from '../checked.js';
import { problemsOf } from '../config/issues.js';
import { yamlLayer } from '../config/layer.js';
import { ConfigError } from '../config/problem.js';
import { Shape } from '../config/shape.js';

/** A file of test cases: what the caller and the world around a flow do, and what has to happen. */

const text = z.string();
const ms = z.int().min(0).max(86_400_000);
const keys = z.string().regex(/^[0-9A-D*#]{1,128}$/, 'expected keys: 0 to 9, A to D, *, #');

const stepSchema = z
  .union([
    z.literal('nothing').describe('Lets a question pass, or says nothing.'),
    z.literal('hang_up').describe('Hangs up instead.'),
    z.strictObject({ press: keys.describe('The next time digits are asked for.') }),
    z.strictObject({ interrupt: keys.describe('As soon as a prompt plays that keys interrupt.') }),
    z.strictObject({ says_ms: ms.describe('Speaks so long when recorded, then presses #.') }),
  ])
  .describe('What the caller does the next time something is asked of him.');

const answerSchema = z.union([
  z.strictObject({
    answers: z.json().describe('What the function answers.'),
    after_ms: ms.default(50),
  }),
  z.strictObject({
    fails: z
      .string()
      .regex(/^[a-z_]{1,64}$/)
      .describe('A code: function_timeout, function_exception, …'),
    after_ms: ms.default(50),
  }),
  z.literal('real').describe('The function itself is invoked.'),
]);

const calleeSchema = z.union([
  z.enum(['answers', 'busy', 'no_answer', 'refuses', 'unreachable']),
  z.strictObject({
    answers_after_ms: ms.default(2000),
    talks_ms: ms.default(10_000).describe('Then the callee hangs up.'),
  }),
  z.strictObject({
    cause: z
      .string()
      .regex(/^[A-Z_]{1,64}$/)
      .describe('A hangup cause of FreeSWITCH.'),
    after_ms: ms.default(500),
  }),
]);

const queueSchema = z.union([
  z.enum(['answers', 'timeout', 'no_agents', 'left', 'unknown']),
  z.strictObject({ answers_after_ms: ms.default(2000), talks_ms: ms.default(10_000) }),
  z.strictObject({ times_out_after_ms: ms }),
]);

const httpSchema = z.union([
  z.array(z.strictObject({ application: z.string(), data: z.string().default('') })).max(100),
  z.strictObject({ fails: z.string().regex(/^[a-z_]{1,64}$/) }),
]);

/** One text, or a regular expression between slashes. */
const pattern = text.describe('A text, or /a regular expression/.');

const expectSchema = z.strictObject({
  path: z
    .array(text)
    .optional()
    .describe('Every block in order: `block`, `block:exit`, or with its flow, `flow/block`.'),
  passes: z.array(text).optional().describe('Blocks in this order; others may be between.'),
  avoids: z.array(text).optional().describe('Blocks that are not entered.'),
  prompts: z.array(pattern).optional().describe('Everything that is heard, in order.'),
  hears: z.array(pattern).optional().describe('What is heard among other things, in this order.'),
  digits: z.array(text).optional().describe('What was typed at each question; stars where masked.'),
  functions: z
    .array(
      z.union([text, z.strictObject({ function: text, parameters: z.record(text, z.json()).optional() })]),
    )
    .optional()
    .describe('Every function that is invoked, in order; of the parameters those named.'),
  attributes: z.record(text, pattern).optional().describe("Contact attributes in the end; '' : not set."),
  variables: z.record(text, pattern).optional().describe("Channel variables in the end; '': not set."),
  transfers: z.array(pattern).optional().describe('Everybody who is called, as dial strings.'),
  queues: z.array(pattern).optional().describe('Every queue that is entered.'),
  actions: z
    .array(pattern)
    .optional()
    .describe('Applications, `application data`, among others in this order.'),
  ends: z
    .enum(['by_flow', 'by_caller', 'in_dialplan', 'failed'])
    .optional()
    .describe(
      'by_flow: it hangs up; by_caller; in_dialplan: it goes back there; failed: it goes back there with an error.',
    ),
  error: z.string().optional().describe('The code with which it fails.'),
  cause: z.string().optional().describe('The hangup cause.'),
  at_most_ms: ms.optional().describe('How long the call lasts.'),
});

const commonShape = {
  flow: z.string().optional().describe('The flow; else whom the dialled number belongs to.'),
  caller: z.string().max(128).optional(),
  dialled: z.string().max(128).optional(),
  at: z
    .string()
    .refine((value) => !Number.isNaN(Date.parse(value)), 'expected a time: 2026-03-02T10:00:00+01:00')
    .optional()
    .describe('When the call comes.'),
  variables: z.record(text, text).default({}).describe('Channel variables with which the call comes.'),
  attributes: z.record(text, text).default({}).describe('Attributes that it brings.'),
  draws: z
    .record(text, z.number().min(0).max(99.999))
    .default({})
    .describe('What `distribute` blocks draw, 0 to 100.'),
  functions: z
    .record(text, z.union([answerSchema, z.array(answerSchema).min(1)]))
    .default({})
    .describe('What functions answer; of a list one after the other, the last again and again.'),
  callees: z.record(text, calleeSchema).default({}).describe('Who is called by transfers: `user/operator`.'),
  queues: z.record(text, queueSchema).default({}).describe('What becomes of callers in queues.'),
  http: z
    .record(text, httpSchema)
    .default({})
    .describe('What HTTP apps answer to cti_curl, by the begin of the URL.'),
  speech_fails: z.boolean().default(false).describe('The engine does not speak.'),
  missing_files: z.array(text).default([]).describe('Sound files that are not there.'),
};

const caseSchema = z.strictObject({
  name: z.string().min(1).max(200),
  ...commonShape,
  does: z.array(stepSchema).default([]).describe('What the caller does; after that nothing.'),
  hangs_up: z
    .strictObject({ in: z.string().optional(), after_ms: ms.optional() })
    .optional()
    .describe(
      'The caller hangs up: in that block, or so long after the call began, or after the block began.',
    ),
  expect: expectSchema,
});

export const caseFileSchema = z.strictObject({
  ...commonShape,
  cases: z.array(caseSchema).min(1),
});

export type CallerStep = z.output<typeof stepSchema>;
export type FunctionAnswer = z.output<typeof answerSchema>;
export type Callee = z.output<typeof calleeSchema>;
export type QueueFate = z.output<typeof queueSchema>;
export type HttpAnswer = z.output<typeof httpSchema>;
export type Expectation = z.output<typeof expectSchema>;
export type FlowCase = z.output<typeof caseSchema> & {
  /** `tests/region.yaml:12` */
  readonly place: string;
};

let shape: Shape | undefined;

/**
 * The cases of a file, each with what all of them have in common.
 * @throws ConfigError `config_unreadable`, `config_invalid` with every mistake and its place
 */
export function readCaseFile(path: string): FlowCase[] {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new ConfigError('config_unreadable', [{ at: [], message: `${path} can't be read (${code})` }]);
  }
  const read = yamlLayer(source, basename(path), dirname(path));
  // What follows from the first is no news.
  if ('problems' in read) throw new ConfigError('config_unreadable', read.problems.slice(0, 1));
  const { layer } = read;
  const parsed = checked(caseFileSchema, layer.value);
  if (!parsed.success) {
    const known = (shape ??= Shape.of(caseFileSchema));
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, known, layer.value));
    throw new ConfigError(
      'config_invalid',
      problems.map((problem) => ({ ...problem, place: problem.place ?? layer.find(problem.at).place })),
    );
  }
  return casesOf(parsed.data, (index) => layer.find(['cases', index]).place);
}

/** @param placeOf where a case stands */
export function casesOf(
  { cases, ...common }: z.output<typeof caseFileSchema>,
  placeOf: (index: number) => string,
): FlowCase[] {
  return cases.map((one, index) => ({
    ...common,
    ...one,
    ...merged(common, one),
    place: placeOf(index),
  }));
}

type Common = Omit<z.output<typeof caseFileSchema>, 'cases'>;

function merged(common: Common, one: z.output<typeof caseSchema>): Partial<FlowCase> {
  return {
    variables: { ...common.variables, ...one.variables },
    attributes: { ...common.attributes, ...one.attributes },
    draws: { ...common.draws, ...one.draws },
    functions: { ...common.functions, ...one.functions },
    callees: { ...common.callees, ...one.callees },
    queues: { ...common.queues, ...one.queues },
    http: { ...common.http, ...one.http },
    missing_files: [...common.missing_files, ...one.missing_files],
  };
}
