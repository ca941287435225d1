import net from 'node:net';

/** A message of the Event Socket: its headers (decoded), and for an event the headers of the event. */
export interface Message {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * A small Event Socket client that shares nothing with the code under test: what the suite believes of a switch
 * must not depend on the project's own reader of its protocol.
 */
export class EventSocket {
  onEvent: ((event: ReadonlyMap<string, string>) => void) | undefined;
  readonly #socket: net.Socket;
  readonly #pending: ((message: Message) => void)[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #greeted: (() => void) | undefined;
  #closed = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      const gone: Message = { headers: new Map(), body: '-ERR the Event Socket is closed' };
      for (const settle of this.#pending.splice(0)) settle(gone);
    });
  }

  static async connect(port: number, password: string): Promise<EventSocket> {
    const socket = net.connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const client = new EventSocket(socket);
    const greeted = new Promise<void>((resolve, reject) => {
      client.#greeted = resolve;
      socket.once('close', () => reject(new Error('the Event Socket closed without a greeting')));
    });
    await greeted;
    const reply = await client.command(`auth ${password}`);
    if (!reply.startsWith('+OK')) throw new Error(`Event Socket: ${reply}`);
    return client;
  }

  /** Sends a command and gives its Reply-Text, or the body of an api command. */
  async command(line: string): Promise<string> {
    if (this.#closed) return '-ERR the Event Socket is closed';
    const reply = new Promise<Message>((resolve) => this.#pending.push(resolve));
    this.#socket.write(`${line}\n\n`);
    const message = await reply;
    return (message.headers.get('Reply-Text') ?? message.body).trim();
  }

  api(command: string): Promise<string> {
    return this.command(`api ${command}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf('\n\n');
      if (end < 0) return;
      const headers = headersOf(this.#rest.toString('utf8', 0, end));
      const length = Number(headers.get('Content-Length') ?? 0);
      if (this.#rest.length < end + 2 + length) return;
      const body = this.#rest.toString('utf8', end + 2, end + 2 + length);
      this.#rest = this.#rest.subarray(end + 2 + length);
      this.#deliver({ headers, body });
    }
  }

  #deliver(message: Message): void {
    switch (message.headers.get('Content-Type') ?? '') {
      case 'auth/request':
        this.#greeted?.();
        return;
      case 'command/reply':
      case 'api/response':
        this.#pending.shift()?.(message);
        return;
      // The plain format can't tell `%20` in a value from a blank (switch_event.c switch_event_serialize).
      case 'text/event-json':
        this.onEvent?.(new Map(Object.entries(JSON.parse(message.body) as Record<string, string>)));
        return;
      default:
        return;
    }
  }
}

function headersOf(block: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) headers.set(line.slice(0, colon), decoded(line.slice(colon + 2)));
  }
  return headers;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
