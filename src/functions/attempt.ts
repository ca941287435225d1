import type { ErrorCode } from '../errors.js';

/** One try to have a function answered; for the trace and the log. */
export interface FunctionAttempt {
  readonly attempt: number;
  /** Secrets masked; absent for a local function. */
  readonly url?: string;
  readonly durationMs: number;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  readonly code?: ErrorCode;
  readonly detail?: string;
}
