import { once } from 'node:events';
import net from 'node:net';
import type { EslFrame } from '../../../src/esl/framing.js';
import { FrameReader } from '../../../src/esl/framing.js';

/** The far end of an Event Socket connection, which says what the test tells it to, byte by byte. */
export class ScriptedPeer {
  readonly socket: net.Socket;
  /** All that was received. */
  received = '';
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  readonly #reader = new FrameReader({}, { commands: true });
  readonly #commands: EslFrame[] = [];
  readonly #waiting: ((command: EslFrame) => void)[] = [];

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk) => {
      this.received += chunk.toString('utf8');
      for (const command of this.#reader.push(chunk)) {
        const waiting = this.#waiting.shift();
        if (waiting === undefined) this.#commands.push(command);
        else waiting(command);
      }
    });
  }

  /** Commands that came and were not asked for yet. */
  get unread(): number {
    return this.#commands.length;
  }

  /** The next command. */
  command(): Promise<EslFrame> {
    const command = this.#commands.shift();
    if (command !== undefined) return Promise.resolve(command);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The first lines of the next commands. */
  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push((await this.command()).firstLine);
    return lines;
  }

  say(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Says it one byte per segment, as far as the system lets it. */
  async sayByteByByte(text: string): Promise<void> {
    for (const byte of Buffer.from(text)) {
      this.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Listens on loopback and gives the peers that connect, in order. */
export class ScriptedListener {
  connections = 0;
  readonly #server: net.Server;
  readonly #peers: ScriptedPeer[] = [];
  readonly #all: ScriptedPeer[] = [];
  readonly #waiting: ((peer: ScriptedPeer) => void)[] = [];

  private constructor(onPeer: ((peer: ScriptedPeer) => void) | undefined) {
    this.#server = net.createServer((socket) => {
      this.connections++;
      const peer = new ScriptedPeer(socket);
      this.#all.push(peer);
      onPeer?.(peer);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#peers.push(peer);
      else waiting(peer);
    });
  }

  static async open(onPeer?: (peer: ScriptedPeer) => void): Promise<ScriptedListener> {
    const listener = new ScriptedListener(onPeer);
    listener.#server.listen(0, '127.0.0.1');
    await once(listener.#server, 'listening');
    return listener;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  peer(): Promise<ScriptedPeer> {
    const peer = this.#peers.shift();
    if (peer !== undefined) return Promise.resolve(peer);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const peer of this.#all) peer.socket.destroy();
    await Promise.all(this.#all.map((peer) => peer.gone));
  }
}

/** Connects to something that listens on loopback. */
export async function connectPeer(port: number): Promise<ScriptedPeer> {
  const socket = net.connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  return new ScriptedPeer(socket);
}

export function commandReply(text: string): string {
  return `Content-Type: command/reply\nReply-Text: ${text}\n\n`;
}

export function apiResponse(body: string): string {
  return `Content-Type: api/response\nContent-Length: ${Buffer.byteLength(body)}\n\n${body}`;
}

/** An event as `event plain` delivers it; the values must be URL-encoded already. */
export function plainEvent(headers: Readonly<Record<string, string>>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\n`;
  const event = `${lines.join('')}${length}\n${body}`;
  return `Content-Length: ${Buffer.byteLength(event)}\nContent-Type: text/event-plain\n\n${event}`;
}

export function jsonEvent(event: unknown): string {
  const body = JSON.stringify(event);
  return `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`;
}

/** The reply to `connect`, as mod_event_socket.c writes it: an event without a body. */
export function channelData(headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    'Event-Name': 'CHANNEL_DATA',
    'Caller-Caller-ID-Name': 'Zo%C3%AB',
    'Unique-ID': '8c1b7d2e-5f64-4b0a-9d59-000000000001',
    'Content-Type': 'command/reply',
    'Reply-Text': '%2BOK%0A',
    'Socket-Mode': 'static',
    Control: 'full',
    ...headers,
  };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n`;
}

/** Everything that was due to happen without waiting for anything has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
