import { z } from 'zod';
import type { BlockType } from '../block.js';

/** Ties the parameters' schema to the behaviour, so that each block sees its own parameters. */
export function defineBlock<S extends z.ZodObject>(
  block: BlockType<z.output<S>> & { readonly parameters: S },
): BlockType<z.output<S>> {
  return block;
}

export const blockName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'a block name is letters, digits, "_" and "-", at most 64 of them');

export const flowName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a flow name is letters, digits, ".", "_" and "-", at most 64 of them',
  );

export const attributeName = z
  .string()
  .regex(
    /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_-]{0,63}$/,
    'an attribute name is letters, digits, "_" and "-", at most 64 of them',
  );

/** What YAML has for a text, a number or yes and no; text may hold references. */
export const scalar = z.union([z.string(), z.number(), z.boolean()]);
export type Scalar = z.output<typeof scalar>;

/** So many names may be set at once: each is copied with all before it. */
const MOST_NAMES = 256;
export const FEW = `expected at most ${MOST_NAMES} of them`;

export function isFew(named: object): boolean {
  return Object.keys(named).length <= MOST_NAMES;
}

export const values = z.record(attributeName, scalar).refine(isFew, FEW);

export const language = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe("Language of the prompts; default: the flow's.");
