/**
 * The web service of the soak: lists for each kind of call and the function of the flow. It can be told to be away or
 * slow.
 */
import type { ServerResponse } from 'node:http';
import { KINDS, SECOND_LIST } from './mix.js';
import type { AppOrder } from './orders.js';
import { ReopeningServer } from './reopening-server.js';

const SLOW_MS = 1500;

let delayMs = 0;

function answers(): ReadonlyMap<string, Buffer> {
  const second = `http://127.0.0.1:${server.port}/second`;
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

let known: ReadonlyMap<string, Buffer> = new Map();
const server = new ReopeningServer((request, response) => {
  request.resume();
  const body = known.get((request.url ?? '').replace(/\?.*$/, ''));
  if (delayMs === 0) answer(response, body);
  else setTimeout(() => answer(response, body), delayMs);
});

process.on('message', (order: AppOrder) => {
  delayMs = order.state === 'slow' ? SLOW_MS : 0;
  void (order.state === 'down' ? server.close() : server.open()).then(() => process.send?.({ type: 'done' }));
});
process.on('disconnect', () => process.exit(0));
await server.open();
known = answers();
process.send?.({ port: server.port });
