/**
 * - `ok`: takes calls.
 * - `degraded`: takes calls, but something needs a look (the reasons say what).
 * - `draining`: finishes its calls and takes no more; it stops by itself.
 * - `down`: cannot do its work.
 */
export type HealthState = 'ok' | 'degraded' | 'draining' | 'down';

export interface Health {
  readonly state: HealthState;
  /** Calls under control now. */
  readonly calls: number;
  /** Why it is not `ok`; for people. */
  readonly reasons: readonly string[];
}
