import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol.js';

export interface FunctionWorkerOptions extends WorkerSettings {
  /** All of its environment: the daemon's own holds secrets that are none of the function's business. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onPrinted: (text: string) => void;
}

/** How an invocation in a worker ended. */
export type WorkerAnswer =
  | { readonly kind: 'result'; readonly text: string }
  | { readonly kind: 'exception'; readonly detail: string }
  | { readonly kind: 'too_large'; readonly detail: string }
  | { readonly kind: 'unloadable'; readonly detail: string }
  /** The worker is gone: crash, memory, or stopped by us. */
  | { readonly kind: 'crashed'; readonly detail: string };

const MAX_DETAIL = 500;

/** A thread with one function in it. Takes one invocation at a time. */
export class FunctionWorker {
  /** Undefined: there was no thread to be had. */
  readonly #worker: Worker | undefined;
  readonly #memoryMb: number;
  readonly #onPrinted: (text: string) => void;
  #onGone: (() => void) | undefined;
  #settle: ((answer: WorkerAnswer) => void) | undefined;
  /** Why it ends, where that is known before it does. */
  #reason: WorkerAnswer | undefined;

  constructor(options: FunctionWorkerOptions) {
    const { environment, onPrinted, ...settings } = options;
    this.#memoryMb = options.memoryMb;
    this.#onPrinted = onPrinted;
    const begun = begin(settings, environment);
    if (!(begun instanceof Worker)) {
      this.#reason = begun;
      return;
    }
    this.#worker = begun;
    for (const stream of [begun.stdout, begun.stderr]) {
      stream.on('data', (chunk: Buffer) => onPrinted(chunk.toString()));
    }
    begun.on('message', (message: FromWorker) => this.#onMessage(message));
    begun.on('messageerror', (error) => this.#end({ kind: 'crashed', detail: error.message }));
    begun.on('error', (error) => this.#onError(error));
    begun.on('exit', (code) => this.#onExit(code));
    // Whoever waits for an answer has a timer; an idle worker must not keep the process alive.
    begun.unref();
  }

  get isGone(): boolean {
    return this.#reason !== undefined;
  }

  /** Called once, when no further invocation will be answered. */
  onGone(listener: () => void): void {
    this.#onGone = listener;
  }

  /** Resolves always: with the answer, or with the reason why none comes any more. */
  invoke(message: ToWorker): Promise<WorkerAnswer> {
    return new Promise((resolve) => {
      if (this.#reason !== undefined) {
        resolve(this.#reason);
        return;
      }
      this.#settle = resolve;
      this.#worker?.postMessage(message);
    });
  }

  /** Stops whatever runs in it, an endless loop too. */
  async terminate(): Promise<void> {
    this.#end({ kind: 'crashed', detail: 'stopped' });
    await this.#worker?.terminate();
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        return;
      case 'printed':
        this.#onPrinted(message.text);
        return;
      case 'result':
        this.#answer({ kind: 'result', text: message.text });
        return;
      case 'exception':
        this.#answer({
          kind: 'exception',
          detail: `${message.errorType}: ${message.errorMessage}`.slice(0, MAX_DETAIL),
        });
        return;
      case 'too_large':
        this.#answer({ kind: 'too_large', detail: `${message.bytes} bytes` });
        return;
      case 'unloadable':
        this.#end({ kind: 'unloadable', detail: message.detail.slice(0, MAX_DETAIL) });
        return;
      case 'out_of_memory':
        this.#end({ kind: 'crashed', detail: `out of memory: ${message.detail}` });
    }
  }

  #onError(error: NodeJS.ErrnoException): void {
    const detail =
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? `out of memory: at most ${this.#memoryMb} MB`
        : `crashed: ${describe(error)}`.slice(0, MAX_DETAIL);
    this.#end({ kind: 'crashed', detail });
  }

  #onExit(code: number): void {
    this.#end({ kind: 'crashed', detail: `it ended its thread (exit code ${code})` });
  }

  #answer(answer: WorkerAnswer): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(answer);
  }

  #end(reason: WorkerAnswer): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    void this.#worker?.terminate();
    this.#answer(reason);
    this.#onGone?.();
  }
}

/** @returns why there is no thread: a system that has no more of them throws */
function begin(
  settings: WorkerSettings & { readonly name: string; readonly memoryMb: number },
  environment: Readonly<Record<string, string>>,
): Worker | WorkerAnswer {
  const { name, memoryMb } = settings;
  try {
    return new Worker(new URL('./worker.js', import.meta.url), {
      name: `function ${name}`,
      workerData: settings satisfies WorkerSettings,
      env: { ...environment },
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: memoryMb,
        maxYoungGenerationSizeMb: Math.max(8, Math.min(32, Math.floor(memoryMb / 4))),
      },
    });
  } catch (error) {
    return { kind: 'crashed', detail: `no thread for it: ${describe(error)}`.slice(0, MAX_DETAIL) };
  }
}

/** A handler may throw anything. */
function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
