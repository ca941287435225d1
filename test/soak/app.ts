/**
 * The web service of the soak: lists for each kind of call and the function of the flow. It can be told to be away or
 * slow.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KINDS, SECOND_LIST } from './mix.js';
import type { AppOrder } from './orders.js';

const SLOW_MS = 1500;

let server: Server | undefined;
let port = 0;
let delayMs = 0;

function answers(): ReadonlyMap<string, Buffer> {
  const second = `http://127.0.0.1:${port}/second`;
  const lists = KINDS.flatMap(({ name, list = [] }) => [
    [`/${name}`, list.map((one) => (one.data === '{second}' ? { ...one, data: second } : one))] as const,
  ]);
  return new Map(
    [...lists, ['/second', SECOND_LIST] as const, ['/lookup', { tier: 'gold' }] as const].map(
      ([path, body]) => [path, Buffer.from(JSON.stringify(body))],
    ),
  );
}

function answer(response: ServerResponse, body: Buffer | undefined): void {
  if (response.destroyed) return;
  if (body === undefined) response.writeHead(404).end();
  else
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

async function open(): Promise<void> {
  if (server !== undefined) return;
  let known: ReadonlyMap<string, Buffer> = new Map();
  const opened = createServer((request, response) => {
    request.resume();
    const body = known.get((request.url ?? '').replace(/\?.*$/, ''));
    if (delayMs === 0) answer(response, body);
    else setTimeout(() => answer(response, body), delayMs);
  });
  await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', 1024, resolve));
  port = (opened.address() as AddressInfo).port;
  known = answers();
  server = opened;
}

async function close(): Promise<void> {
  const closing = server;
  server = undefined;
  if (closing === undefined) return;
  const closed = new Promise((resolve) => closing.close(resolve));
  closing.closeAllConnections();
  await closed;
}

process.on('message', (order: AppOrder) => {
  delayMs = order.state === 'slow' ? SLOW_MS : 0;
  void (order.state === 'down' ? close() : open()).then(() => process.send?.({ type: 'done' }));
});
process.on('disconnect', () => process.exit(0));
await open();
process.send?.({ port });
