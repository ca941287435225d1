import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readdirSync, rmdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { markOf } from '../../process-mark.js';
import type { ProcessMark } from '../../process-mark.js';

const FOLDER_NAME = /^out-(\d+)-(\d+)-[0-9a-f-]+$/;

/** The folder of a process; another one each time. */
export function folderName({ pid, begun }: ProcessMark): string {
  return `out-${pid}-${begun}-${randomUUID()}`;
}

/** Folders of processes that are gone. */
export function leftFolders(folder: string, own: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const [, pid, begun] = FOLDER_NAME.exec(name) ?? [];
      if (pid === undefined || join(folder, name) === own) return [];
      return markOf(Number(pid)).begun === Number(begun) ? [] : [join(folder, name)];
    });
}

export function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** A file is there for good when its folder is. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function rmdirQuietly(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not empty: dead letters, which stay.
  }
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'error';
}
