import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordsLog } from './log.js';

export interface Spooled {
  readonly id: string;
  readonly path: string;
}

const NAME = /^(\d{13})-(rec_[0-9a-f]{32})\.json$/;

/** Records that wait for their receiver: a file each, so that a crash between two steps loses nothing. */
export class Spool {
  readonly folder: string;
  readonly #refused: string;
  readonly #maxBytes: number;
  readonly #log: RecordsLog | undefined;
  #bytes: number | undefined;

  constructor(folder: string, maxBytes: number, log: RecordsLog | undefined) {
    this.folder = folder;
    this.#refused = join(folder, 'refused');
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  async add(id: string, text: string, now: number): Promise<Spooled> {
    const path = join(this.folder, `${String(now).padStart(13, '0')}-${id}.json`);
    const temporary = `${path}.part`;
    await mkdir(this.folder, { recursive: true, mode: 0o750 });
    try {
      await writeFile(temporary, text, { mode: 0o640 });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
    if (this.#bytes !== undefined) this.#bytes += Buffer.byteLength(text);
    await this.#limit();
    return { id, path };
  }

  /** The oldest first. */
  async list(): Promise<Spooled[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    return names.sort().flatMap((name) => {
      const id = NAME.exec(name)?.[2];
      return id === undefined ? [] : [{ id, path: join(this.folder, name) }];
    });
  }

  /** Undefined when it is gone: given up, or sent by another daemon. @throws Error of the disk */
  async read({ path }: Spooled): Promise<string | undefined> {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async remove({ path }: Spooled): Promise<void> {
    const size = await sizeOf(path);
    await rm(path, { force: true });
    if (this.#bytes !== undefined) this.#bytes = Math.max(0, this.#bytes - size);
  }

  /** The receiver will never take it: kept aside for people. */
  async putAside(spooled: Spooled): Promise<void> {
    const size = await sizeOf(spooled.path);
    await mkdir(this.#refused, { recursive: true, mode: 0o750 });
    await rename(spooled.path, join(this.#refused, `${spooled.id}.json`)).catch(() => undefined);
    if (this.#bytes !== undefined) this.#bytes = Math.max(0, this.#bytes - size);
  }

  async #limit(): Promise<void> {
    if (this.#bytes === undefined) {
      const sizes = await Promise.all((await this.list()).map(({ path }) => sizeOf(path)));
      this.#bytes = sizes.reduce((sum, size) => sum + size, 0);
    }
    if (this.#bytes <= this.#maxBytes) return;
    for (const oldest of await this.list()) {
      if (this.#bytes <= this.#maxBytes) return;
      await this.remove(oldest);
      this.#log?.error({ record_id: oldest.id }, 'contact record given up: too many wait for the receiver');
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
