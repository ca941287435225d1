import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectFailure, guardedConnector } from '../../../src/http-client/connector.js';

/** Connects to a server that lets everybody in. */
async function connected(refusesAddress: (address: string) => string | undefined): Promise<unknown> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const connect = guardedConnector({
    resolve: () => {
      throw new Error('nothing to resolve');
    },
    refusesAddress,
    timeoutMs: 5000,
    secureContext: undefined,
  });
  const { port } = server.address() as AddressInfo;
  return await new Promise((resolve) => {
    connect({ hostname: '127.0.0.1', protocol: 'http:', port: String(port) }, (failure, socket) => {
      socket?.destroy();
      resolve(failure ?? 'connected');
    });
  });
}

describe('a connection that was made', () => {
  it('is checked by the address to which it leads', async () => {
    expect(await connected(() => undefined)).toBe('connected');
    const refused = await connected((address) => `not ${address}`);
    expect(refused).toBeInstanceOf(ConnectFailure);
    expect(refused).toMatchObject({ failure: 'egress_refused', message: 'not 127.0.0.1' });
  });

  it('and has been dropped already is an app that does not answer, not one that may not be asked', async () => {
    // What the kernel tells of a peer that is gone when it is asked for its address, a moment after the connection.
    const drop = (message: unknown): void => {
      const { socket } = message as { socket: net.Socket };
      socket.prependListener('connect', () => socket.destroy());
    };
    subscribe('net.client.socket', drop);
    onTestFinished(() => {
      unsubscribe('net.client.socket', drop);
    });
    const dropped = await connected((address) => `${JSON.stringify(address)} is no address`);
    expect(dropped).toMatchObject({ failure: 'connect_refused' });
  });
});
