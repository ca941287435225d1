import type { PlacedEvent } from './outbox/segment.js';

/** The events of one call that are held, in order: only the first may be sent. */
export interface Lane {
  readonly call: string;
  readonly events: PlacedEvent[];
  busy: boolean;
  /** Of its first event. */
  attempts: number;
  /** While others were taken. */
  failures: number;
  /** In milliseconds of the clock that nobody sets. */
  notBefore: number;
}

/** What is held of a receiver's events, by call. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #events = 0;

  /** Events that are held. */
  get size(): number {
    return this.#events;
  }

  add(event: PlacedEvent): void {
    const call = event.event.call.id;
    let lane = this.#lanes.get(call);
    if (lane === undefined) {
      lane = { call, events: [], busy: false, attempts: 0, failures: 0, notBefore: 0 };
      this.#lanes.set(call, lane);
    }
    lane.events.push(event);
    this.#events += 1;
  }

  /** One whose first event may be sent now. It is busy from here on. */
  free(now: number): Lane | undefined {
    for (const lane of this.#lanes.values()) {
      if (!lane.busy && lane.notBefore <= now && lane.events.length > 0) return lane;
    }
    return undefined;
  }

  /** When the first of those may be tried that have to wait. */
  nextTry(now: number): number | undefined {
    let next: number | undefined;
    for (const { busy, notBefore } of this.#lanes.values()) {
      if (!busy && notBefore > now) next = Math.min(next ?? Infinity, notBefore);
    }
    return next;
  }

  /** The one that failed most. */
  worst(): Lane | undefined {
    let worst: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (!lane.busy && lane.failures > (worst?.failures ?? 0)) worst = lane;
    }
    return worst;
  }

  /** Its first event need not be sent any more. */
  settled(lane: Lane): void {
    lane.events.shift();
    lane.attempts = lane.failures = lane.notBefore = 0;
    this.#events -= 1;
  }

  /** After it was busy. */
  tidy(lane: Lane): void {
    if (lane.events.length > 0) return;
    this.#lanes.delete(lane.call);
  }

  toTheEnd(lane: Lane): void {
    this.#lanes.delete(lane.call);
    this.#lanes.set(lane.call, lane);
  }

  forgive(): void {
    for (const lane of this.#lanes.values()) lane.failures = lane.notBefore = 0;
  }
}
