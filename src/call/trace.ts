import type { TraceEntry } from './call.js';

type Entry = TraceEntry extends infer T ? (T extends { atMs: number } ? Omit<T, 'atMs'> : never) : never;

/** Everything that happened on one call, in order. A listener may follow it as it grows. */
export class Trace {
  readonly startedAt = new Date();
  readonly #startMs = performance.now();
  readonly #list: TraceEntry[] = [];
  readonly #listener: ((entry: TraceEntry) => void) | undefined;

  constructor(listener?: (entry: TraceEntry) => void) {
    this.#listener = listener;
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startMs);
  }

  get entries(): readonly TraceEntry[] {
    return this.#list;
  }

  /** @param entry becomes the trace's own, and is told the time */
  add(entry: Entry): void {
    // Some ten for every call: a copy of each would cost more than all else that is done with it here.
    (entry as { atMs?: number }).atMs = this.elapsedMs;
    const timed = entry as TraceEntry;
    this.#list.push(timed);
    this.#listener?.(timed);
  }
}
