import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * A port for media that nobody wants to hear: bound by a thread that never reads it, so that the kernel drops the
 * packets once the buffer is full. Cheaper than reading them, and unlike a closed port it draws no ICMP answers.
 */
const SINK = `
const { createSocket } = require('node:dgram');
const { parentPort } = require('node:worker_threads');
const socket = createSocket('udp4');
socket.bind(0, '127.0.0.1', () => {
  parentPort.postMessage(socket.address().port);
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
});`;

export async function openMediaSink(): Promise<number> {
  const worker = new Worker(SINK, { eval: true });
  worker.unref();
  const [port] = (await once(worker, 'message')) as [number];
  return port;
}

/** Hands over FreeSWITCH's port (which tells the call) and the arrival of each packet. */
export async function openMediaListener(
  onPacket: (sourcePort: number, atMs: number) => void,
): Promise<{ readonly port: number; readonly socket: Socket }> {
  const socket = createSocket('udp4');
  socket.on('message', (_packet, remote) => onPacket(remote.port, performance.now()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 * 1024 * 1024);
  return { port: socket.address().port, socket };
}
