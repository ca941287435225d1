import type { ErrorCode } from '../errors.js';

/** What `cti_flow` answers while the daemon has no flows. */
export function noSuchFlow(name: string): { readonly code: ErrorCode; readonly detail: string } {
  return { code: 'no_such_flow', detail: `"${name}"` };
}
