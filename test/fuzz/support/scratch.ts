import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** On memory where there is such a place: what is tried is the reading, not the disk. */
function base(): string {
  const memory = '/dev/shm';
  try {
    const folder = mkdtempSync(path.join(memory, 'switchhook-fuzz-'));
    return folder;
  } catch {
    return mkdtempSync(path.join(os.tmpdir(), 'switchhook-fuzz-'));
  }
}

/** A folder of this thread that is empty each time. */
export class Scratch {
  readonly path: string;

  constructor() {
    this.path = base();
    process.once('exit', () => rmSync(this.path, { recursive: true, force: true }));
  }

  emptied(): string {
    rmSync(this.path, { recursive: true, force: true });
    mkdirSync(this.path);
    return this.path;
  }
}
