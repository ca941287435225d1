import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** Which blocks of code ran in this thread, of the files whose path has one of the beginnings. */
export class Coverage {
  readonly #session = new Session();
  readonly #wanted: readonly string[];
  readonly #seen = new Set<string>();

  /** @param covers paths below `src/` */
  constructor(covers: readonly string[]) {
    this.#wanted = covers.map((path) => `/src/${path}`);
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Blocks reached since the last time that no input has reached before; they stay new until `note`d. */
  fresh(): readonly string[] {
    let scripts: readonly Profiler.ScriptCoverage[] = [];
    // A session of the own thread answers before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      scripts = answer.result;
    });
    const found: string[] = [];
    for (const { url, scriptId, functions } of scripts) {
      if (!this.#wanted.some((path) => url.includes(path))) continue;
      for (const { ranges } of functions) {
        for (const { count, startOffset, endOffset } of ranges) {
          const key = `${scriptId}:${startOffset}-${endOffset}`;
          if (count > 0 && !this.#seen.has(key)) found.push(key);
        }
      }
    }
    return found;
  }

  note(blocks: readonly string[]): void {
    for (const block of blocks) this.#seen.add(block);
  }

  get blocks(): number {
    return this.#seen.size;
  }
}
