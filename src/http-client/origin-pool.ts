import type { Socket } from 'node:net';
import { Client, Pool } from 'undici';
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

/** What a client is connected by. */
class Line {
  #socket: Socket | undefined;
  #bytesRead = 0;

  /** How many bytes the connection has brought, which may be closed by now; 0 when there was none. */
  get bytesRead(): number {
    return this.#socket?.bytesRead ?? this.#bytesRead;
  }

  connected(socket: Socket): void {
    this.#socket = socket;
    // A pool keeps its clients for good: each would keep its last socket, and all that belongs to one.
    socket.once('close', () => {
      if (this.#socket !== socket) return;
      this.#bytesRead = socket.bytesRead;
      this.#socket = undefined;
    });
  }
}

/** A client of the pool, with one connection at a time. It leaves behind by which line a request goes. */
class LineClient extends Client {
  readonly #line: Line;
  readonly #lines: WeakMap<object, Line>;

  constructor(origin: URL, options: Client.Options, line: Line, lines: WeakMap<object, Line>) {
    super(origin, options);
    this.#line = line;
    this.#lines = lines;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#lines.set(options, this.#line);
    return super.dispatch(options, handler);
  }
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
  /** By the options of a request. */
  readonly #lines = new WeakMap<object, Line>();

  constructor(origin: string, options: OriginPoolOptions) {
    this.#limit = options.connections;
    const connect = guardedConnector(options);
    this.#pool = new Pool(origin, {
      factory: (url, clientOptions) => {
        const line = new Line();
        const connectLine: typeof connect = (target, callback) =>
          connect(target, (...result) => {
            const [, socket] = result;
            if (socket !== null) line.connected(socket);
            callback(...result);
          });
        return new LineClient(url, { ...clientOptions, connect: connectLine }, line, this.#lines);
      },
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

  /** How many bytes the request's connection has brought, of earlier answers too; 0 when it has none. */
  bytesRead({ options }: Dispatchable): number {
    return this.#lines.get(options)?.bytesRead ?? 0;
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
