import { randomUUID } from 'node:crypto';
import { backoffMs } from '../../http-client/retry.js';
import type { WebhookTry } from '../../http-client/webhook.js';
import type { Span, SpanSink } from './span.js';

/** What is told about the collector; a part of pino's logger. */
export interface ExporterLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ExporterOptions {
  /** Sends a body; `WebhookSender` does. */
  readonly send: (id: string, body: string) => WebhookTry;
  readonly encode: (spans: readonly Span[]) => string;
  readonly log?: ExporterLog;
  /** Spans that wait, at most; further ones are dropped. */
  readonly maxWaiting?: number;
  readonly batchSize?: number;
  /** How long a span waits for others to go with it. */
  readonly delayMs?: number;
  /** Pause after a failure; doubles with each further one. */
  readonly retryDelayMs?: number;
}

const MAX_TRIES = 5;
const MAX_PAUSE_MS = 30_000;

/** Sends spans in batches, one at a time. What a slow or absent collector costs is bounded; then spans are dropped. */
export class SpanExporter implements SpanSink {
  readonly #options: Required<Omit<ExporterOptions, 'log'>> & Pick<ExporterOptions, 'log'>;
  #waiting: Span[] = [];
  #sent = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #open: WebhookTry | undefined;
  #wakePause: (() => void) | undefined;
  #isClosed = false;
  #inTrouble = false;

  constructor(options: ExporterOptions) {
    this.#options = { maxWaiting: 8192, batchSize: 512, delayMs: 1000, retryDelayMs: 500, ...options };
  }

  /** How many spans the collector took, and how many never reached it. */
  get counts(): { readonly sent: number; readonly dropped: number } {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  add(span: Span): void {
    const { maxWaiting, batchSize, delayMs } = this.#options;
    if (this.#isClosed || this.#waiting.length >= maxWaiting) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(span);
    if (this.#sending !== undefined) return;
    if (this.#waiting.length >= batchSize) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), delayMs).unref();
  }

  /** Gives what waits one more chance, for so long; the rest is dropped. */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    if (this.#waiting.length > 0) this.#start();
    this.#wakePause?.();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.#sending, late]);
    clearTimeout(timer);
    const left = this.#waiting.splice(0);
    this.#dropped += left.length;
    this.#open?.cancel();
    await this.#sending;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.length > 0 && !this.#isClosed) this.#start();
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.batchSize);
      const wasTaken = await this.#send(batch);
      if (wasTaken) this.#sent += batch.length;
      else this.#dropped += batch.length;
    }
  }

  async #send(batch: readonly Span[]): Promise<boolean> {
    const { send, encode, retryDelayMs } = this.#options;
    const body = encode(batch);
    const id = randomUUID();
    for (let failed = 1; ; failed += 1) {
      this.#open = send(id, body);
      const { kind, detail, afterMs } = await this.#open.result;
      this.#open = undefined;
      if (kind === 'taken') {
        this.#wentWell();
        return true;
      }
      this.#wentWrong(detail);
      if (kind === 'refused' || failed >= MAX_TRIES || this.#isClosed) return false;
      const pauseMs = Math.max(afterMs, backoffMs(failed, retryDelayMs, Math.random()));
      await this.#pause(Math.min(pauseMs, MAX_PAUSE_MS));
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wakePause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakePause = undefined;
  }

  /** Told once, however often it is met again. */
  #wentWrong(detail: string): void {
    if (this.#inTrouble) return;
    this.#inTrouble = true;
    this.#options.log?.warn({ detail }, 'spans not taken by the collector');
  }

  #wentWell(): void {
    if (!this.#inTrouble) return;
    this.#inTrouble = false;
    this.#options.log?.info({ dropped: this.#dropped }, 'the collector takes spans again');
  }
}
