import type { Flow } from '../flow/flow.js';

/** Phrase macros that the prompts of a flow name. */
export function phrasesOf({ blocks }: Flow): string[] {
  return [...blocks.values()].flatMap(({ parameters }) => phrasesIn(parameters));
}

function phrasesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(phrasesIn);
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'phrase' && typeof item === 'string' ? [item] : phrasesIn(item),
  );
}
