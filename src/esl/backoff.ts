/** Waiting times between tries, in milliseconds. */
export interface BackoffSettings {
  /** The first wait is at most this. */
  readonly initialMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/**
 * Back-off with full jitter: anything between nothing and a bound that doubles with each failure in a row. So many
 * clients that lost the same switch do not come back at the same moment.
 * @param failures how many tries failed in a row, from 1
 * @param random from 0 (inclusive) to 1 (exclusive)
 */
export function backoffDelayMs(settings: BackoffSettings, failures: number, random: number): number {
  const bound = Math.min(settings.maxMs, settings.initialMs * 2 ** Math.min(failures - 1, 30));
  return Math.floor(random * bound);
}
