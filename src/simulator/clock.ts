/**
 * The time of one simulated switch. With a `scale` of 20 a second of the switch passes in 50 real milliseconds;
 * every duration inside the simulator is in the switch's own milliseconds.
 */
export class Clock {
  readonly scale: number;
  private readonly originReal = Date.now();
  private readonly originMonotonic = performance.now();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(scale = 1) {
    this.scale = scale;
  }

  /** Milliseconds since 1970, with fractions; starts at the real time and runs `scale` times as fast. */
  now(): number {
    return this.originReal + (performance.now() - this.originMonotonic) * this.scale;
  }

  /** Microseconds since 1970, as FreeSWITCH stamps its events. */
  microseconds(): number {
    return Math.floor(this.now() * 1000);
  }

  /** Whole seconds since 1970: many of FreeSWITCH's time-outs step with these. */
  seconds(): number {
    return Math.floor(this.now() / 1000);
  }

  /** Runs `task` once after `delayMs`; returns what cancels it. Nothing runs once the clock is stopped. */
  after(delayMs: number, task: () => void): () => void {
    if (this.stopped || delayMs === Number.POSITIVE_INFINITY) return () => undefined;
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        task();
      },
      Math.min(Math.max(0, delayMs / this.scale), 0x7fffffff),
    );
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}
