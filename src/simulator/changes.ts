import type { Clock } from './clock.js';

/** Lets others wait until something changes, without missing a change between looking and waiting. */
export class Changes {
  private readonly clock: Clock;
  private readonly watchers = new Set<() => void>();
  private waiters: (() => void)[] = [];
  private count = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Counts the changes; read it before looking and give it to `waitSince`. */
  get version(): number {
    return this.count;
  }

  /** Calls `listener` at every change, until the returned function is called. */
  watch(listener: () => void): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  tell(): void {
    this.count += 1;
    for (const watcher of this.watchers) watcher();
    if (this.waiters.length === 0) return;
    const { waiters } = this;
    this.waiters = [];
    for (const wake of waiters) wake();
  }

  /** Resolves at the next change after `version`, or when `ms` of the switch's time have passed. */
  waitSince(version: number, ms: number): Promise<void> {
    if (this.count !== version || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.clock.after(ms, resolve);
      this.waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }
}
