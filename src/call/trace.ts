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

  add(entry: Entry): void {
    const timed: TraceEntry = { ...entry, atMs: this.elapsedMs };
    this.#list.push(timed);
    this.#listener?.(timed);
  }
}
