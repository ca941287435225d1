import type { FastifyRateLimitStore } from '@fastify/rate-limit';

interface Count {
  count: number;
  /** When the window began, by the clock that nobody sets. */
  readonly begunMs: number;
}

/** Further keys share one count, so that inventing keys costs no memory. */
const MOST_KEYS = 5000;
const OTHERS = '';

/**
 * Counts requests per key within a window of time. The clock on the wall does not matter: one that is put back would
 * keep the plugin's own store from ever seeing the end of a window.
 */
export class RateStore implements FastifyRateLimitStore {
  readonly #counts = new Map<string, Count>();
  readonly #now: () => number;

  constructor(_options?: unknown, now: () => number = () => performance.now()) {
    this.#now = now;
  }

  incr(
    key: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    timeWindowMs = 60_000,
  ): void {
    const now = this.#now();
    if (this.#counts.size >= MOST_KEYS) this.#forget(now - timeWindowMs);
    const known = this.#counts.has(key) || this.#counts.size < MOST_KEYS ? key : OTHERS;
    const before = this.#counts.get(known);
    const isOver = before === undefined || now - before.begunMs >= timeWindowMs;
    const count = isOver ? { count: 0, begunMs: now } : before;
    count.count += 1;
    this.#counts.set(known, count);
    callback(null, { current: count.count, ttl: Math.ceil(timeWindowMs - (now - count.begunMs)) });
  }

  child(): RateStore {
    return new RateStore(undefined, this.#now);
  }

  #forget(untilMs: number): void {
    for (const [key, { begunMs }] of this.#counts) if (begunMs <= untilMs) this.#counts.delete(key);
  }
}
