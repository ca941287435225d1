import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { within } from './eventually.js';

/** A request as the app saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Resolves to true when the client went away before it had its answer. */
  readonly abandoned: Promise<boolean>;
}

export type Answer =
  | { readonly actions: readonly unknown[] }
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

type Handler = (request: SeenRequest) => Answer | Promise<Answer>;

/** An HTTP app for the scenarios: each route has a path of its own, so that scenarios don't see each other. */
export class ExampleApp {
  readonly #server: http.Server;
  readonly #routes = new Map<string, Route>();
  #count = 0;

  private constructor() {
    this.#server = http.createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(): Promise<ExampleApp> {
    const app = new ExampleApp();
    await new Promise<void>((resolve, reject) => {
      app.#server.once('error', reject);
      app.#server.listen(0, '127.0.0.1', resolve);
    });
    return app;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The URL of a path. */
  at(path: string): string {
    return `${this.origin}${path}`;
  }

  /** A route that answers this list. */
  list(actions: readonly unknown[], path?: string): Route {
    return this.route(() => ({ actions }), path);
  }

  route(handler: Handler, path = `/${(this.#count += 1)}`): Route {
    const route = new Route(this.at(path), handler);
    this.#routes.set(path, route);
    return route;
  }

  /** A route that does not answer until it is told to. */
  held(actions: readonly unknown[]): Route & { release(): void } {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const route = this.route(async () => {
      await gate;
      return { actions };
    });
    return Object.assign(route, { release });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const abandoned = new Promise<boolean>((resolve) => {
      response.once('close', () => resolve(!response.writableFinished));
    });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const url = new URL(request.url ?? '/', this.origin);
    const route = this.#routes.get(url.pathname);
    const answer: Answer =
      route === undefined
        ? { status: 404, body: 'no such route' }
        : await route.take({
            method: request.method ?? '',
            url,
            headers: request.headers,
            body: Buffer.concat(chunks).toString('utf8'),
            abandoned,
          });
    if (response.destroyed) return;
    if ('actions' in answer) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.actions));
    } else {
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body ?? '');
    }
  }
}

export class Route {
  readonly url: string;
  readonly requests: SeenRequest[] = [];
  readonly #handler: Handler;
  readonly #waiters: { count: number; resolve: (request: SeenRequest) => void }[] = [];

  constructor(url: string, handler: Handler) {
    this.url = url;
    this.#handler = handler;
  }

  /** The nth request, counted from 1. */
  asked(count = 1): Promise<SeenRequest> {
    const seen = this.requests[count - 1];
    if (seen !== undefined) return Promise.resolve(seen);
    const asked = new Promise<SeenRequest>((resolve) => this.#waiters.push({ count, resolve }));
    return within(`request ${count} of ${this.url}`, asked);
  }

  async take(request: SeenRequest): Promise<Answer> {
    this.requests.push(request);
    for (const waiter of this.#waiters) if (waiter.count === this.requests.length) waiter.resolve(request);
    return this.#handler(request);
  }
}
