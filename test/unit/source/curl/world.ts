import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { z } from 'zod';
import { AppClient } from '../../../../src/source/curl/client.js';
import type { AppClientOptions } from '../../../../src/source/curl/client.js';
import { appDefaultsSchema, egressSchema, endpointSchema } from '../../../../src/source/curl/settings.js';
import type { CallView, SourceAnswer, SourceAttempt } from '../../../../src/source/port.js';

export const CALL_UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** A call with these values. */
export function callWith(values: Readonly<Record<string, string>> = {}): CallView {
  return { uuid: CALL_UUID, get: (name) => (Object.hasOwn(values, name) ? values[name] : undefined) };
}

/** Listens on loopback until the test ends; connections that are left are cut. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', keep);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) {
      server.close();
      await once(server, 'close');
    }
  });
  return (server.address() as AddressInfo).port;
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly remotePort: number;
}

export interface App {
  readonly origin: string;
  readonly port: number;
  /** The requests so far. */
  readonly seen: Seen[];
}

export type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void;

function recording(seen: Seen[], answer: Answer): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        remotePort: request.socket.remotePort ?? 0,
      });
      answer(request, response, seen.length);
    });
  };
}

export async function httpApp(answer: Answer): Promise<App> {
  const seen: Seen[] = [];
  const port = await listening(createServer(recording(seen, answer)));
  return { origin: `http://127.0.0.1:${port}`, port, seen };
}

export async function httpsApp(
  options: Parameters<typeof createTlsServer>[0],
  answer: Answer = answers([]),
): Promise<App> {
  const seen: Seen[] = [];
  const port = await listening(createTlsServer(options, recording(seen, answer)));
  return { origin: `https://127.0.0.1:${port}`, port, seen };
}

/** A peer that does what it likes with a connection. */
export async function tcpPeer(onConnection: (socket: Socket, count: number) => void): Promise<App> {
  let count = 0;
  const port = await listening(
    createTcpServer((socket) => {
      count += 1;
      onConnection(socket, count);
    }),
  );
  return { origin: `http://127.0.0.1:${port}`, port, seen: [] };
}

/** Answers with a JSON text. */
export function answers(list: unknown): Answer {
  const text = typeof list === 'string' ? list : JSON.stringify(list);
  return (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(text);
  };
}

/** Answers once on each connection; what comes over it after that is dropped, as an idle one that is closed just then. */
export function oncePerConnection(how: 'end' | 'reset', answer: Answer): Answer {
  const used = new WeakSet<Socket>();
  return (request, response, count) => {
    const { socket } = request;
    if (!used.has(socket)) {
      used.add(socket);
      answer(request, response, count);
    } else if (how === 'end') socket.end();
    else socket.resetAndDestroy();
  };
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Settings {
  readonly defaults?: z.input<typeof appDefaultsSchema>;
  readonly endpoints?: Readonly<Record<string, z.input<typeof endpointSchema>>>;
  readonly egress?: z.input<typeof egressSchema>;
}

/** A client that gives up soon. */
export function clientWith(
  settings: Settings = {},
  more: Partial<Pick<AppClientOptions, 'log' | 'resolve' | 'showDigits'>> = {},
): AppClient {
  const client = new AppClient({
    defaults: appDefaultsSchema.parse({ retry_delay_ms: 1, tries: 1, ...settings.defaults }),
    endpoints: Object.fromEntries(
      Object.entries(settings.endpoints ?? {}).map(([name, endpoint]) => [
        name,
        endpointSchema.parse(endpoint),
      ]),
    ),
    egress: egressSchema.parse(settings.egress ?? {}),
    ...more,
  });
  onTestFinished(() => client.close());
  return client;
}

export interface Asked {
  readonly answer: SourceAnswer;
  readonly attempts: SourceAttempt[];
}

/** Asks as the runner would. */
export async function ask(
  client: AppClient,
  target: string,
  options: { readonly call?: CallView; readonly signal?: AbortSignal } = {},
): Promise<Asked> {
  const source = client.source(target);
  if ('code' in source) throw new Error(`refused: ${source.code} ${source.detail}`);
  const attempts: SourceAttempt[] = [];
  const answer = await source.start(options.call ?? callWith(), {
    signal: options.signal ?? new AbortController().signal,
    onAttempt: (attempt) => attempts.push(attempt),
  });
  return { answer, attempts };
}

/** `ok`, `done`, or the code of the failure. */
export function outcomeOf(answer: SourceAnswer): string {
  return answer.kind === 'failed' ? answer.code : answer.kind === 'done' ? 'done' : 'ok';
}

/** Asks once and gives what the call sees: code and detail. */
export async function failureOf(
  target: string,
  settings: Settings = {},
): Promise<Asked & { code: string; detail: string }> {
  const asked = await ask(clientWith(settings), target);
  if (asked.answer.kind !== 'failed') throw new Error(`got ${asked.answer.kind}`);
  const { code, detail } = asked.answer;
  // The record of the last try says the same as the answer.
  expect(asked.attempts.at(-1)).toMatchObject({ code });
  return { ...asked, code, detail };
}
