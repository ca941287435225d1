import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FlowSource } from '../flow/flow.js';
import type { FlowSet, FlowSettings } from '../flow/flow-set.js';
import { compiled } from './folder.js';

/** A call that lasts longer than this, on a daemon that was restarted meanwhile, loses its flow. */
const KEEP_MS = 7 * 24 * 3600 * 1000;
const NAME = /^[0-9a-f]{12}\.json$/;

export interface VersionLog {
  warn(fields: object, message: string): void;
}

/**
 * Sets of flows by their version, on disk: for calls that go on with theirs on a daemon that was started after the
 * files had been edited. Without a folder that can be written, versions live as long as the daemon.
 */
export class VersionStore {
  readonly #folder: string | undefined;
  readonly #log: VersionLog | undefined;

  constructor(folder: string | undefined, log?: VersionLog) {
    this.#folder = folder;
    this.#log = log;
  }

  save({ version, flows }: FlowSet): void {
    if (this.#folder === undefined || flows.size === 0) return;
    const path = join(this.#folder, `${version}.json`);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
      const now = new Date();
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) utimesSync(path, now, now);
      else {
        const documents = Object.fromEntries(
          Array.from(flows.values(), ({ name, source }) => [name, source.document]),
        );
        // Another daemon may write the same: whoever comes last wins, and both are right.
        const next = `${path}.${process.pid}`;
        writeFileSync(next, JSON.stringify(documents), { mode: 0o640 });
        renameSync(next, path);
      }
      this.#prune();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      this.#log?.warn({ folder: this.#folder, code }, 'flow versions are not kept over restarts');
    }
  }

  load(version: string, settings: FlowSettings): FlowSet | undefined {
    if (this.#folder === undefined || !NAME.test(`${version}.json`)) return undefined;
    let documents: unknown;
    try {
      documents = JSON.parse(readFileSync(join(this.#folder, `${version}.json`), 'utf8'));
    } catch {
      return undefined;
    }
    const sources = Object.entries((documents ?? {}) as Record<string, unknown>).map(
      ([name, document]): FlowSource => ({ name, file: `${name}.yaml`, document, place: () => undefined }),
    );
    const { set, problems } = compiled(sources, settings);
    // Another version of the daemon may read it otherwise, or somebody has changed it.
    return problems.length === 0 && set.version === version ? set : undefined;
  }

  #prune(): void {
    if (this.#folder === undefined) return;
    for (const name of readdirSync(this.#folder)) {
      const path = join(this.#folder, name);
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (NAME.test(name) && age > KEEP_MS) rmSync(path, { force: true });
    }
  }
}
