import { z } from 'zod';

export const functionParam = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected the name of a function')
  .describe('The name of a function in functions.yaml.');

const use = {
  flow: z.string(),
  block: z.string(),
  place: z.string().describe('`support.yaml:12:5`'),
};

const misfit = z.object({ ...use, problem: z.string() });

export const functionsSchema = z.array(
  z.object({
    name: z.string(),
    description: z.string(),
    kind: z.enum(['http', 'local']),
    target: z.string().describe('URL, with its secrets masked, or the name of the file.'),
    response: z.enum(['string_map', 'json']),
    timeout_ms: z.number(),
  }),
);
export type FunctionsAnswer = z.infer<typeof functionsSchema>;

export const functionSchema = z.object({
  name: z.string(),
  place: z.string(),
  settings: z.record(z.string(), z.unknown()).describe('With all defaults; secrets masked.'),
  uses: z
    .array(z.object({ ...use, parameters: z.array(z.string()), outputs: z.array(z.string()) }))
    .describe('The blocks that invoke it.'),
  misfits: z.array(misfit).describe('Where flows and its declarations do not agree.'),
  unreadable: z.array(z.string()).describe('Flows that can not be read: they might use it.'),
});
export type FunctionAnswer = z.infer<typeof functionSchema>;

const settings = z
  .record(z.string().max(128), z.unknown())
  .describe(
    'As in functions.yaml. Secrets only as `{"env": "SWITCHHOOK_FUNCTION_…"}`; no file of the machine.',
  );

export const addFunctionBodySchema = z.strictObject({ name: functionParam, settings });

export const setFunctionBodySchema = z.strictObject({
  settings: settings.describe(
    'What changes, as JSON Merge Patch: null takes a key away, objects are merged.',
  ),
});

export const renameFunctionBodySchema = z.strictObject({
  to: functionParam,
  update_flows: z.boolean().default(false).describe('Change the flows that use it, too.'),
});

export const functionChangeSchema = z.object({
  name: z.string(),
  files: z.array(z.string()).describe('Files that were written.'),
  misfits: z.array(misfit),
  in_force: z
    .boolean()
    .describe('The daemon has it now; false when its configuration could not be reloaded.'),
  problem: z.string().optional().describe('Why not.'),
});
export type FunctionChangeAnswer = z.infer<typeof functionChangeSchema>;

export const testFunctionBodySchema = z.strictObject({
  parameters: z
    .record(z.string().max(128), z.unknown())
    .default({})
    .describe('Those that are not given have their declared examples.'),
  attributes: z.record(z.string().max(128), z.string()).default({}).describe('Contact attributes.'),
  caller: z.string().max(64).optional().describe("The caller's number."),
  called: z.string().max(64).optional().describe('The number that was called.'),
});

export const functionTrialSchema = z.object({
  ok: z.boolean().describe('It answered, and the flows that use it have what they need.'),
  code: z.string().optional().describe('Why not; absent when it answered.'),
  detail: z.string().optional().describe('What it was this time.'),
  duration_ms: z.number().describe('With all tries and pauses.'),
  attempts: z
    .array(
      z.object({
        attempt: z.number(),
        url: z.string().optional().describe('Secrets masked.'),
        duration_ms: z.number(),
        status: z.number().optional().describe('HTTP status, where there was an answer.'),
        code: z.string().optional(),
        detail: z.string().optional(),
      }),
    )
    .describe('Each try.'),
  values: z.record(z.string(), z.unknown()).optional().describe('What flows find in `$.External`.'),
  request: z.string().describe('JSON, as it was sent.'),
  response: z.string().optional().describe('As it came.'),
  remarks: z.array(z.string()),
  flows: z.array(z.object({ ...use, missing: z.array(z.string()) })),
});
export type FunctionTrialAnswer = z.infer<typeof functionTrialSchema>;
