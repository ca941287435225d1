import type { EventFilter } from './event.js';
import { filterKey } from './event.js';
import type { EventLog, Place } from './event-log.js';

/** The part of a response that is written to. */
export interface ReaderStream {
  write(chunk: Buffer | string): boolean;
  end(chunk?: string): void;
  destroy(): void;
  on(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
}

export interface ReaderOptions {
  readonly filter: EventFilter;
  /** What he has already. */
  readonly lastEventId?: string;
  /** Asked now and then: a token may have been taken away. */
  readonly isAllowed: () => boolean;
}

/** Why a reader was cut off; the last thing that he is told. */
export type EndReason = 'too_slow' | 'not_allowed' | 'stopping';

export interface ReadersOptions {
  readonly heartbeatMs?: number;
  readonly stuckMs?: number;
}

interface Reader {
  readonly stream: ReaderStream;
  readonly filter: EventFilter;
  readonly key: string;
  readonly isAllowed: () => boolean;
  place: Place;
  blockedSince: number | undefined;
  wroteAt: number;
}

const HEARTBEAT_MS = 15_000;
/** Nothing was taken for so long: nobody reads. */
const STUCK_MS = 30_000;
/** So long events are kept for a reader who was the last, and may come back. */
const COMES_BACK_MS = 600_000;
/** What a reader who is cut off may take to fetch his last words. */
const FAREWELL_MS = 5000;
/** Events that one write carries at most: what a slow reader has waiting stays small. */
const MOST_PER_WRITE = 500;
/** So many readers are written to before calls have their turn again. */
const SLICE = 16;
const LEAST_DELAY_MS = 10;
const MOST_DELAY_MS = 250;
const DELAY_MS_PER_READER = 0.25;

/**
 * Readers of the log. Each has a place in it and is sent what came since, together, when there is something and when
 * he takes it. With many readers events wait a little and go out in fewer writes, and a few readers at a time, so
 * that calls don't wait for them.
 */
export class Readers {
  readonly #log: EventLog;
  readonly #readers = new Set<Reader>();
  readonly #heartbeatMs: number;
  readonly #stuckMs: number;
  readonly #unlisten: () => void;
  #timer: NodeJS.Timeout | undefined;
  #heart: NodeJS.Timeout | undefined;
  #awaiting: NodeJS.Timeout | undefined;
  /** Readers who are still to be written to in this round. */
  #round: Iterator<Reader, undefined> | undefined;
  #closed = false;

  constructor(log: EventLog, { heartbeatMs = HEARTBEAT_MS, stuckMs = STUCK_MS }: ReadersOptions = {}) {
    this.#log = log;
    this.#heartbeatMs = heartbeatMs;
    this.#stuckMs = stuckMs;
    this.#unlisten = log.onAdded(() => this.#schedule());
  }

  get size(): number {
    return this.#readers.size;
  }

  /** Greets him with what he missed, and goes on from there. */
  add(stream: ReaderStream, { filter, lastEventId, isAllowed }: ReaderOptions): void {
    const log = this.#log;
    clearTimeout(this.#awaiting);
    log.keep();
    const known = lastEventId === undefined ? log.end : log.placeAfter(lastEventId);
    const missed = known === undefined || known < log.begin;
    const reader: Reader = {
      stream,
      filter,
      key: filterKey(filter),
      isAllowed,
      place: missed ? log.begin : known,
      blockedSince: undefined,
      wroteAt: performance.now(),
    };
    stream.on('drain', () => {
      reader.blockedSince = undefined;
      this.#schedule();
    });
    // A connection that breaks is one that was closed.
    stream.on('error', () => this.#forget(reader));
    stream.on('close', () => this.#forget(reader));
    this.#readers.add(reader);
    this.#heart ??= setInterval(() => this.#beat(), this.#heartbeatMs).unref();
    const hello = { run: log.run, missed };
    // The id lets a reader who has seen nothing yet come back to this place.
    const id = log.idAt(reader.place - 1);
    this.#write(reader, `retry: 2000\nid: ${id}\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n`);
    this.#schedule();
  }

  /** Tells everybody, and lets them go. */
  close(): void {
    this.#closed = true;
    this.#unlisten();
    clearTimeout(this.#awaiting);
    clearTimeout(this.#timer);
    clearInterval(this.#heart);
    for (const reader of [...this.#readers]) {
      this.#flush(reader, new Map());
      this.#cutOff(reader, 'stopping');
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#round !== undefined || this.#readers.size === 0 || this.#closed)
      return;
    const delayMs = Math.min(
      MOST_DELAY_MS,
      Math.max(LEAST_DELAY_MS, this.#readers.size * DELAY_MS_PER_READER),
    );
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#round = [...this.#readers][Symbol.iterator]();
      this.#slice(new Map());
    }, delayMs).unref();
  }

  /** @param chunks what this round sends, shared by those who read the same */
  #slice(chunks: Map<string, Chunk>): void {
    const round = this.#round;
    if (round === undefined || this.#closed) return;
    for (let count = 0; count < SLICE; count += 1) {
      const step = round.next();
      if (step.done === true) {
        this.#round = undefined;
        if (this.#hasMore()) this.#schedule();
        return;
      }
      this.#flush(step.value, chunks);
    }
    setImmediate(() => this.#slice(chunks));
  }

  #hasMore(): boolean {
    const { end } = this.#log;
    for (const { place, blockedSince } of this.#readers)
      if (place < end && blockedSince === undefined) return true;
    return false;
  }

  #flush(reader: Reader, chunks: Map<string, Chunk>): void {
    if (!this.#readers.has(reader)) return;
    if (reader.place < this.#log.begin) {
      this.#cutOff(reader, 'too_slow');
      return;
    }
    if (reader.blockedSince !== undefined || reader.place >= this.#log.end) return;
    const key = `${reader.place} ${reader.key}`;
    let chunk = chunks.get(key);
    if (chunk === undefined) {
      const { text, next } = this.#log.read(reader.place, reader.filter, MOST_PER_WRITE);
      chunk = { bytes: Buffer.from(text), next };
      chunks.set(key, chunk);
    }
    reader.place = chunk.next;
    if (chunk.bytes.length > 0) this.#write(reader, chunk.bytes);
  }

  #write(reader: Reader, chunk: Buffer | string): void {
    reader.wroteAt = performance.now();
    if (!reader.stream.write(chunk)) reader.blockedSince ??= reader.wroteAt;
  }

  #beat(): void {
    const now = performance.now();
    for (const reader of [...this.#readers]) {
      if (!reader.isAllowed()) this.#cutOff(reader, 'not_allowed');
      else if (reader.blockedSince !== undefined) {
        if (now - reader.blockedSince >= this.#stuckMs) this.#cutOff(reader, 'too_slow');
      } else if (now - reader.wroteAt >= this.#heartbeatMs * 0.9) this.#write(reader, ':\n\n');
    }
  }

  #cutOff(reader: Reader, reason: EndReason): void {
    this.#forget(reader);
    const { stream } = reader;
    stream.end(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    const timer = setTimeout(() => stream.destroy(), this.#closed ? 0 : FAREWELL_MS).unref();
    stream.on('close', () => clearTimeout(timer));
  }

  #forget(reader: Reader): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    clearInterval(this.#heart);
    this.#heart = undefined;
    if (!this.#closed) this.#awaiting = setTimeout(() => this.#log.forget(), COMES_BACK_MS).unref();
  }
}

interface Chunk {
  readonly bytes: Buffer;
  readonly next: Place;
}
