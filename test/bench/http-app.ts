/**
 * The web service that every peer asks: a process of its own that answers at once, over HTTP and HTTPS.
 * `/actions` and `/hold` answer a JSON list, `/httapi` and `/httapi-hold` the same list as mod_httapi's XML.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { HOLD_LIST, PLAY_LIST, type ListedAction } from './lists.js';

function httapi(list: readonly ListedAction[]): string {
  const work = list
    .map(({ application, data }) =>
      application === 'hangup' ? '<hangup/>' : `<execute application="${application}" data="${data}"/>`,
    )
    .join('');
  return `<document type="text/freeswitch-httapi"><work>${work}</work></document>`;
}

const ANSWERS = new Map([
  ['/actions', { type: 'application/json', body: Buffer.from(JSON.stringify(PLAY_LIST)) }],
  ['/hold', { type: 'application/json', body: Buffer.from(JSON.stringify(HOLD_LIST)) }],
  ['/httapi', { type: 'text/xml', body: Buffer.from(httapi(PLAY_LIST)) }],
  ['/httapi-hold', { type: 'text/xml', body: Buffer.from(httapi(HOLD_LIST)) }],
]);

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const url = request.url ?? '';
  const end = url.indexOf('?');
  const found = ANSWERS.get(end < 0 ? url : url.slice(0, end));
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  response
    .writeHead(200, { 'content-type': found.type, 'content-length': found.body.length })
    .end(found.body);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1024, resolve));
  return (server.address() as AddressInfo).port;
}

const tls = {
  cert: readFileSync(new URL('tls/cert.pem', import.meta.url)),
  key: readFileSync(new URL('tls/key.pem', import.meta.url)),
};
const options = { keepAliveTimeout: 60_000 };
const ports = {
  http: await listen(createServer(options, answer)),
  https: await listen(createTlsServer({ ...options, ...tls }, answer)),
};
process.on('disconnect', () => process.exit(0));
process.send?.(ports);
