import type { Random } from './random.js';

/**
 * One thing that hostile input is fed to. A file `targets/<name>.ts` exports it as `target`; nothing else need know
 * of it. `npm run fuzz -- --target <name> --seconds 60` hunts; `npm test` replays its cases and hunts for a second.
 */
export interface Target<Input = unknown> {
  /** As the file: `[a-z0-9-]+`. */
  readonly name: string;
  /** What is fed and what must hold, in a line, for docs/reference/fuzzing.md. */
  readonly about: string;
  /** Beginnings of paths below `src/` (`esl/`, `flow/references.ts`): what is reached in them guides the hunt. */
  readonly covers: readonly string[];
  /** What inputs are made of: `textForm`, `bytesForm`, `jsonForm`, or one of the target's own. */
  readonly form: Form<Input>;
  /** Inputs to begin with: good ones above all. */
  readonly seeds: readonly Input[];
  /** A new input from nothing, now and then, where that reaches what mutations of the seeds do not. */
  readonly generate?: (random: Random) => Input;
  /**
   * Feeds it. What it throws is found as a fault, so errors that are documented for bad input are caught in here
   * (`expecting`), and what must hold besides is thrown when it does not (`must`). State is made anew in each run,
   * or must be such that a run does not change the next. An input must be over within a second of CPU time.
   */
  readonly run: (input: Input) => void | Promise<void>;
  /** What it has found, each in a line; mended since, and kept as a case or a test of its own. */
  readonly found?: readonly string[];
  /** Old space of the worker in MB, beyond which an input has blown up the memory. Default 256. */
  readonly maxHeapMb?: number;
}

/** How inputs of one kind are changed, made smaller, and written to a file. */
export interface Form<Input> {
  /** A changed copy; `others` are to be mixed in. */
  mutate(input: Input, random: Random, others: readonly Input[]): Input;
  /** Smaller copies, the smallest first; the first that still fails is gone on with. */
  smaller(input: Input): Iterable<Input>;
  write(input: Input): Uint8Array;
  /** The inverse of `write`. */
  read(bytes: Uint8Array): Input;
}

/** Keeps the kind of the input that `run` takes; the infrastructure knows targets of any kind. */
export function defineTarget<Input>(target: Target<Input>): Target<Input> {
  return target;
}

/** What did not hold. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}

function asJson(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}

/** Both are the same as JSON; in the message the beginnings of both. */
export function mustEqual(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [asJson(actual), asJson(expected)];
  if (one !== other) throw new Broken(`${what}: ${one.slice(0, 300)} is not ${other.slice(0, 300)}`);
}

/** Runs it; an error of one of these classes is a documented answer to bad input, and gives `undefined`. */
export function expecting<Answer>(
  kinds: readonly (abstract new (...args: never[]) => Error)[],
  run: () => Answer,
): Answer | undefined {
  try {
    return run();
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}
