import {
  appendFileSync,
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { StoredEvent } from '../event.js';
import { prefixFor, readLine } from './line.js';

const CHUNK_BYTES = 128 * 1024;
const TAIL_BYTES = 64 * 1024;
/** An acknowledgement is the place of a line in its segment, as 32 bits. */
const ACK_BYTES = 4;

/** One file of the outbox, with what each receiver has of it in a file beside it. */
export class Segment {
  readonly number: number;
  readonly path: string;
  /** Written. */
  bytes = 0;
  /** On disk for good: it may be read up to here. */
  durable = 0;
  /** Nothing will be added. */
  sealed = false;
  /** Given up because the outbox took too much room. */
  dropped = false;
  /** Events by receiver. */
  readonly totals = new Map<string, number>();
  /** Of these, how many need not be sent any more. */
  readonly settled = new Map<string, number>();

  constructor(number: number, path: string) {
    this.number = number;
    this.path = path;
  }

  /** A segment of a daemon that is gone. @param receivers those that are served; what others have is not counted */
  static left(number: number, path: string, receivers: readonly string[]): Segment {
    const segment = new Segment(number, path);
    const fd = openSync(path, 'r');
    try {
      segment.bytes = segment.durable = fstatSync(fd).size;
      segment.sealed = true;
      const totals = sealOf(fd, segment.bytes) ?? countOf(path);
      for (const receiver of receivers) {
        segment.totals.set(receiver, totals.get(receiver) ?? 0);
        segment.settled.set(receiver, segment.#acknowledged(receiver));
      }
    } finally {
      closeSync(fd);
    }
    return segment;
  }

  counted(receiver: string): void {
    this.totals.set(receiver, (this.totals.get(receiver) ?? 0) + 1);
  }

  /** Events that wait for the receiver. */
  waiting(receiver: string): number {
    return Math.max(0, (this.totals.get(receiver) ?? 0) - (this.settled.get(receiver) ?? 0));
  }

  get isDone(): boolean {
    return [...this.totals.keys()].every((receiver) => this.waiting(receiver) === 0);
  }

  acknowledge(receiver: string, offsets: readonly number[]): void {
    this.settled.set(receiver, (this.settled.get(receiver) ?? 0) + offsets.length);
    if (this.dropped) return;
    const bytes = Buffer.alloc(offsets.length * ACK_BYTES);
    offsets.forEach((offset, index) => bytes.writeUInt32LE(offset, index * ACK_BYTES));
    const path = this.ackPath(receiver);
    try {
      appendFileSync(path, bytes, { mode: 0o600 });
    } catch (error) {
      wholeOnly(path);
      throw error;
    }
  }

  ackPath(receiver: string): string {
    return `${this.path}.${receiver}.ack`;
  }

  async acknowledgements(receiver: string): Promise<Set<number>> {
    const bytes = await readFile(this.ackPath(receiver)).catch(() => Buffer.alloc(0));
    const offsets = new Set<number>();
    for (let at = 0; at + ACK_BYTES <= bytes.length; at += ACK_BYTES) offsets.add(bytes.readUInt32LE(at));
    return offsets;
  }

  remove(): void {
    this.dropped = true;
    for (const receiver of this.totals.keys()) rmSync(this.ackPath(receiver), { force: true });
    rmSync(this.path, { force: true });
  }

  #acknowledged(receiver: string): number {
    const path = this.ackPath(receiver);
    try {
      const bytes = readFileSync(path);
      const rest = bytes.length % ACK_BYTES;
      // Cut short by a crash; what is added has to stand at its place.
      if (rest !== 0) truncateSync(path, bytes.length - rest);
      return new Set(
        new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length - rest)),
      ).size;
    } catch {
      return 0;
    }
  }
}

/** A part of one, which a full disk took, must not shift those that come behind it. */
function wholeOnly(path: string): void {
  try {
    const { size } = statSync(path);
    if (size % ACK_BYTES !== 0) truncateSync(path, size - (size % ACK_BYTES));
  } catch {
    // It is not there.
  }
}

/** The lines of a segment that is not being written. */
export function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n');
}

function sealOf(fd: number, size: number): ReadonlyMap<string, number> | undefined {
  const tail = Buffer.alloc(Math.min(TAIL_BYTES, size));
  readSync(fd, tail, 0, tail.length, size - tail.length);
  const text = tail.toString('utf8');
  if (!text.endsWith('\n')) return undefined;
  const line = readLine(text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1));
  return line?.op === 'sealed' ? new Map(Object.entries(line.totals)) : undefined;
}

function countOf(path: string): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const text of linesOf(path)) {
    const line = readLine(text);
    if (line?.op === 'event') totals.set(line.to, (totals.get(line.to) ?? 0) + 1);
  }
  return totals;
}

/** An event and where it stands. */
export interface PlacedEvent extends StoredEvent {
  readonly segment: Segment;
  readonly offset: number;
}

/** Reads what one receiver has in a segment, in order, without what was acknowledged before. */
export class SegmentReader {
  readonly segment: Segment;
  readonly #receiver: string;
  readonly #prefix: Buffer;
  #acknowledged: ReadonlySet<number> | undefined;
  #handle: FileHandle | undefined;
  #position = 0;

  constructor(segment: Segment, receiver: string) {
    this.segment = segment;
    this.#receiver = receiver;
    this.#prefix = Buffer.from(prefixFor(receiver));
  }

  /** Nothing more will come. */
  get isAtEnd(): boolean {
    const { segment } = this;
    return segment.dropped || (segment.sealed && this.#position >= segment.durable);
  }

  get hasMore(): boolean {
    return !this.segment.dropped && this.#position < this.segment.durable;
  }

  /** Some of the next events; none when there are no more yet, or none in the next part. */
  async next(): Promise<PlacedEvent[]> {
    const { segment } = this;
    if (!this.hasMore) return [];
    const room = Math.min(CHUNK_BYTES, segment.durable - this.#position);
    let chunk = await this.#read(room);
    let end = chunk.lastIndexOf(0x0a);
    if (end < 0 && room < segment.durable - this.#position) {
      // A line longer than a part: the snapshot of a great many calls.
      chunk = await this.#read(segment.durable - this.#position);
      end = chunk.lastIndexOf(0x0a);
    }
    // What has no end was cut short by a crash.
    if (end < 0) {
      this.#position = segment.durable;
      return [];
    }
    const events = await this.#eventsIn(chunk.subarray(0, end + 1));
    this.#position += end + 1;
    return events;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #eventsIn(chunk: Buffer): Promise<PlacedEvent[]> {
    const acknowledged = (this.#acknowledged ??= await this.segment.acknowledgements(this.#receiver));
    const events: PlacedEvent[] = [];
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf(0x0a, at);
      const offset = this.#position + at;
      const line = chunk.subarray(at, end);
      at = end + 1;
      if (!line.subarray(0, this.#prefix.length).equals(this.#prefix) || acknowledged.has(offset)) continue;
      const read = readLine(line.toString('utf8'));
      if (read?.op === 'event')
        events.push({ to: read.to, event: read.event, segment: this.segment, offset });
    }
    return events;
  }

  async #read(bytes: number): Promise<Buffer> {
    this.#handle ??= await open(this.segment.path, 'r');
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(bytes), 0, bytes, this.#position);
    return buffer.subarray(0, bytesRead);
  }
}
