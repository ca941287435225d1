import { randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checked } from '../checked.js';
import { markOf } from '../process-mark.js';
import type { ProcessMark } from '../process-mark.js';
import type { ContactRecord } from './contact-record.js';
import type { RecordsLog } from './log.js';
import { OverNotes } from './over-notes.js';

/**
 * - `draft`: what is known of a call that runs;
 * - `over`: its record was written, or somebody else has the call now.
 */
const entrySchema = z.union([
  z.object({
    op: z.literal('draft'),
    record: z.looseObject({ record_id: z.string(), contact_id: z.string() }),
  }),
  z.object({ op: z.literal('over'), id: z.string() }),
]);

/** When so much was appended, the journal is written anew with what is open. */
const COMPACT_BYTES = 16 * 1024 * 1024;
/** A crash loses no more than this of what a call went through. */
const FLUSH_MS = 50;
/** So often a journal that could not be written is tried again. */
const RETRY_MS = 1000;
const NAME = /^open-(\d+)-(\d+)-[0-9a-f-]+\.jsonl$/;

/**
 * What is known of the calls that run, on disk: what a restarted daemon needs to write the records of those that
 * ended without it. It survives the death of the process, not that of the machine. Each daemon process has a journal
 * of its own; all in a folder are read together.
 */
export class RecordJournal {
  readonly #folder: string;
  readonly #mark: ProcessMark;
  readonly #log: RecordsLog | undefined;
  readonly #open = new Map<string, () => ContactRecord>();
  readonly #changed = new Set<string>();
  readonly #overNotes = new OverNotes();
  #path: string;
  #handle: number | undefined;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The disk did not take everything: what is there is to be written anew. */
  #failing = false;
  /** Files that are forgotten when what they held stands here. */
  #forgotten: string[] = [];
  #retrying: NodeJS.Timeout | undefined;

  constructor(folder: string, log?: RecordsLog, mark: ProcessMark = markOf(process.pid)) {
    this.#folder = folder;
    this.#log = log;
    this.#mark = mark;
    this.#path = this.#newPath();
  }

  /**
   * In the file when this returns, if the disk allows: before anything happens on the call.
   * @param draft tells what is known of it, whenever it is asked
   */
  open(recordId: string, draft: () => ContactRecord): void {
    this.#open.set(recordId, draft);
    this.#append(draftLine(draft()));
  }

  /** More is known than before. */
  changed(recordId: string): void {
    if (!this.#open.has(recordId)) return;
    this.#changed.add(recordId);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** Its record was written, or somebody else has the call now. Says so also of what another daemon began. */
  over(recordId: string): void {
    this.#open.delete(recordId);
    this.#changed.delete(recordId);
    this.#append(`${JSON.stringify({ op: 'over', id: recordId })}\n`);
  }

  /** Writes what has changed. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const drafts = [...this.#changed].map((id) => this.#open.get(id)).filter((draft) => draft !== undefined);
    this.#changed.clear();
    if (drafts.length > 0) this.#append(drafts.map((draft) => draftLine(draft())).join(''));
  }

  /** What is open in journals of processes that are gone: calls that nobody has finished. */
  left(): ContactRecord[] {
    const open = new Map<string, ContactRecord>();
    const over = this.#overElsewhere();
    for (const { path, isDead } of this.#files()) {
      for (const entry of isDead ? entriesOf(path) : []) {
        if (entry.op === 'draft') open.set(entry.record.record_id, entry.record as unknown as ContactRecord);
      }
    }
    return [...open.values()].filter(({ record_id: id }) => !over.has(id));
  }

  /**
   * As `left`, and makes these journals ours, so that of several daemons that start at a time only one deals with
   * them. `forget` takes the files away.
   */
  claim(): { readonly records: readonly ContactRecord[]; readonly files: readonly string[] } {
    const files: string[] = [];
    const over = this.#overElsewhere();
    for (const { path, isDead } of this.#files()) {
      if (!isDead) continue;
      const ours = this.#newPath();
      try {
        renameSync(path, ours);
        files.push(ours);
      } catch {
        // Another daemon was faster.
      }
    }
    const drafts = files.flatMap(entriesOf).filter((entry) => entry.op === 'draft');
    const open = new Map(
      drafts.map(({ record }) => [record.record_id, record as unknown as ContactRecord] as const),
    );
    return { records: [...open.values()].filter(({ record_id: id }) => !over.has(id)), files };
  }

  /** Which of these other daemons have finished, as far as their journals lie here. */
  overElsewhere(recordIds: readonly string[]): string[] {
    if (recordIds.length === 0) return [];
    const over = this.#overElsewhere();
    return recordIds.filter((id) => over.has(id));
  }

  /** After their records were opened here: they go as soon as the disk has those. */
  forget(files: readonly string[]): void {
    this.#forgotten.push(...files);
    if (this.#failing) return;
    for (const file of this.#forgotten.splice(0)) rmSync(file, { force: true });
  }

  /** Calls that are still open stay, for the daemon that is started next. */
  close(): void {
    clearTimeout(this.#retrying);
    this.flush();
    if (this.#failing) this.#renew();
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
    try {
      if (this.#open.size === 0) rmSync(this.#path, { force: true });
    } catch (error) {
      // It says of every call that it is over: the next daemon takes it away.
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      this.#log?.error({ file: this.#path, code }, 'contact journal can not be taken away');
    }
  }

  #append(text: string): void {
    // What is open will be written whole, once that is possible.
    if (this.#failing) return;
    try {
      this.#handle ??= this.#begin();
      writeAll(this.#handle, text);
      this.#bytes += text.length;
      if (this.#bytes > COMPACT_BYTES) this.#compact();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A call is worth more than its record. Told once, however often it is tried. */
  #fail(error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    if (!this.#failing) this.#log?.error({ file: this.#path, code }, 'contact journal can not be written');
    this.#failing = true;
    this.#retrying ??= setTimeout(() => {
      this.#retrying = undefined;
      this.#renew();
    }, RETRY_MS).unref();
  }

  /** What stands there may end in the middle of a line. */
  #renew(): void {
    try {
      this.#compact();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#failing = false;
    this.forget([]);
    this.#log?.info({ file: this.#path }, 'contact journal is written again');
  }

  #begin(path = this.#path): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
    return openSync(path, 'a', 0o640);
  }

  /** Into a second file, then away with the first: at no time is an open call in neither. */
  #compact(): void {
    const path = this.#newPath();
    const handle = this.#begin(path);
    const text = [...this.#open.values()].map((draft) => draftLine(draft())).join('');
    try {
      writeAll(handle, text);
    } catch (error) {
      closeSync(handle);
      rmSync(path, { force: true });
      throw error;
    }
    const before = { path: this.#path, handle: this.#handle };
    this.#path = path;
    this.#handle = handle;
    this.#bytes = text.length;
    if (before.handle !== undefined) closeSync(before.handle);
    rmSync(before.path, { force: true });
  }

  #newPath(): string {
    return join(this.#folder, `open-${this.#mark.pid}-${this.#mark.begun}-${randomUUID()}.jsonl`);
  }

  #overElsewhere(): { readonly has: (recordId: string) => boolean } {
    const paths = this.#files().map(({ path }) => path);
    return this.#overNotes.in(paths.filter((path) => path !== this.#path));
  }

  #files(): { readonly path: string; readonly isDead: boolean }[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      // There is no such folder as long as nothing was written.
      return [];
    }
    return names.flatMap((name) => {
      const [, pid, begun] = NAME.exec(name) ?? [];
      const path = join(this.#folder, name);
      return pid === undefined ? [] : [{ path, isDead: markOf(Number(pid)).begun !== Number(begun) }];
    });
  }
}

/** A disk that is nearly full takes a part. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

function draftLine(record: ContactRecord): string {
  return `${JSON.stringify({ op: 'draft', record })}\n`;
}

function entriesOf(path: string): z.output<typeof entrySchema>[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    // The last line may be cut short by the crash.
    try {
      const parsed = checked(entrySchema, JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
