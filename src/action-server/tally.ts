import type { ErrorCode } from '../errors.js';

/** How often an entry has answered. */
export interface Answers {
  readonly entry: string;
  /** Why these were the fallback actions; '' where they were not. */
  readonly reason: ErrorCode | '';
  count: number;
}

/** Counts answers since the daemon started; entries and reasons are few. */
export class Tally {
  readonly #answers = new Map<string, Answers>();

  of(entry: string, reason: ErrorCode | '' = ''): Answers {
    const key = `${entry} ${reason}`;
    const known = this.#answers.get(key) ?? { entry, reason, count: 0 };
    this.#answers.set(key, known);
    return known;
  }

  answers(): Answers[] {
    return [...this.#answers.values()];
  }
}
