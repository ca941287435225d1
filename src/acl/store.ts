import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../errors.js';
import { MAX_BYTES } from './document.js';

export interface StoredFile {
  /** Symbolic links followed: what is replaced is the file, not the link. */
  readonly path: string;
  readonly bytes: Buffer;
}

const LOCK_PAUSE_MS = 100;
/** After so long, a lock that does not say whose it is was left by a crash between two steps. */
const EMPTY_LOCK_MS = 10_000;

/**
 * A file that somebody else reads at any moment: it is replaced whole or not at all, by one writer at a time.
 * Nothing that this leaves beside it ends in `.xml`, because FreeSWITCH loads every such file of the folder.
 */
export class FileStore {
  readonly path: string;
  readonly #lockTries: number;

  /** @param lockTries how often, every 100 ms, the lock is asked for */
  constructor(file: string, lockTries = 50) {
    this.path = file;
    this.#lockTries = lockTries;
  }

  /** What FreeSWITCH accepted last, as far as this knows; what `apply` goes back to. */
  get appliedPath(): string {
    return `${this.path}.applied`;
  }

  /** What FreeSWITCH refused, when `apply` went back. */
  get refusedPath(): string {
    return `${this.path}.refused`;
  }

  /** As it was before the last change. */
  get backupPath(): string {
    return `${this.path}.bak`;
  }

  /** @throws AppError `acl_unreadable`, `acl_not_accepted` */
  async read(): Promise<StoredFile> {
    try {
      const file = await realpath(this.path);
      const status = await stat(file);
      if (!status.isFile()) throw new AppError('acl_unreadable', `${this.path} is not a file`);
      if (status.size > MAX_BYTES)
        throw new AppError(
          'acl_not_accepted',
          `${this.path}: it is larger than ${MAX_BYTES / 1024 / 1024} MB`,
        );
      return { path: file, bytes: await readFile(file) };
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('acl_unreadable', `${this.path}: ${reasonOf(error)}`, { cause: error });
    }
  }

  /**
   * Nobody else who goes through this changes the file meanwhile.
   * @throws AppError `acl_locked`, `acl_write_failed`
   */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = path.join(path.dirname(this.path), `.${path.basename(this.path)}.lock`);
    const mine = `${process.pid} ${hostname()} ${randomBytes(6).toString('hex')}\n`;
    for (let tries = 0; !(await takeLock(lock, mine)); tries += 1) {
      if (tries >= this.#lockTries) throw new AppError('acl_locked', lock);
      await removeStale(lock);
      await pause(LOCK_PAUSE_MS);
    }
    try {
      return await work();
    } finally {
      // Somebody may have taken it for stale and have his own there now.
      if ((await readFile(lock, 'utf8').catch(() => '')) === mine) await unlink(lock).catch(() => undefined);
    }
  }

  /**
   * Puts other bytes in the place of the file, which is as it was when this fails.
   * @param seen what was read; when the file is no longer that, somebody else has changed it
   * @throws AppError `acl_locked`, `acl_write_failed`
   */
  async replace(seen: StoredFile, bytes: Buffer): Promise<void> {
    const status = await statusOf(seen);
    await writeWhole(this.backupPath, seen.bytes, status);
    await writeWhole(seen.path, bytes, status, seen.bytes);
  }

  /** The same without a backup, on the way back to one. */
  async put(seen: StoredFile, bytes: Buffer): Promise<void> {
    await writeWhole(seen.path, bytes, await statusOf(seen), seen.bytes);
  }

  /** Keeps a copy of what FreeSWITCH took. */
  async keepApplied(seen: StoredFile): Promise<void> {
    await writeWhole(this.appliedPath, seen.bytes, await statusOf(seen));
  }

  /** Keeps a copy of what FreeSWITCH did not take. */
  async keepRefused(seen: StoredFile, bytes: Buffer): Promise<void> {
    await writeWhole(this.refusedPath, bytes, await statusOf(seen));
  }

  /** The copies to go back to, the least old first. */
  async earlier(): Promise<readonly { readonly path: string; readonly bytes: Buffer }[]> {
    const found: { path: string; bytes: Buffer }[] = [];
    for (const file of [this.backupPath, this.appliedPath]) {
      const bytes = await readFile(file).catch(() => undefined);
      if (bytes !== undefined) found.push({ path: file, bytes });
    }
    return found;
  }
}

async function statusOf({ path: file }: StoredFile): Promise<Stats> {
  const status = await stat(file).catch((error: unknown) => failed(file, error));
  if (status.nlink > 1) throw new AppError('acl_write_failed', `${file} has ${status.nlink} hard links`);
  return status;
}

/** A file of that content, mode and owner, in one step. @param expected what has to be there until then */
async function writeWhole(file: string, bytes: Buffer, like: Stats, expected?: Buffer): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(bytes);
      const status = await handle.stat();
      if (status.uid !== like.uid || status.gid !== like.gid) await handle.chown(like.uid, like.gid);
      // After the owner: changing that takes set-uid bits away.
      await handle.chmod(like.mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (expected !== undefined && !expected.equals(await readFile(file)))
      throw new AppError('acl_locked', `${file} was changed by somebody else just now`);
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    if (error instanceof AppError) throw error;
    failed(file, error);
  }
  await syncFolder(folder);
}

/** So that the new name survives a power cut. Not every file system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function takeLock(lock: string, mine: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o644);
    try {
      await handle.writeFile(mine);
    } catch (error) {
      // One that does not say whose it is would never be taken away.
      await unlink(lock).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    return failed(lock, error);
  }
}

/** A process of this machine that is gone holds no lock. */
async function removeStale(lock: string): Promise<void> {
  const text = await readFile(lock, 'utf8').catch(() => '');
  const match = /^([0-9]+) (\S+) /.exec(text);
  const isEmpty = text === '' && (await ageOf(lock)) > EMPTY_LOCK_MS;
  const isDead = match?.[1] !== undefined && match[2] === hostname() && !isAlive(Number(match[1]));
  if (!isEmpty && !isDead) return;
  if ((await readFile(lock, 'utf8').catch(() => '')) === text) await unlink(lock).catch(() => undefined);
}

/** In milliseconds; 0 when it is not there. */
async function ageOf(file: string): Promise<number> {
  const status = await stat(file).catch(() => undefined);
  return status === undefined ? 0 : Math.abs(Date.now() - status.mtimeMs);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function failed(file: string, error: unknown): never {
  throw new AppError('acl_write_failed', `${file}: ${reasonOf(error)}`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'no permission',
  EPERM: 'its owner could not be kept',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EBUSY: 'it is a mount of its own, which can not be replaced in one step',
};

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}
