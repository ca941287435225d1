import { Clock } from './clock.js';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

/**
 * A clock that jumps: whenever nothing is left to do at the present moment, it is the moment of the next timer. For
 * calls that live in this process alone: what waits for the network or a thread has to say so (`hold`).
 */
export class VirtualClock extends Clock {
  #nowMs: number;
  #order = 0;
  /** In the order in which they are due; the next one last. */
  readonly #timers: Timer[] = [];
  #held = 0;
  #pumping = false;
  #over = false;

  /** @param startsAt milliseconds since 1970 */
  constructor(startsAt = Date.now()) {
    super(1);
    this.#nowMs = startsAt;
  }

  /** From now on it is that moment; what was waited for comes as much earlier or later. */
  set(nowMs: number): void {
    const step = nowMs - this.#nowMs;
    this.#nowMs = nowMs;
    const timers = this.#timers.map((timer) => ({ ...timer, at: timer.at + step }));
    this.#timers.splice(0, this.#timers.length, ...timers);
  }

  /** Time stands still until the returned function is called. */
  hold(): () => void {
    this.#held += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#held -= 1;
      this.#pump();
    };
  }

  override now(): number {
    return this.#nowMs;
  }

  override microseconds(): number {
    return Math.floor(this.#nowMs * 1000);
  }

  override seconds(): number {
    return Math.floor(this.#nowMs / 1000);
  }

  override after(delayMs: number, task: () => void): () => void {
    if (this.#over || delayMs === Number.POSITIVE_INFINITY) return () => undefined;
    this.#order += 1;
    const timer: Timer = { at: this.#nowMs + Math.max(0, delayMs), order: this.#order, task };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    this.#pump();
    return () => {
      const place = this.#timers.indexOf(timer);
      if (place >= 0) this.#timers.splice(place, 1);
    };
  }

  override stop(): void {
    this.#over = true;
    this.#timers.length = 0;
  }

  #placeOf({ at }: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timers[middle]?.at ?? 0) > at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** One timer at a time: everything that follows from it has happened when the next one's turn comes. */
  #pump(): void {
    if (this.#pumping || this.#held > 0 || this.#timers.length === 0) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      if (this.#held > 0 || this.#over) return;
      const timer = this.#timers.pop();
      if (timer === undefined) return;
      this.#nowMs = Math.max(this.#nowMs, timer.at);
      timer.task();
      this.#pump();
    });
  }
}
