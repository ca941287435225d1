import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A small disk of its own, that can be full or read-only: for who may mount one. */
export class TinyDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Why there can be none on this machine, or undefined. */
  static get missing(): string | undefined {
    if (process.platform !== 'linux') return 'needs Linux';
    if (process.getuid?.() !== 0) return 'needs root, to mount a disk';
    const path = mkdtempSync(join(tmpdir(), 'switchhook-disk-'));
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status === 0;
    if (isMounted) spawnSync('umount', [path]);
    rmdirSync(path);
    return isMounted ? undefined : 'no disk can be mounted here';
  }

  /** Gone at the end of the test, after everything that was begun later. */
  static mount(kilobytes = 512, at?: string): TinyDisk {
    const path = at ?? mkdtempSync(join(tmpdir(), 'switchhook-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path]);
    onTestFinished(() => {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    });
    return new TinyDisk(path);
  }

  /** Takes all room that there is; files that are there may still grow to the end of their last page. */
  fill(): void {
    const fd = openSync(join(this.path, 'ballast'), 'a');
    try {
      for (const bytes of [4096, 1]) this.#writeAllOf(fd, Buffer.alloc(bytes));
    } finally {
      closeSync(fd);
    }
  }

  #writeAllOf(fd: number, bytes: Buffer): void {
    for (;;) {
      try {
        writeSync(fd, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
        throw error;
      }
    }
  }

  free(): void {
    rmSync(join(this.path, 'ballast'), { force: true });
  }

  /** Fails while somebody has a file open for writing. */
  readOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path]);
  }

  writable(): void {
    execFileSync('mount', ['-o', 'remount,rw', this.path]);
  }
}
