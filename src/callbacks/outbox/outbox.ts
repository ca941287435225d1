import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.js';
import { markOf } from '../../process-mark.js';
import type { ProcessMark } from '../../process-mark.js';
import type { OpenCall, StoredEvent } from '../event.js';
import type { CallbacksLog } from '../log.js';
import { Acknowledgements } from './acknowledgements.js';
import { codeOf, folderName, leftFolders, rmdirQuietly } from './disk.js';
import { writeLine } from './line.js';
import type { Line } from './line.js';
import { OpenSegment } from './open-segment.js';
import { apply, openCallsIn } from './replay.js';
import { Segment } from './segment.js';

export interface OutboxOptions {
  readonly folder: string;
  /** The receivers that are served; what waits for others is given up. */
  readonly receivers: readonly string[];
  readonly maxBytes: number;
  readonly log?: CallbacksLog | undefined;
  /** Of this process; another one in tests. */
  readonly mark?: ProcessMark | undefined;
  readonly segmentBytes?: number | undefined;
  /** How long a write may wait for others, until all are made durable together. */
  readonly syncDelayMs?: number | undefined;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const SYNC_DELAY_MS = 20;
const RETRY_MS = 1000;
const SYNC_TIMEOUT_MS = 5000;
/** Lines that wait for a disk that is full. Beyond it they are lost, and counted. */
const MAX_PENDING = 50_000;
const SEGMENT_NAME = /^(\d{12})\.jsonl$/;
const DEAD_LETTERS = 'dead-letters.jsonl';

/**
 * What is to be sent, on disk before anybody is told: append-only segments, made durable in batches, thrown away when
 * every receiver has everything in them. Each begins with the calls that are open, so the newest one alone tells what
 * a restarted daemon has to know. Every daemon process writes in a folder of its own; what a dead one has left is
 * taken over whole by the next that looks.
 */
export class Outbox {
  /** In the order in which they are to be read. */
  readonly segments: Segment[] = [];
  readonly path: string;
  readonly #options: OutboxOptions;
  readonly #mark: ProcessMark;
  /** The calls that are open, as a reader of what was written would know them. */
  readonly #calls = new Map<string, OpenCall>();
  readonly #listeners: (() => void)[] = [];
  readonly #acknowledgements: Acknowledgements;
  #pending: Line[] = [];
  #current: OpenSegment | undefined;
  #number = 0;
  #flushing: NodeJS.Immediate | undefined;
  #syncing: NodeJS.Timeout | 'running' | undefined;
  #retrying: NodeJS.Timeout | undefined;
  #lost = 0;
  #failing = false;
  #closed = false;

  /** @throws AppError `callbacks_unwritable` */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#mark = options.mark ?? markOf(process.pid);
    this.path = this.#newFolder();
    this.#acknowledgements = new Acknowledgements(options.log, (segment) => this.#tidy(segment));
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AppError('callbacks_unwritable', `${options.folder} (${codeOf(error)})`);
    }
  }

  /** Told when there is more to be read. */
  onDurable(listener: () => void): void {
    this.#listeners.push(listener);
  }

  get deadLetters(): string {
    return join(this.path, DEAD_LETTERS);
  }

  /** Everything that was added can be read. */
  get isSynced(): boolean {
    return this.#pending.length === 0 && this.#syncing === undefined && this.#acknowledgements.isWritten;
  }

  waiting(receiver: string): number {
    return this.segments.reduce((sum, segment) => sum + segment.waiting(receiver), 0);
  }

  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Also when something about the call has changed. */
  begin(call: OpenCall): void {
    this.#put({ op: 'call', call: structuredClone(call) });
  }

  add(event: StoredEvent): void {
    this.#put({ op: 'event', to: event.to, event: event.event });
  }

  /** After its last events. */
  over(callId: string): void {
    this.#put({ op: 'over', call: callId });
  }

  /** Written together with what else comes in this turn of the event loop. */
  #put(line: Line): void {
    this.#pending.push(line);
    this.#flushing ??= setImmediate(() => this.flush());
  }

  /** Writes what was added; survives the death of the process from here on. */
  flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    if (this.#closed || this.#pending.length === 0 || this.#retrying !== undefined) return;
    const lines = this.#pending;
    try {
      this.#write(lines);
      this.#pending = [];
      if (this.#failing)
        this.#options.log?.info({ folder: this.path }, 'callbacks: the outbox is written again');
      this.#failing = false;
    } catch (error) {
      this.#disturbed(error);
    }
  }

  /**
   * Resolves when everything that was added is on disk for good.
   * @throws AppError `callbacks_unwritable` when that is not to be
   */
  async synced(): Promise<void> {
    this.flush();
    const until = performance.now() + SYNC_TIMEOUT_MS;
    while (this.#pending.length > 0 || this.#syncing !== undefined) {
      if (performance.now() > until) throw new AppError('callbacks_unwritable', this.#options.folder);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The receiver needs it no more. */
  settle(segment: Segment, receiver: string, offset: number): void {
    this.#acknowledgements.add(segment, receiver, offset);
  }

  /**
   * Takes over what daemons that are gone have left. Everything that was added here before is read before it, and
   * what is added afterwards after it, so that a call which came over is told of in order.
   * @returns the calls that were open there
   */
  adopt(): { readonly calls: readonly OpenCall[]; readonly deadLetters: readonly string[] } {
    const calls: OpenCall[] = [];
    const deadLetters: string[] = [];
    for (const folder of leftFolders(this.#options.folder, this.path)) {
      const ours = this.#newFolder();
      try {
        renameSync(folder, ours);
      } catch {
        // Another daemon was faster.
        continue;
      }
      const names = readdirSync(ours).sort();
      const files = names.filter((name) => SEGMENT_NAME.test(name));
      const found = openCallsIn(files.map((name) => join(ours, name)));
      // What is still to be written may need a segment of its own, which must not get one of their numbers.
      this.flush();
      this.#seal();
      const first = this.#number + 1;
      // Ours has the calls, before theirs is taken apart: a crash in between tells of them twice, and loses none.
      if (!this.#beginWith(found, files.length)) {
        renameSync(ours, folder);
        continue;
      }
      calls.push(...found);
      const adopted = files.map((name, index) => this.#take(ours, name, first + index, names));
      this.segments.splice(this.segments.length - 1, 0, ...adopted);
      if (names.includes(DEAD_LETTERS)) deadLetters.push(join(ours, DEAD_LETTERS));
      else rmdirQuietly(ours);
      for (const segment of adopted) this.#tidy(segment);
    }
    if (calls.length > 0 || this.segments.length > 0) this.#told();
    return { calls, deadLetters };
  }

  /** What waits stays for the daemon that is started next. */
  close(): void {
    clearTimeout(this.#retrying);
    this.#retrying = undefined;
    this.flush();
    this.#acknowledgements.write();
    this.#closed = true;
    clearTimeout(this.#retrying);
    const events = this.#pending.filter(({ op }) => op === 'event').length;
    if (events > 0)
      this.#options.log?.error({ lost: events }, 'callbacks lost: the outbox can not be written');
    if (this.#syncing !== 'running') clearTimeout(this.#syncing);
    const isEmpty =
      this.#calls.size === 0 && this.#pending.length === 0 && this.segments.every(({ isDone }) => isDone);
    this.#seal();
    if (!isEmpty) return;
    for (const segment of this.segments.splice(0)) segment.remove();
    rmdirQuietly(this.path);
  }

  /** @param room how many numbers to leave free before the new segment */
  #beginWith(calls: readonly OpenCall[], room: number): boolean {
    this.#number += room;
    for (const call of calls) this.#calls.set(call.id, structuredClone(call));
    try {
      this.#begin();
      return true;
    } catch (error) {
      for (const call of calls) this.#calls.delete(call.id);
      this.#disturbed(error);
      return false;
    }
  }

  #take(folder: string, name: string, number: number, names: readonly string[]): Segment {
    const path = this.#segmentPath(number);
    // The acknowledgements first: without their segment they are nothing, but it without them would be sent again.
    for (const ack of names.filter((other) => other.startsWith(`${name}.`)))
      renameSync(join(folder, ack), `${path}${ack.slice(name.length)}`);
    renameSync(join(folder, name), path);
    return Segment.left(number, path, this.#options.receivers);
  }

  #write(lines: readonly Line[]): void {
    const text = lines.map(writeLine).join('');
    const { segmentBytes = SEGMENT_BYTES } = this.#options;
    if (this.#current !== undefined && this.#current.segment.bytes >= segmentBytes) this.#seal();
    const current = this.#current ?? this.#begin();
    current.append(text);
    for (const line of lines) {
      apply(this.#calls, line);
      if (line.op === 'event') current.segment.counted(line.to);
    }
    this.#sync();
  }

  /** A new segment, which knows the calls that are open. */
  #begin(): OpenSegment {
    this.#number += 1;
    const current = new OpenSegment(this.#number, this.#segmentPath(this.#number), this.#calls.values());
    this.#current = current;
    this.segments.push(current.segment);
    this.#limit();
    return current;
  }

  #seal(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const failure = current.seal();
    if (failure !== undefined) this.#fail(failure);
    this.#tidy(current.segment);
    this.#told();
  }

  /** Makes durable what has been written, a moment later, together with what comes meanwhile. */
  #sync(): void {
    if (this.#syncing !== undefined) return;
    this.#syncing = setTimeout(() => {
      const current = this.#current;
      this.#syncing = undefined;
      if (current === undefined || this.#closed) return;
      this.#syncing = 'running';
      current.sync((error, upTo) => {
        this.#syncing = undefined;
        if (this.#current !== current) {
          // Sealed meanwhile, which made it durable; its successor may be waiting.
          if (this.#current?.isBehind === true) this.#sync();
          return;
        }
        if (error !== null) {
          this.#disturbed(error);
          return;
        }
        current.segment.durable = upTo;
        if (current.isBehind) this.#sync();
        this.#told();
      });
    }, this.#options.syncDelayMs ?? SYNC_DELAY_MS).unref();
  }

  /** The disk is full, or gone. What may be half written is left behind. */
  #disturbed(error: unknown): void {
    this.#fail(error);
    this.#seal();
    const events = this.#pending.length - MAX_PENDING;
    if (events > 0) {
      this.#pending.splice(0, events);
      this.#lost += events;
      this.#options.log?.error({ lost: this.#lost }, 'callbacks lost: the outbox can not be written');
    }
    this.#retrying ??= setTimeout(() => {
      this.#retrying = undefined;
      this.flush();
    }, RETRY_MS).unref();
  }

  /** Once, however often it is tried. */
  #fail(error: unknown): void {
    if (!this.#failing) {
      this.#options.log?.error(
        { folder: this.path, code: codeOf(error), waiting: this.#pending.length },
        'callbacks: the outbox can not be written',
      );
    }
    this.#failing = true;
  }

  /** Throws away the oldest segments when there is too much. */
  #limit(): void {
    while (this.bytes > this.#options.maxBytes && this.segments.length > 1) {
      const oldest = this.segments.shift();
      if (oldest === undefined) return;
      const given = Object.fromEntries([...oldest.totals.keys()].map((name) => [name, oldest.waiting(name)]));
      oldest.remove();
      this.#options.log?.error({ events: given }, 'callbacks given up: the outbox is full');
    }
  }

  #tidy(segment: Segment): void {
    if (!segment.sealed || !segment.isDone || this.#closed) return;
    // The newest one knows the calls that are open.
    if (this.#current === undefined && segment === this.segments.at(-1)) return;
    const at = this.segments.indexOf(segment);
    if (at < 0) return;
    this.segments.splice(at, 1);
    segment.remove();
  }

  #told(): void {
    for (const listener of this.#listeners) listener();
  }

  #newFolder(): string {
    return join(this.#options.folder, folderName(this.#mark));
  }

  #segmentPath(number: number): string {
    return join(this.path, `${String(number).padStart(12, '0')}.jsonl`);
  }
}
