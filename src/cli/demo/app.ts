import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an HTTP app for calls looks like: a URL that answers a JSON array of actions. */
export interface ExampleApp {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param answer the actions for a request
 * @param onRequest told before the answer goes out
 */
export async function startExampleApp(
  answer: (query: URLSearchParams) => readonly unknown[],
  onRequest: (method: string, url: string, body: string) => void,
): Promise<ExampleApp> {
  const server = createServer((request, response) => {
    const body = JSON.stringify(answer(queryOf(request)));
    onRequest(request.method ?? '', request.url ?? '', body);
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/app`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
}
