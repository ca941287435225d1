import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OpenCall } from '../event.js';
import { syncFolder, writeAll } from './disk.js';
import { writeLine } from './line.js';
import { Segment } from './segment.js';

/** The segment that is being written. */
export class OpenSegment {
  readonly segment: Segment;
  readonly #fd: number;

  /** A new one, which knows the calls that are open; durable so far. @throws Error of the disk, with nothing left */
  constructor(number: number, path: string, calls: Iterable<OpenCall>) {
    this.segment = new Segment(number, path);
    const folder = dirname(path);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#fd = openSync(path, 'wx', 0o600);
    const head = Buffer.from(writeLine({ op: 'open', calls: [...calls] }));
    try {
      writeAll(this.#fd, head);
      fdatasyncSync(this.#fd);
      syncFolder(folder);
    } catch (error) {
      // One without its first line is of no use, and every try would leave another.
      closeSync(this.#fd);
      this.segment.remove();
      throw error;
    }
    this.segment.bytes = this.segment.durable = head.length;
  }

  /** @throws Error of the disk; what may be half written is taken away by `seal` */
  append(text: string): void {
    writeAll(this.#fd, Buffer.from(text));
    this.segment.bytes += Buffer.byteLength(text);
  }

  get isBehind(): boolean {
    return this.segment.durable < this.segment.bytes;
  }

  /** Makes durable what has been written. @param done told how far that was */
  sync(done: (error: Error | null, upTo: number) => void): void {
    const upTo = this.segment.bytes;
    fdatasync(this.#fd, (error) => done(error, upTo));
  }

  /** Nothing comes after this, also where the disk does not let it say so. @returns what the disk said */
  seal(): unknown {
    const { segment } = this;
    let failure: unknown;
    try {
      // What was half written, if anything was.
      ftruncateSync(this.#fd, segment.bytes);
      const line = Buffer.from(writeLine({ op: 'sealed', totals: Object.fromEntries(segment.totals) }));
      writeAll(this.#fd, line);
      segment.bytes += line.length;
      fdatasyncSync(this.#fd);
    } catch (error) {
      failure = error;
    }
    closeSync(this.#fd);
    segment.sealed = true;
    segment.durable = segment.bytes;
    return failure;
  }
}
