import { once } from 'node:events';
import { createConnection } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, clientWith, closedPort, failureOf, httpApp, tcpPeer } from './world.js';

const raw =
  (text: string) =>
  (socket: { once: (event: 'data', f: () => void) => unknown; end: (t: string) => unknown }) => {
    socket.once('data', () => socket.end(text));
  };

describe('dns_failed', () => {
  it('is a name that no resolver takes', async () => {
    // A label may have 63 characters: the resolver refuses this one without asking anybody.
    const { code, detail } = await failureOf(`http://${'a'.repeat(64)}.invalid/`);
    expect(code).toBe('dns_failed');
    expect(detail).toMatch(/ENOTFOUND|EAI_/);
  });

  it('is a resolver that is silent', async () => {
    const client = clientWith({ defaults: { connect_timeout_ms: 30 } }, { resolve: () => undefined });
    const { answer } = await ask(client, 'http://app.test/');
    expect(answer).toMatchObject({ code: 'dns_failed', detail: 'no answer of the resolver within 30 ms' });
  });

  it('is a name without addresses', async () => {
    const client = clientWith({}, { resolve: (_name, _options, callback) => callback(null, []) });
    expect((await ask(client, 'http://app.test/')).answer).toMatchObject({ code: 'dns_failed' });
  });
});

describe('connect_refused', () => {
  it('is a port on which nobody listens', async () => {
    const { code, detail } = await failureOf(`http://127.0.0.1:${await closedPort()}/`);
    expect(code).toBe('connect_refused');
    expect(detail).toContain('ECONNREFUSED');
  });

  it('is a connection that is closed without an answer', async () => {
    const peer = await tcpPeer((socket) => socket.once('data', () => socket.end()));
    expect((await failureOf(peer.origin)).code).toBe('connect_refused');
  });

  it('is a connection that is reset', async () => {
    const peer = await tcpPeer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect((await failureOf(peer.origin)).code).toBe('connect_refused');
  });

  it('is a connection that is dropped at once', async () => {
    const peer = await tcpPeer((socket) => socket.destroy());
    expect((await failureOf(peer.origin)).code).toBe('connect_refused');
  });

  it('is a connection that is dropped within the body', async () => {
    const peer = await tcpPeer(raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"appl'));
    expect((await failureOf(peer.origin)).code).toBe('connect_refused');
    const chunked = await tcpPeer(raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[{"ap\r\n'));
    expect((await failureOf(chunked.origin)).code).toBe('connect_refused');
  });
});

/** Listens with a short backlog and accepts nothing, because its thread sleeps. */
async function deafPort(): Promise<number> {
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(workerData, 0, 0);
       process.exit();
     });`,
    { eval: true, workerData: wake },
  );
  const [port] = (await once(worker, 'message')) as [number];
  // The kernel completes backlog + 1 connections and leaves further ones unanswered.
  const fillers = Array.from({ length: 6 }, () =>
    createConnection(port, '127.0.0.1').on('error', () => undefined),
  );
  await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, 'connect')));
  onTestFinished(async () => {
    for (const socket of fillers) socket.destroy();
    Atomics.store(wake, 0, 1);
    Atomics.notify(wake, 0);
    await worker.terminate();
  });
  return port;
}

describe('connect_timeout', () => {
  it('is a host that does not take the connection', async () => {
    const port = await deafPort();
    const { code, detail } = await failureOf(`http://127.0.0.1:${port}/`, {
      defaults: { connect_timeout_ms: 60 },
    });
    expect(code).toBe('connect_timeout');
    expect(detail).toBe('no connection within 60 ms');
  });

  it('is a TLS handshake that does not come', async () => {
    const peer = await tcpPeer(() => undefined);
    const { code, detail } = await failureOf(peer.origin.replace('http:', 'https:'), {
      defaults: { connect_timeout_ms: 300 },
    });
    expect(code).toBe('connect_timeout');
    expect(detail).toBe('TLS handshake not finished within 300 ms');
  });
});

describe('response_timeout', () => {
  it('is not, when it was us who stood still and the answer is there', async () => {
    const app = await httpApp((_request, response) => {
      response.end('[]');
      const until = performance.now() + 500;
      while (performance.now() < until);
    });
    const { answer } = await ask(clientWith({ defaults: { try_timeout_ms: 300 } }), app.origin);
    expect(answer).toMatchObject({ kind: 'done' });
  });

  it('is an app that stalls before its answer', async () => {
    const app = await httpApp(() => undefined);
    const { code, detail } = await failureOf(app.origin, { defaults: { try_timeout_ms: 300 } });
    expect(code).toBe('response_timeout');
    expect(detail).toBe('no answer within 300 ms');
  });

  it('is an app that stalls in its headers, or within its body', async () => {
    const headers = await tcpPeer((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-'));
    expect((await failureOf(headers.origin, { defaults: { try_timeout_ms: 300 } })).code).toBe(
      'response_timeout',
    );
    const body = await httpApp((_request, response) => response.write('[{"application":'));
    const { code, detail, attempts } = await failureOf(body.origin, { defaults: { try_timeout_ms: 300 } });
    expect(code).toBe('response_timeout');
    expect(detail).toBe('the body did not end within 300 ms');
    expect(attempts[0]?.status).toBe(200);
  });

  it('is an app that drips', async () => {
    const app = await httpApp((_request, response) => {
      const drip = setInterval(() => response.write(' '), 5);
      response.once('close', () => clearInterval(drip));
    });
    expect((await failureOf(app.origin, { defaults: { try_timeout_ms: 300 } })).code).toBe(
      'response_timeout',
    );
  });

  it('is bounded by the total budget when a try is allowed more', async () => {
    const app = await httpApp(() => undefined);
    const { detail } = await failureOf(app.origin, {
      defaults: { try_timeout_ms: 60_000, total_timeout_ms: 300, tries: 3 },
    });
    expect(detail).toMatch(/^no answer within (300|2\d\d) ms/);
    expect(app.seen).toHaveLength(1);
  });

  it('is a queue for connections that does not move', async () => {
    const app = await httpApp(() => undefined);
    const client = clientWith({ defaults: { try_timeout_ms: 300, connections: 1 } });
    const both = await Promise.all([ask(client, app.origin), ask(client, app.origin)]);
    expect(both.map(({ answer }) => answer)).toMatchObject([
      { code: 'response_timeout', detail: 'no answer within 300 ms' },
      { code: 'response_timeout' },
    ]);
  });
});
