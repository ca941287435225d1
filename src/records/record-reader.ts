import { open, readdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { ContactRecord } from './contact-record.js';

/** A place between two records: everything before it is older. */
export interface RecordPlace {
  /** Of the file: it survives that the file is put aside under another name. */
  readonly inode: number;
  readonly offset: number;
}

export interface RecordPage {
  /** The newest first. */
  readonly records: readonly ContactRecord[];
  /** Where to go on; undefined at the end of the oldest file. */
  readonly next?: RecordPlace;
}

export interface RecordQuery {
  readonly matches: (record: ContactRecord) => boolean;
  /** Only lines with this in them are read as JSON; for looking up one among many. */
  readonly contains?: string;
  readonly limit: number;
  readonly from?: RecordPlace;
}

const CHUNK_BYTES = 256 * 1024;
/** So much is read for one answer; whoever wants more asks again from there. */
const SCAN_BYTES = 64 * 1024 * 1024;
/** A line that is longer is none of ours. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

interface DataFile {
  readonly path: string;
  readonly inode: number;
  readonly size: number;
}

/** Reads the files that RecordFile writes, from the end: the newest records first. */
export class RecordReader {
  readonly #path: string;
  readonly #scanBytes: number;

  constructor(path: string, scanBytes = SCAN_BYTES) {
    this.#path = path;
    this.#scanBytes = scanBytes;
  }

  /** @returns undefined when the place is not there any more */
  async page({ matches, contains, limit, from }: RecordQuery): Promise<RecordPage | undefined> {
    const files = await this.#files();
    const first = from === undefined ? 0 : files.findIndex(({ inode }) => inode === from.inode);
    if (first < 0) return undefined;
    const records: ContactRecord[] = [];
    let left = this.#scanBytes;
    for (const [index, file] of files.slice(first).entries()) {
      const end = index === 0 && from !== undefined ? Math.min(from.offset, file.size) : file.size;
      for await (const { line, begin } of linesBefore(file.path, end)) {
        left -= line.length + 1;
        const record = parsed(line, contains);
        if (record !== undefined && matches(record)) records.push(record);
        if (records.length >= limit || left <= 0)
          return { records, next: { inode: file.inode, offset: begin } };
      }
    }
    return { records };
  }

  /** The newest first. */
  async #files(): Promise<DataFile[]> {
    const folder = dirname(this.#path);
    const extension = extname(this.#path);
    const stem = basename(this.#path, extension);
    const names = await readdir(folder).catch((): string[] => []);
    const aside = names
      .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
      .filter((name) =>
        /^\d{4}-\d\d-\d\dT[\d-]+Z$/.test(name.slice(stem.length + 1, -extension.length || undefined)),
      )
      .sort()
      .reverse();
    const paths = [this.#path, ...aside.map((name) => join(folder, name))];
    const files = await Promise.all(
      paths.map(async (path): Promise<DataFile[]> => {
        const known = await stat(path).catch(() => undefined);
        return known?.isFile() === true ? [{ path, inode: known.ino, size: known.size }] : [];
      }),
    );
    return files.flat();
  }
}

/** Whole lines that end before a place, the last one first. */
async function* linesBefore(path: string, end: number): AsyncGenerator<{ line: Buffer; begin: number }> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    // Taken away in this moment.
    return;
  }
  try {
    let begin = end;
    let rest = Buffer.alloc(0);
    while (begin > 0) {
      const size = Math.min(CHUNK_BYTES, begin);
      begin -= size;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, begin);
      const whole = Buffer.concat([buffer.subarray(0, bytesRead), rest]);
      let lineEnd = whole.length;
      for (
        let at = whole.lastIndexOf(0x0a, lineEnd - 1);
        at >= 0;
        at = at === 0 ? -1 : whole.lastIndexOf(0x0a, at - 1)
      ) {
        if (at + 1 < lineEnd) yield { line: whole.subarray(at + 1, lineEnd), begin: begin + at + 1 };
        lineEnd = at;
      }
      rest = Buffer.from(whole.subarray(0, lineEnd));
      if (rest.length > MAX_LINE_BYTES) rest = Buffer.alloc(0);
    }
    if (rest.length > 0) yield { line: rest, begin: 0 };
  } finally {
    await file.close();
  }
}

function parsed(line: Buffer, contains: string | undefined): ContactRecord | undefined {
  if (contains !== undefined && !line.includes(contains)) return undefined;
  try {
    const value = JSON.parse(line.toString('utf8')) as ContactRecord | null;
    return typeof value?.record_id === 'string' && typeof value.contact_id === 'string' ? value : undefined;
  } catch {
    // Cut short by a crash.
    return undefined;
  }
}
