import { z } from 'zod';
import type { BlockType } from './block.js';
import { BLOCK_TYPES } from './blocks/table.js';
import { attributeName, blockName } from './blocks/define.js';

/** What a file in conf/flows may hold. */

const exits = z
  .record(z.string().min(1).max(64), blockName)
  .default({})
  .describe('Where the other ways out lead.');

const schemas = new Map<string, z.ZodObject>();

/** A block of one type, all of it. */
export function blockSchema(block: BlockType<unknown>): z.ZodObject {
  const known = schemas.get(block.type);
  if (known !== undefined) return known;
  const made = z
    .strictObject({
      type: z.literal(block.type),
      note: z.string().optional().describe('For people; shown in diagrams.'),
      ...(block.last === true ? {} : { next: blockName.optional().describe('Where it goes on.') }),
      exits,
      ...block.parameters.shape,
    })
    .describe(block.summary);
  schemas.set(block.type, made);
  return made;
}

export const flowHeadSchema = z.strictObject({
  description: z.string().optional(),
  language: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'Language of its prompts (en-US), or a reference; default: default_language of the configuration.',
    ),
  start: blockName.describe('The block with which it begins.'),
  error: blockName.optional().describe('Where every `error` exit leads that a block does not wire itself.'),
  inputs: z
    .array(attributeName)
    .default([])
    .describe('Attributes that are set before the flow begins, by whoever hands the call over.'),
  flow_inputs: z
    .array(attributeName)
    .default([])
    .describe('Flow attributes that a calling flow has to give.'),
  public_keys: z.record(attributeName, z.string()).default({}).describe('Public keys in PEM, for `encrypt`.'),
  blocks: z.record(blockName, z.unknown()),
});

/** The whole, as it is published for editors. */
export function flowSchema(): z.ZodType {
  const [first, ...others] = BLOCK_TYPES.map(blockSchema);
  if (first === undefined) return flowHeadSchema;
  const block = z.union([first, ...others]);
  return z.strictObject({ ...flowHeadSchema.shape, blocks: z.record(blockName, block) });
}
