import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { guardedConnector } from './connector.js';
import type { ConnectorOptions } from './connector.js';

/** A request that wants one of the connections. */
export interface Dispatchable extends Dispatcher.DispatchHandler {
  readonly options: Dispatcher.DispatchOptions;
}

export interface OriginPoolOptions extends ConnectorOptions {
  readonly connections: number;
  readonly keepAliveMs: number;
}

/**
 * The kept-alive connections to one origin. Requests beyond their number wait here and not in undici's own queue,
 * from which nothing can be taken back: a caller who hung up, or a try whose time is over, would still cost a
 * connection.
 */
export class OriginPool {
  readonly #pool: Pool;
  readonly #limit: number;
  #running = 0;
  readonly #waiting = new Set<Dispatchable>();

  constructor(origin: string, options: OriginPoolOptions) {
    this.#limit = options.connections;
    this.#pool = new Pool(origin, {
      connect: guardedConnector(options),
      connections: options.connections,
      pipelining: 1,
      keepAliveTimeout: options.keepAliveMs,
      // A try has one timer of its own that covers all of it; undici's are coarse (half a second).
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 16 * 1024,
    });
  }

  /** Nobody uses it or waits for it. */
  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0;
  }

  /** Begins now, or when a connection is free. The request calls `release` once when undici is through with it. */
  dispatch(request: Dispatchable): void {
    if (this.#running >= this.#limit) {
      this.#waiting.add(request);
      return;
    }
    this.#running += 1;
    this.#pool.dispatch(request.options, request);
  }

  /** @returns true when the request had not begun; it will not, then */
  withdraw(request: Dispatchable): boolean {
    return this.#waiting.delete(request);
  }

  release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    this.#pool.dispatch(next.options, next);
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}
