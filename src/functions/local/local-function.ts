import type { CancelSignal } from '../../cancellation.js';
import { Breaker } from '../../http-client/breaker.js';
import type { Health } from '../../http-client/breaker.js';
import type { Circuit } from '../../http-client/observer.js';
import { MAX_RESPONSE_BYTES } from '../response.js';
import { FunctionWorker } from './function-worker.js';
import type { WorkerAnswer } from './function-worker.js';

export interface LocalFunctionOptions {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly handler: string;
  readonly memoryMb: number;
  /** How many invocations may run at a time; each has a thread of its own. */
  readonly concurrency: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly breaker: { readonly failures: number; readonly open_ms: number };
  readonly onPrinted: (text: string) => void;
  readonly onCircuit: (state: 'open' | 'closed') => void;
}

export type LocalAnswer =
  | WorkerAnswer
  | { readonly kind: 'timeout'; readonly detail: string }
  /** It never began. */
  | { readonly kind: 'busy'; readonly detail: string }
  | { readonly kind: 'circuit_open'; readonly detail: string }
  | { readonly kind: 'gone' };

interface Waiting {
  readonly start: (worker: FunctionWorker) => void;
}

/** Threads that nobody needed for so long are given up. */
const IDLE_MS = 300_000;

/**
 * A JavaScript file as a function. Its threads start when they are needed and are kept; one that hangs, crashes or
 * takes too much memory is given up together with the one invocation that ran in it.
 */
export class LocalFunction {
  readonly #options: LocalFunctionOptions;
  readonly #breaker: Breaker;
  /** The one that was used last stands last. */
  readonly #idle: { worker: FunctionWorker; timer: NodeJS.Timeout }[] = [];
  readonly #all = new Set<FunctionWorker>();
  readonly #waiting = new Set<Waiting>();
  #closed = false;

  constructor(options: LocalFunctionOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.breaker, options.onCircuit);
  }

  get circuit(): Circuit {
    return { peer: this.#options.name, isOpen: this.#breaker.isOpen };
  }

  /** @param event JSON */
  async invoke(
    event: string,
    requestId: string,
    timeoutMs: number,
    signal: CancelSignal,
  ): Promise<LocalAnswer> {
    if (signal.aborted) return { kind: 'gone' };
    if (this.#closed) return { kind: 'crashed', detail: 'it was stopped' };
    const result = await this.#breaker.run(async () => {
      const answer = await this.#run(event, requestId, timeoutMs, signal);
      return { health: healthOf(answer), answer };
    });
    return (
      result?.answer ?? {
        kind: 'circuit_open',
        detail: `${this.#options.name} failed repeatedly and is left alone for a while`,
      }
    );
  }

  /** Stops everything, also what runs. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#idle.splice(0)) clearTimeout(timer);
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #run(event: string, requestId: string, timeoutMs: number, signal: CancelSignal): Promise<LocalAnswer> {
    return new Promise((resolve) => {
      let running: FunctionWorker | undefined;
      let settled = false;
      const settle = (answer: LocalAnswer): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(waiting);
        resolve(answer);
        if (running === undefined) return;
        if (answer.kind === 'timeout' || answer.kind === 'gone') void running.terminate();
        else this.#release(running);
      };
      const onAbort = (): void => settle({ kind: 'gone' });
      const timer = setTimeout(
        () =>
          settle(
            running === undefined
              ? {
                  kind: 'busy',
                  detail: `all ${this.#options.concurrency} threads were busy for ${timeoutMs} ms`,
                }
              : { kind: 'timeout', detail: `no answer within ${timeoutMs} ms` },
          ),
        timeoutMs,
      );
      const deadlineEpochMs = Date.now() + timeoutMs;
      const waiting: Waiting = {
        start: (worker) => {
          running = worker;
          void worker.invoke({ requestId, event, deadlineEpochMs }).then(settle);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const worker = this.#take();
      if (worker === undefined) this.#waiting.add(waiting);
      else waiting.start(worker);
    });
  }

  #take(): FunctionWorker | undefined {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(idle.timer);
      return idle.worker;
    }
    return this.#all.size < this.#options.concurrency ? this.#make() : undefined;
  }

  #make(): FunctionWorker {
    const { name, file, handler, memoryMb, environment, onPrinted } = this.#options;
    const worker = new FunctionWorker({
      name,
      file,
      handler,
      memoryMb,
      environment,
      onPrinted,
      maxBytes: MAX_RESPONSE_BYTES,
    });
    // Without a thread it answers so, and is nobody's to keep.
    if (worker.isGone) return worker;
    this.#all.add(worker);
    worker.onGone(() => this.#lose(worker));
    return worker;
  }

  #release(worker: FunctionWorker): void {
    if (worker.isGone || this.#closed) return;
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      next.start(worker);
      return;
    }
    const timer = setTimeout(() => void worker.terminate(), IDLE_MS).unref();
    this.#idle.push({ worker, timer });
  }

  /** Makes room for another, which those who wait have a right to. */
  #lose(worker: FunctionWorker): void {
    this.#all.delete(worker);
    const index = this.#idle.findIndex((idle) => idle.worker === worker);
    for (const { timer } of index === -1 ? [] : this.#idle.splice(index, 1)) clearTimeout(timer);
    for (const next of this.#closed ? [] : this.#waiting) {
      this.#waiting.delete(next);
      const another = this.#make();
      next.start(another);
      if (!another.isGone) return;
    }
  }
}

/** An exception is an answer; a thread that hangs or dies is not. */
function healthOf({ kind }: LocalAnswer): Health {
  if (kind === 'result' || kind === 'exception' || kind === 'too_large') return 'good';
  return kind === 'gone' || kind === 'busy' ? 'unknown' : 'bad';
}
