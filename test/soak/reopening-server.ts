import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that can be gone for a while, and comes back on the same port. */
export class ReopeningServer {
  readonly #answer: RequestListener;
  #server: Server | undefined;
  #port = 0;

  constructor(answer: RequestListener) {
    this.#answer = answer;
  }

  /** 0 until it was open. */
  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const opened = createServer(this.#answer);
    await new Promise<void>((resolve) => opened.listen(this.#port, '127.0.0.1', 1024, resolve));
    this.#port = (opened.address() as AddressInfo).port;
    this.#server = opened;
  }

  /** With all of its connections. */
  async close(): Promise<void> {
    const closing = this.#server;
    this.#server = undefined;
    if (closing === undefined) return;
    const closed = new Promise((resolve) => closing.close(resolve));
    closing.closeAllConnections();
    await closed;
  }
}
