import { CALL_EXAMPLES } from './calls.js';
import type { Example, Examples } from './example.js';
import { FLOW_EXAMPLES } from './flows.js';
import { OPERATION_EXAMPLES } from './operations.js';

export const EXAMPLES: Examples = { ...CALL_EXAMPLES, ...FLOW_EXAMPLES, ...OPERATION_EXAMPLES };

/** @param url as it is declared: `/v1/calls/:uuid` */
export function exampleOf(method: string, url: string): Example | undefined {
  const key = `${method} ${url}`;
  return Object.hasOwn(EXAMPLES, key) ? EXAMPLES[key] : undefined;
}
