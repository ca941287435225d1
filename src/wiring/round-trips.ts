import type { SwitchLink, SwitchLinks } from '../switch/switch-link.js';

interface Measured {
  readonly atMs: number;
  readonly roundTripMs?: number;
}

const LOOK_MS = 1000;
const EVERY_MS = 10_000;

/** Measures how long a switch takes for the least of commands, now and then. */
export class RoundTrips {
  readonly #measured = new Map<SwitchLink, Measured>();
  readonly #open = new Set<SwitchLink>();
  #timer: NodeJS.Timeout | undefined;

  watch(links: SwitchLinks): void {
    this.#timer = setInterval(() => {
      for (const link of links.all) this.look(link, performance.now());
    }, LOOK_MS).unref();
  }

  /** Milliseconds; undefined as long as there is no connection, or no reply. */
  of(link: SwitchLink): number | undefined {
    return this.#measured.get(link)?.roundTripMs;
  }

  /** Measures if it is time to. */
  look(link: SwitchLink, nowMs: number): void {
    if (this.#open.has(link)) return;
    if (!link.state().connected) {
      this.#measured.delete(link);
      return;
    }
    const last = this.#measured.get(link);
    if (last !== undefined && nowMs - last.atMs < EVERY_MS) return;
    this.#open.add(link);
    link
      .roundTripMs()
      .then(
        (roundTripMs) => this.#measured.set(link, { atMs: nowMs, roundTripMs }),
        // No connection any more, or no reply in its time.
        () => this.#measured.set(link, { atMs: nowMs }),
      )
      .finally(() => this.#open.delete(link));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
