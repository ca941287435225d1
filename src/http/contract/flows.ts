import { z } from 'zod';

export const flowNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected the name of a flow')
  .describe('The name of a flow: of its file, without `.yaml`.');

const flow = {
  name: z.string().describe('That of its file, without `.yaml`.'),
  version: z.string().describe('Changes with the content of the flow.'),
  description: z.string().describe('What its author says of it.'),
  blocks: z.number().describe('How many it has.'),
  numbers: z.array(z.string()).describe('Dialled numbers that belong to it.'),
};

export const flowsSchema = z.object({
  version: z.string().describe('Of all flows together: what a call keeps to its end.'),
  flows: z.array(z.object(flow)),
});
export type FlowsAnswer = z.infer<typeof flowsSchema>;

export const flowSchema = z.object({
  ...flow,
  document: z.unknown().describe('The flow as it is written.'),
  exits: z
    .array(z.object({ block: z.string(), type: z.string(), exit: z.string(), to: z.string().nullable() }))
    .describe('Where each exit of each block leads; null: nowhere.'),
});
export type FlowAnswer = z.infer<typeof flowSchema>;

export const diagramSchema = z.object({
  format: z.enum(['mermaid', 'tree']),
  text: z.string().describe('The drawing.'),
});

export const flowCheckBodySchema = z.strictObject({
  flow: z
    .strictObject({ name: flowNameSchema, text: z.string().max(200_000).describe('YAML.') })
    .optional()
    .describe('Checked as if it were in the folder. Without it: the files as they are now.'),
});

export const flowCheckSchema = z.object({
  ok: z.boolean().describe('No errors: a reload would take them.'),
  version: z.string().describe('What the version of all flows together would be.'),
  flows: z.number().describe('Flows that could be read.'),
  problems: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      rule: z.string(),
      message: z.string(),
      flow: z.string(),
      file: z.string(),
      path: z.array(z.union([z.string(), z.number()])).describe('Where in the document: keys and positions.'),
      line: z.number().optional(),
      column: z.number().optional(),
    }),
  ),
});
export type FlowCheckAnswer = z.infer<typeof flowCheckSchema>;

export const flowTestBodySchema = z.strictObject({
  files: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(500).describe('Stands in the answer.'),
        content: z.looseObject({}).describe('As JSON: docs/guide/testing-flows.md.'),
      }),
    )
    .min(1)
    .max(1000)
    .optional()
    .describe('Files of test cases. Without any: those in `tests` of the folder of the flows.'),
  only: z.string().max(200).optional().describe('Only cases with this in their name.'),
});

export const flowTestSchema = z.object({
  ok: z.boolean(),
  cases: z.array(
    z.object({
      file: z.string(),
      name: z.string(),
      place: z.string(),
      ok: z.boolean(),
      misses: z
        .array(z.object({ what: z.string(), expected: z.string(), got: z.string() }))
        .describe('What did not happen as expected.'),
      path: z.array(z.string()).describe('The blocks that were left, each with its exit.'),
      ends: z.string(),
      duration_ms: z.number().describe('What it took; the time of the case itself jumps.'),
    }),
  ),
  coverage: z
    .array(
      z.object({
        flow: z.string(),
        blocks: z.number(),
        blocks_covered: z.number(),
        exits: z.number(),
        exits_covered: z.number(),
        missed: z.array(z.string()).describe('`block`, or `block:exit`.'),
      }),
    )
    .describe('Of the flows that the cases went through.'),
  duration_ms: z.number(),
});
export type FlowTestAnswer = z.infer<typeof flowTestSchema>;
