import type { Clock } from '../../src/callbacks/clock.js';

/** Time that passes when it is told to. */
export class VirtualClock implements Clock {
  readonly #timers = new Set<{ readonly at: number; readonly task: () => void }>();
  #now: number;
  #jumpedMs = 0;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#jumpedMs;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Somebody sets the clock on the wall; no time passes. */
  jump(ms: number): void {
    this.#jumpedMs += ms;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * Lets time pass, from one timer to the next.
   * @param isResting whether everything has been done that needs no time
   */
  async pass(ms: number, isResting: () => boolean): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await rest(isResting);
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }
}

/** Files are read and written in real time. */
async function rest(isResting: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (let calm = 0; calm < 3;) {
    await new Promise((resolve) => setImmediate(resolve));
    calm = isResting() ? calm + 1 : 0;
    if (Date.now() > deadline) throw new Error('waited in vain for everything to be done');
  }
}
