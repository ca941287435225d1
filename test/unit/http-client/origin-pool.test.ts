import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, onTestFinished } from 'vitest';
import { OriginPool } from '../../../src/http-client/origin-pool.js';
import { eventually } from '../../support/eventually.js';

const CONNECTIONS = 20;

it('keeps its clients, but nothing of a connection that is closed', async () => {
  const server = createServer((_request, response) => response.end('{}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const pool = new OriginPool(`http://127.0.0.1:${port}`, {
    resolve: () => {
      throw new Error('nothing to resolve');
    },
    refusesAddress: () => undefined,
    timeoutMs: 5000,
    secureContext: undefined,
    connections: CONNECTIONS,
    keepAliveMs: 60_000,
  });
  onTestFinished(async () => {
    await pool.destroy();
    server.close();
  });
  const made: WeakRef<Socket>[] = [];
  const closed: Promise<unknown>[] = [];
  const note = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    made.push(new WeakRef(socket));
    closed.push(new Promise<void>((resolve) => socket.once('close', () => resolve())));
  };
  subscribe('net.client.socket', note);
  onTestFinished(() => void unsubscribe('net.client.socket', note));

  await Promise.all(Array.from({ length: CONNECTIONS }, () => asked(pool)));
  expect(made).toHaveLength(CONNECTIONS);
  server.closeAllConnections();
  await Promise.all(closed);

  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  await eventually('the connections to be forgotten', () => {
    collectGarbage();
    return made.every((socket) => socket.deref() === undefined) ? true : undefined;
  });
  // And each client connects again.
  await Promise.all(Array.from({ length: CONNECTIONS }, () => asked(pool)));
  expect(made).toHaveLength(2 * CONNECTIONS);
});

async function asked(pool: OriginPool): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    pool.dispatch({
      options: { path: '/', method: 'GET' },
      onRequestStart: () => undefined,
      onResponseStart: () => undefined,
      onResponseData: () => undefined,
      onResponseEnd: () => {
        pool.release();
        resolve();
      },
      onResponseError: (_controller, error) => {
        pool.release();
        reject(error);
      },
    });
  });
}
