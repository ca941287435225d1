import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 256 * 1024;
const LF = 0x0a;
const NOTE = /^\{"op":"over","id":"([^"\\]+)"\}$/;

interface Read {
  readonly ids: Set<string>;
  /** As far as whole lines have been read. */
  bytes: number;
}

/**
 * Which calls journals say are over. They are asked for while calls run, and may be large: they only grow, so each is
 * read on from where it was read last.
 */
export class OverNotes {
  #files = new Map<string, Read>();

  /** @param paths of all journals that count; what others said is forgotten */
  in(paths: readonly string[]): { readonly has: (recordId: string) => boolean } {
    const files = new Map(paths.map((path) => [path, readOn(path, this.#files.get(path))]));
    this.#files = files;
    return { has: (recordId) => [...files.values()].some(({ ids }) => ids.has(recordId)) };
  }
}

function readOn(path: string, before: Read | undefined): Read {
  const fresh: Read = { ids: new Set(), bytes: 0 };
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    // Taken away by somebody else.
    return fresh;
  }
  try {
    const { size } = fstatSync(fd);
    const known = before === undefined || size < before.bytes ? fresh : before;
    readLines(fd, size, known);
    return known;
  } catch {
    return before ?? fresh;
  } finally {
    closeSync(fd);
  }
}

/** The last line may be cut short, or not written whole yet. */
function readLines(fd: number, size: number, into: Read): void {
  let begun = Buffer.alloc(0);
  for (let at = into.bytes; at < size;) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - at));
    const read = readSync(fd, chunk, 0, chunk.length, at);
    if (read === 0) return;
    at += read;
    const data = Buffer.concat([begun, chunk.subarray(0, read)]);
    const whole = data.lastIndexOf(LF) + 1;
    for (const line of data.toString('utf8', 0, whole).split('\n')) {
      const id = NOTE.exec(line)?.[1];
      if (id !== undefined) into.ids.add(id);
    }
    into.bytes += whole;
    begun = data.subarray(whole);
  }
}
