import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../errors.js';
import type { FileChange } from './uses.js';

/**
 * Writes all of them or none: each at once (a reader sees the old text or the new one), and when one fails, those
 * before it get their old text back.
 * @throws AppError `config_unreadable` when a file can't be written, or has changed since it was read
 */
export function writeFiles(changes: readonly FileChange[]): void {
  for (const { path, before } of changes) {
    const now = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (now !== before) throw new AppError('config_unreadable', `${path} was changed meanwhile; try again`);
  }
  const done: FileChange[] = [];
  for (const change of changes) {
    try {
      replaceFile(change.path, change.after);
      done.push(change);
    } catch (error) {
      for (const { path, before } of done.reverse()) replaceFile(path, before);
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      throw new AppError(
        'config_unreadable',
        `${change.path} can't be written (${code}); nothing was changed`,
        {
          cause: error,
        },
      );
    }
  }
}

/** By way of a file beside it, with the same owner and permissions. A symbolic link stays one. */
function replaceFile(path: string, text: string): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const old = statSync(target, { throwIfNoEntry: false });
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  const handle = openSync(temporary, 'wx', old === undefined ? 0o640 : old.mode & 0o7777);
  try {
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (old !== undefined) keepOwner(temporary, old.uid, old.gid);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Only the superuser may give a file away; for everybody else the new one is his own, as with any editor. */
function keepOwner(path: string, uid: number, gid: number): void {
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}
