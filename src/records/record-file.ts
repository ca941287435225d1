import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { RecordsLog } from './log.js';

export interface RecordFileOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly daily: boolean;
  /** Files put aside that are kept; 0: all. */
  readonly keep: number;
  readonly log?: RecordsLog | undefined;
  readonly now?: () => Date;
}

/** A place in a file, which may be put aside later. */
export interface FilePlace {
  readonly inode: number;
  readonly bytes: number;
}

/** So many records may wait for a disk that is full. */
const MAX_WAITING = 10_000;
const RETRY_MS = 1000;

/**
 * JSON lines. Opened anew for each batch, so that a file that was moved away (logrotate) is simply begun again, and
 * appended in one write, so that two daemons may share it.
 */
export class RecordFile {
  readonly #options: RecordFileOptions;
  readonly #now: () => Date;
  #waiting: { readonly line: string; readonly done: (written: boolean) => void }[] = [];
  #writing: Promise<void> | undefined;
  #checked = false;
  #failing = false;
  #closing = false;

  constructor(options: RecordFileOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** @returns whether it was written; false only when it was given up: too many wait, or the daemon ends */
  write(line: string): Promise<boolean> {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#options.log?.error({ file: this.#options.path }, 'contact record given up: too many wait');
      return Promise.resolve(false);
    }
    return new Promise((done) => {
      this.#waiting.push({ line, done });
      this.#writing ??= this.#run();
    });
  }

  /** Writes what waits; gives up what can't be written. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#writing;
  }

  /** How far the newest file goes. */
  async place(): Promise<FilePlace | undefined> {
    const known = await stat(this.#options.path).catch(() => undefined);
    return known === undefined ? undefined : { inode: known.ino, bytes: known.size };
  }

  /**
   * The ids of records in the newest files, for whoever must not write one twice.
   * @param since only of what was written since then
   */
  async has(recordIds: ReadonlySet<string>, since?: FilePlace): Promise<Set<string>> {
    const found = new Set<string>();
    if (recordIds.size === 0) return found;
    const aside = await this.#putAside();
    for (const path of [this.#options.path, ...aside.slice(-2).reverse()]) {
      const reached = since !== undefined && (await stat(path).catch(() => undefined))?.ino === since.inode;
      for (const id of await idsIn(path, reached ? since.bytes : 0)) if (recordIds.has(id)) found.add(id);
      if (reached) break;
    }
    return found;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#rotate();
        const written = await appendLines(
          this.#options.path,
          batch.map(({ line }) => `${line}\n`),
        );
        for (const { done } of batch.splice(0, written.lines)) done(true);
        if (written.error !== undefined) throw asError(written.error);
        if (this.#failing)
          this.#options.log?.info({ file: this.#options.path }, 'contact records are written again');
        this.#failing = false;
      } catch (error) {
        // What is half a line of ours may be there.
        this.#checked = false;
        this.#fail(error);
        if (this.#closing) {
          const given = [...batch, ...this.#waiting.splice(0)];
          for (const { done } of given) done(false);
          this.#options.log?.error(
            { file: this.#options.path, records: given.length },
            'contact records not written: they are left to the next daemon',
          );
          break;
        }
        this.#waiting = [...batch, ...this.#waiting];
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.#writing = undefined;
  }

  /** Once, however often it is tried. */
  #fail(error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    if (!this.#failing)
      this.#options.log?.error({ file: this.#options.path, code }, 'contact records can not be written');
    this.#failing = true;
  }

  async #rotate(): Promise<void> {
    const { path, maxBytes, daily } = this.#options;
    const known = await stat(path).catch(() => undefined);
    if (known === undefined) {
      await mkdir(dirname(path), { recursive: true });
      return;
    }
    if (!this.#checked) await endLine(path, known.size);
    this.#checked = true;
    const isOld = daily && known.size > 0 && dayOf(known.mtime) !== dayOf(this.#now());
    if (known.size < maxBytes && !isOld) return;
    const { folder, stem, extension } = parts(path);
    const [newest] = (await this.#putAside()).slice(-1);
    const stamp = stampAfter(
      this.#now(),
      newest === undefined ? '' : parts(newest).stem.slice(stem.length + 1),
    );
    await rename(path, join(folder, `${stem}-${stamp}${extension}`)).catch((error: unknown) => {
      // Another daemon that shares the file was faster.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    await this.#prune();
  }

  async #prune(): Promise<void> {
    const { keep } = this.#options;
    if (keep === 0) return;
    const aside = await this.#putAside();
    for (const path of aside.slice(0, Math.max(0, aside.length - keep))) await rm(path, { force: true });
  }

  /** The oldest first. */
  async #putAside(): Promise<string[]> {
    const { folder, stem, extension } = parts(this.#options.path);
    const names = await readdir(folder).catch((): string[] => []);
    return names
      .filter(
        (name) =>
          name.startsWith(`${stem}-`) &&
          name.endsWith(extension) &&
          /^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name.slice(stem.length + 1, name.length - extension.length)),
      )
      .sort()
      .map((name) => join(folder, name));
  }
}

function parts(path: string): { folder: string; stem: string; extension: string } {
  const extension = extname(path);
  return { folder: dirname(path), stem: basename(path, extension), extension };
}

/** @param newest the stamp of the newest file, which a clock that was put back must not make the older one */
function stampAfter(date: Date, newest: string): string {
  const stamp = stampOf(date);
  if (stamp > newest) return stamp;
  const iso = newest.replace(/T(\d\d)-(\d\d)-(\d\d)-/, 'T$1:$2:$3.');
  return stampOf(new Date(Date.parse(iso) + 1));
}

function stampOf(date: Date): string {
  return date.toISOString().replaceAll(/[:.]/g, '-');
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/**
 * Appends lines in one write, if the disk has room for all. Where it has not, what is there of the first that does not
 * fit is taken away again, unless somebody else has appended behind it.
 * @returns how many are there, and why not all
 */
async function appendLines(
  path: string,
  lines: readonly string[],
): Promise<{ readonly lines: number; readonly error?: unknown }> {
  const handle = await open(path, 'a', 0o640);
  try {
    const bytes = Buffer.from(lines.join(''));
    const before = (await handle.stat()).size;
    let at = 0;
    try {
      while (at < bytes.length) at += (await handle.write(bytes, at)).bytesWritten;
      return { lines: lines.length };
    } catch (error) {
      const whole = bytes.lastIndexOf(0x0a, at - 1) + 1;
      const fits = at === 0 ? 0 : whole;
      if (at > fits && (await handle.stat()).size === before + at) await handle.truncate(before + fits);
      return { lines: bytes.subarray(0, fits).toString('latin1').split('\n').length - 1, error };
    }
  } finally {
    await handle.close();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** A line that a crash cut short must not swallow the next one. */
async function endLine(path: string, size: number): Promise<void> {
  if (size === 0) return;
  const handle = await open(path, 'a+');
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer[0] !== 0x0a) await handle.write('\n');
  } finally {
    await handle.close();
  }
}

async function idsIn(path: string, start: number): Promise<string[]> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return [];
  const ids: string[] = [];
  try {
    for await (const line of handle.readLines({ start })) {
      const id = /"record_id":"(rec_[0-9a-f]{32})"/.exec(line)?.[1];
      if (id !== undefined) ids.push(id);
    }
  } finally {
    await handle.close().catch(() => undefined);
  }
  return ids;
}
