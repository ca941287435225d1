import type { Action } from './action.js';

/** A list that does not come from the call's own program: an operator's. */
export interface OwnList {
  readonly actions: readonly Action[];
  /** The policy profile under which it runs. */
  readonly policy: string;
  /** Whose it is, for traces and records: `operator/alice`. */
  readonly by: string;
}
