import { randomBytes } from 'node:crypto';
import type { EventFilter, EventSubject, EventType } from './event.js';
import { passes } from './event.js';

/**
 * What an event tells beside its subject: plain JSON, keys in snake_case. Asked for only when somebody reads it.
 * @param what as it was given to the log
 */
export type Telling<What> = (what: What, subject: EventSubject) => object;

/** One event; its text is made when it is read first. */
interface Entry {
  readonly type: EventType;
  readonly at: number;
  readonly subject: EventSubject;
  what: unknown;
  readonly tell: Telling<unknown>;
  text: string | undefined;
}

/** A place in the log: the number of the next event. */
export type Place = number;

/**
 * The latest events, numbered. Bounded: the oldest give way, and whoever reads too slowly misses them and learns
 * that he did. Ids are `<run>-<number>`; those of another run of the daemon say nothing here. None are kept but while
 * there is somebody for whom: a call has ten or so, and keeping them costs it a twentieth of its CPU.
 */
export class EventLog {
  /** Of this process: numbers begin anew with each. */
  readonly run = randomBytes(4).toString('hex');
  readonly #size: number;
  readonly #now: () => number;
  readonly #entries: (Entry | undefined)[];
  readonly #listeners = new Set<() => void>();
  #next: Place = 1;
  /** Undefined: none are kept. */
  #keptSince: Place | undefined;

  constructor(size: number, now: () => number = Date.now) {
    this.#size = size;
    this.#now = now;
    this.#entries = new Array<Entry | undefined>(size);
  }

  /** From now on events are kept. */
  keep(): void {
    this.#keptSince ??= this.#next;
  }

  /** There is nobody for whom: none are kept any more. */
  forget(): void {
    this.#keptSince = undefined;
    this.#entries.fill(undefined);
  }

  add<What>(type: EventType, subject: EventSubject, what: What, tell: Telling<What>): void {
    if (this.#keptSince !== undefined) {
      const entry: Entry = {
        type,
        at: this.#now(),
        subject,
        what,
        tell: tell as Telling<unknown>,
        text: undefined,
      };
      this.#entries[this.#next % this.#size] = entry;
    }
    this.#next += 1;
    for (const listener of this.#listeners) listener();
  }

  /** @returns takes the listener away */
  onAdded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Behind the latest event. */
  get end(): Place {
    return this.#next;
  }

  /** Of the oldest event that is kept. */
  get begin(): Place {
    return Math.max(this.#keptSince ?? this.#next, this.#next - this.#size);
  }

  /** The place behind the event with that id; undefined when it is not of this run. */
  placeAfter(id: string): Place | undefined {
    const [, run, number] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id) ?? [];
    if (run !== this.run || number === undefined) return undefined;
    const place = Number(number) + 1;
    return place <= this.#next ? place : undefined;
  }

  idAt(place: Place): string {
    return `${this.run}-${place}`;
  }

  /**
   * Events from a place on, as they go over the wire.
   * @param most at most so many are looked at
   * @returns the place behind the last one that was looked at
   */
  read(from: Place, filter: EventFilter, most: number): { readonly text: string; readonly next: Place } {
    const next = Math.min(this.#next, from + most);
    let text = '';
    for (let place = Math.max(from, this.begin); place < next; place += 1) {
      const entry = this.#entries[place % this.#size];
      if (entry === undefined || !passes(filter, entry.type, entry.subject)) continue;
      text += this.#textOf(entry, place);
    }
    return { text, next };
  }

  #textOf(entry: Entry, place: Place): string {
    if (entry.text !== undefined) return entry.text;
    const { type, at, subject } = entry;
    const id = this.idAt(place);
    const { uuid } = subject;
    const event = {
      id,
      type,
      at: new Date(at).toISOString(),
      ...(uuid === undefined ? {} : { uuid }),
      ...entry.tell(entry.what, subject),
    };
    // JSON has no line breaks of its own.
    entry.text = `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
    entry.what = undefined;
    return entry.text;
  }
}
