import type { EslCommand } from '../../esl/connection.js';
import type { SegmentEnd, SegmentResult } from '../channel.js';
import type { CompiledSegment } from '../inline-list.js';
import type { Headers } from '../dump.js';

/** What is kept of a segment for as long as its list runs. */
export interface RunningOptions {
  readonly run: string;
  /** Undefined for a prompt that covers a wait: nothing is read from it. */
  readonly compiled: Pick<CompiledSegment, 'outcomeVariables' | 'read'> | undefined;
  /** It is to give the call back. */
  readonly release: boolean;
  readonly commands: readonly EslCommand[];
  readonly settle: (result: SegmentResult) => void;
}

/** A list that FreeSWITCH was told to run, and how far it is known to have come. */
export class RunningSegment {
  readonly run: string;
  readonly release: boolean;
  /** What was written and has no reply yet. */
  unanswered: readonly EslCommand[] | undefined;
  readonly #compiled: RunningOptions['compiled'];
  readonly #sentAt = performance.now();
  readonly #settle: (result: SegmentResult) => void;

  constructor({ run, compiled, release, commands, settle }: RunningOptions) {
    this.run = run;
    this.release = release;
    this.unanswered = commands;
    this.#compiled = compiled;
    this.#settle = settle;
  }

  /** It has outcomes, and arms the guard at its end. */
  get isList(): boolean {
    return this.#compiled !== undefined;
  }

  /** The channel tells that the list has run to its end. */
  isCompleted(headers: Headers): boolean {
    return this.#reading(headers).completed;
  }

  /** An action of the list has left its outcome (inline-list.ts: a marker begins with the name of the run). */
  hasBegun(headers: Headers): boolean {
    return headers.get('variable_cti_o1')?.startsWith(`${this.run};`) === true;
  }

  settle(headers: Headers | undefined, end: SegmentEnd, kept: boolean): void {
    this.#settle({ end, steps: this.#reading(headers).steps, ...(kept ? { kept } : {}) });
  }

  #reading(headers: Headers | undefined): Pick<SegmentResult, 'steps'> & { readonly completed: boolean } {
    if (this.#compiled === undefined) return { completed: false, steps: [] };
    const { outcomeVariables, read } = this.#compiled;
    return read(
      outcomeVariables.map((name) => headers?.get(`variable_${name}`)),
      { elapsedMs: performance.now() - this.#sentAt, endedAtMicros: microsOf(headers) },
    );
  }
}

function microsOf(headers: Headers | undefined): number {
  const micros = Number(headers?.get('Event-Date-Timestamp'));
  return micros > 0 ? micros : Date.now() * 1000;
}
