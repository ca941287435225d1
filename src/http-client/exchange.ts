import type { IncomingHttpHeaders } from 'node:http';
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import type { ErrorCode } from '../errors.js';
import { ConnectFailure } from './connector.js';
import type { Dispatchable, OriginPool } from './origin-pool.js';

export type ExchangeResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Empty for a status of which the body is not kept, and for one that was too large or cut short. */
      readonly body: Buffer;
    }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly status?: number;
      /** It never got a connection because all were in use, which says nothing about the app. */
      readonly unsent?: true;
      /**
       * A connection that had been kept since an earlier answer was closed before anything of this one came. So ends
       * what is sent in the moment in which the peer closes an idle connection (RFC 9112, 9.3.1): it says nothing
       * about the peer, and the request may be made again.
       */
      readonly stale?: true;
    };

/** What is read and kept of an answer. */
export interface AnswerLimits {
  readonly maxBytes: number;
  /** Keep the body of a status other than 200, too. What goes wrong with such a body doesn't matter. */
  readonly keepsErrorBody: boolean;
}

const EMPTY = Buffer.alloc(0);

/**
 * How often a request that may be repeated without harm is made again at once because it met a stale connection. Each
 * further time would be one more that is closed just then.
 */
export const MOST_STALE = 2;

/** One request and its answer: settles once, within its time, however the peer behaves. */
export class Exchange implements Dispatchable {
  readonly options: Dispatcher.DispatchOptions;
  readonly result: Promise<ExchangeResult>;
  readonly #pool: OriginPool;
  readonly #timeoutMs: number;
  readonly #limits: AnswerLimits;
  #settle: ((result: ExchangeResult) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #released = false;
  /** What its connection had brought before it. */
  #readBefore = 0;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    pool: OriginPool,
    options: Dispatcher.DispatchOptions,
    timeoutMs: number,
    limits: AnswerLimits,
  ) {
    this.#pool = pool;
    this.options = options;
    this.#timeoutMs = timeoutMs;
    this.#limits = limits;
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Timers come before what has arrived (libuv's order): after a hold-up of ours the answer may be there already.
    this.#timer = setTimeout(() => setImmediate(() => this.#onTimeout()), timeoutMs);
    pool.dispatch(this);
  }

  /** The call ended. */
  cancel(): void {
    this.#finish({ kind: 'failed', code: 'call_gone', detail: 'the call ended during the request' });
    this.#stop();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#readBefore = this.#pool.bytesRead(this);
    if (this.#settle === undefined) this.#stop();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const announced = Number(headerOf(headers, 'content-length') ?? 0);
    const encoding = headerOf(headers, 'content-encoding') ?? '';
    if (announced > this.#limits.maxBytes) this.#tooLarge(`${announced} bytes announced`);
    else if (status === 200 && !/^(identity)?$/i.test(encoding)) {
      // Not asked for (accept-encoding: identity), and a few bytes of it may unfold to gigabytes.
      this.#fail('not_json', 'the answer is compressed (Content-Encoding), which was not asked for');
      this.#stop();
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limits.maxBytes) this.#tooLarge(`more than ${this.#limits.maxBytes} bytes`);
    else if (this.#status === 200 || this.#limits.keepsErrorBody) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#release();
    this.#answer();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#release();
    // The status has been told; what became of its body doesn't matter.
    if (this.#status !== 0 && this.#status !== 200) {
      this.#statusOnly();
      return;
    }
    const [code, detail] = failureOf(error);
    const broughtNothing = this.#pool.bytesRead(this) === this.#readBefore;
    if (code === 'connect_refused' && this.#readBefore > 0 && broughtNothing)
      this.#finish({ kind: 'failed', code, detail: `${detail}, one that was kept`, stale: true });
    else this.#fail(code, detail);
  }

  #onTimeout(): void {
    if (this.#settle === undefined) return;
    if (this.#status !== 0 && this.#status !== 200) {
      this.#statusOnly();
    } else if (this.#pool.withdraw(this)) {
      this.#released = true;
      this.#finish({
        kind: 'failed',
        code: 'response_timeout',
        detail: `all connections were in use for ${this.#timeoutMs} ms`,
        unsent: true,
      });
    } else {
      const where =
        this.#status === 200 ? 'the body did not end' : this.#controller ? 'no answer' : 'no connection';
      this.#fail('response_timeout', `${where} within ${this.#timeoutMs} ms`);
    }
    this.#stop();
  }

  #tooLarge(detail: string): void {
    if (this.#status === 200)
      this.#fail('too_large', `${detail}, at most ${this.#limits.maxBytes} are allowed`);
    else this.#statusOnly();
    this.#stop();
  }

  #answer(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#finish({ kind: 'answer', status: this.#status, headers: this.#headers, body });
  }

  #statusOnly(): void {
    this.#finish({ kind: 'answer', status: this.#status, headers: this.#headers, body: EMPTY });
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#finish({ kind: 'failed', code, detail, ...(this.#status !== 0 && { status: this.#status }) });
  }

  #finish(result: ExchangeResult): void {
    const settle = this.#settle;
    if (settle === undefined) return;
    this.#settle = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#chunks = [];
    settle(result);
  }

  /** Gives the connection up, or the place in the queue. Without a controller, `onRequestStart` will do it. */
  #stop(): void {
    if (this.#pool.withdraw(this)) this.#released = true;
    this.#controller?.abort(new Error('no longer wanted'));
  }

  #release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#pool.release();
  }
}

/** undici gives a list for any header that comes twice, whatever its type says; the first counts. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** undici's and Node's errors after the connection was there, by the code that the call will see. */
function failureOf(error: NodeJS.ErrnoException): [ErrorCode, string] {
  if (error instanceof ConnectFailure) return [error.failure, error.message];
  const code = error.code ?? '';
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return ['tls_failed', code];
  if (error instanceof errors.HTTPParserError) return ['not_json', 'the answer is not HTTP'];
  switch (code) {
    case 'UND_ERR_HEADERS_OVERFLOW':
      return ['too_large', 'the headers of the answer are larger than 16 kB'];
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'UND_ERR_INFO':
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return ['connect_refused', `connection lost before the answer was complete (${code})`];
    case 'ETIMEDOUT':
      return ['response_timeout', 'the connection timed out'];
    default:
      return ['internal', `${error.name}: ${error.message}`];
  }
}
