const WINDOW_MS = 60_000;
/** Further keys share one count, so that inventing keys costs no memory. */
const MOST_KEYS = 50_000;
const OTHERS = '';

/** Counts per key within a minute of the clock. */
export class RateLimit {
  readonly #perMinute: number;
  readonly #now: () => number;
  #window = 0;
  #counts = new Map<string, number>();

  constructor(perMinute: number, now: () => number) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** @returns 0 when it may go on, else in how many seconds it is worth asking again */
  take(key: string): number {
    const nowMs = this.#now();
    const window = Math.floor(nowMs / WINDOW_MS);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts = new Map();
    }
    const known = this.#counts.has(key) || this.#counts.size < MOST_KEYS ? key : OTHERS;
    const count = (this.#counts.get(known) ?? 0) + 1;
    this.#counts.set(known, count);
    return count <= this.#perMinute ? 0 : Math.ceil(((window + 1) * WINDOW_MS - nowMs) / 1000);
  }
}
