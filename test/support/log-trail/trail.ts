import { mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Names the folder of a run; absent where nobody looks at what is logged. */
const FOLDER = 'TEST_LOG_TRAIL';

/**
 * What all daemons of a run of tests logged, and all secrets that they were given: so that one can be looked for in the
 * other when the run has ended. Each process of the run writes files of its own.
 */
export class LogTrail {
  readonly folder: string;
  readonly #files = new Map<string, number>();
  readonly #known = new Set<string>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
  }

  /** Lines of a log, or a piece of what a process wrote. */
  note(text: string): void {
    writeSync(this.#file('log'), text);
  }

  /** For what a process writes, which comes in pieces: whole lines are noted. */
  lines(): (piece: string) => void {
    let rest = '';
    return (piece) => {
      const end = piece.lastIndexOf('\n') + 1;
      if (end > 0) this.note(rest + piece.slice(0, end));
      rest = end > 0 ? piece.slice(end) : rest + piece;
    };
  }

  /** @param place where it stood, for whoever reads that it was found: `http.tokens.0.token` */
  noteSecret(place: string, secret: string): void {
    if (this.#known.has(secret)) return;
    this.#known.add(secret);
    writeSync(this.#file('secrets'), `${JSON.stringify([place, secret])}\n`);
  }

  #file(kind: 'log' | 'secrets'): number {
    let file = this.#files.get(kind);
    if (file === undefined) {
      file = openSync(join(this.folder, `${process.pid}.${kind}`), 'a');
      this.#files.set(kind, file);
    }
    return file;
  }
}

/** Where a run keeps its trail: for the process that starts the tests, before it does. */
export function beginTrail(folder: string): void {
  process.env[FOLDER] = folder;
}

const folder = process.env[FOLDER];

/** The trail of this run. */
export const trail: LogTrail | undefined = folder === undefined ? undefined : new LogTrail(folder);

export interface FoundTrail {
  readonly logs: readonly Buffer[];
  /** Secret → where it stood. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** What all processes of a run have left. */
export function readTrail(from: string): FoundTrail {
  const logs: Buffer[] = [];
  const secrets = new Map<string, string>();
  for (const name of readdirSync(from).sort()) {
    const bytes = readFileSync(join(from, name));
    if (name.endsWith('.log')) logs.push(bytes);
    if (!name.endsWith('.secrets')) continue;
    for (const line of bytes.toString().split('\n')) {
      if (line === '') continue;
      const [place, secret] = JSON.parse(line) as [string, string];
      secrets.set(secret, place);
    }
  }
  return { logs, secrets };
}
