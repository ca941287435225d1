import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { ResolveHost } from './connector.js';

/** As many as libuv lets run at a time (threadpool.c slow_work_thread_threshold, with its four threads). */
const MOST_AT_A_TIME = 2;
/** Who has waited for so long has given up. */
const STALE_MS = 10_000;
const MOST_NAMES = 1000;

type Done = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

interface Question {
  readonly key: string;
  readonly hostname: string;
  readonly options: LookupOptions & { all: true };
  readonly waiting: Done[];
  askedMs: number;
}

/**
 * Looks names up, each once at a time however many want to know. A name server that is silent about one name costs
 * a thread for ten seconds and more; without this, every call to that app would stand in line for one, and calls to
 * all other apps behind them.
 */
export class SharedLookup {
  readonly #resolve: ResolveHost;
  readonly #nowMs: () => number;
  readonly #questions = new Map<string, Question>();
  readonly #inLine: Question[] = [];
  #running = 0;

  constructor(resolve: ResolveHost = lookup, nowMs: () => number = () => performance.now()) {
    this.#resolve = resolve;
    this.#nowMs = nowMs;
  }

  readonly resolve: ResolveHost = (hostname, options, callback) => {
    const key = JSON.stringify([hostname, options.family, options.hints, options.order]);
    const known = this.#questions.get(key);
    if (known !== undefined) {
      known.askedMs = this.#nowMs();
      known.waiting.push(callback);
      return;
    }
    if (this.#inLine.length >= MOST_NAMES) {
      callback(failure('too many names are being looked up'), []);
      return;
    }
    const question = { key, hostname, options, waiting: [callback], askedMs: this.#nowMs() };
    this.#questions.set(key, question);
    this.#inLine.push(question);
    this.#next();
  };

  #next(): void {
    while (this.#running < MOST_AT_A_TIME) {
      const question = this.#inLine.shift();
      if (question === undefined) return;
      if (this.#nowMs() - question.askedMs > STALE_MS) {
        this.#settle(question, failure('the resolver is busy with other names'), []);
        continue;
      }
      this.#running += 1;
      this.#resolve(question.hostname, question.options, (error, addresses) => {
        this.#running -= 1;
        this.#settle(question, error, addresses);
        this.#next();
      });
    }
  }

  #settle(question: Question, error: NodeJS.ErrnoException | null, addresses: LookupAddress[]): void {
    this.#questions.delete(question.key);
    for (const done of question.waiting) done(error, addresses);
  }
}

function failure(message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code: 'ETIMEOUT' });
}

/** The process has one resolver: its threads are shared by apps, functions and receivers alike. */
export const sharedLookup: ResolveHost = new SharedLookup().resolve;
