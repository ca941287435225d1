import net from 'node:net';

/** What a server makes of a connection on which it has read a request. */
type Behaviour = (socket: net.Socket) => void;

/** One way in which a server may answer. */
export interface Unruly {
  readonly title: string;
  readonly behaves: Behaviour;
  /** How an app that does it fails; absent: its answer is good. */
  readonly error?: string;
}

/** Everything that servers do wrong, and what is unusual but right. @param body the good answer */
export function unrulyWays(body: string): readonly Unruly[] {
  const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const cut = whole.slice(0, -10);
  return [
    { title: 'answers', behaves: send(whole) },
    { title: 'never answers', behaves: () => undefined, error: 'response_timeout' },
    { title: 'stalls in the headers', behaves: send(whole.slice(0, 40)), error: 'response_timeout' },
    { title: 'stalls in the body', behaves: send(cut), error: 'response_timeout' },
    { title: 'trickles', behaves: (socket) => trickle(socket, whole, 40), error: 'response_timeout' },
    {
      title: 'resets in the body',
      behaves: (socket) => socket.write(cut, () => socket.resetAndDestroy()),
      error: 'connect_refused',
    },
    { title: 'closes in the body', behaves: (socket) => void socket.end(cut), error: 'connect_refused' },
    { title: 'closes at once', behaves: (socket) => void socket.end(), error: 'connect_refused' },
    {
      title: 'answers something that is not HTTP',
      behaves: (socket) => void socket.end(Buffer.from('\0\x01\xffgarbage\r\n\r\n', 'latin1')),
      error: 'not_json',
    },
    {
      title: 'answers half of its JSON',
      behaves: send(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${body.slice(0, 5)}`),
      error: 'not_json',
    },
    { title: 'goes on and on', behaves: endlessBody, error: 'too_large' },
    { title: 'sends headers without end', behaves: endlessHeaders, error: 'too_large' },
    { title: 'says that it is at work, again and again', behaves: atWork, error: 'response_timeout' },
    { title: 'answers twice what was asked once', behaves: send(whole + whole.replaceAll('ran', 'bad')) },
  ];
}

/** Listens on loopback until it is closed. */
export class UnrulyPeer {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(behaves: Behaviour) {
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        text = '';
        behaves(socket);
      });
    });
  }

  static async start(behaves: Behaviour): Promise<UnrulyPeer> {
    const peer = new UnrulyPeer(behaves);
    await new Promise<void>((resolve) => peer.#server.listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function send(text: string): Behaviour {
  return (socket) => void socket.write(text);
}

function trickle(socket: net.Socket, text: string, everyMs: number): void {
  const left = Array.from(text);
  const timer = setInterval(() => {
    const next = left.shift();
    if (next === undefined || socket.destroyed) clearInterval(timer);
    else socket.write(next);
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}

function pour(socket: net.Socket, text: string): void {
  if (!socket.destroyed) socket.write(text, () => setImmediate(() => pour(socket, text)));
}

function endlessBody(socket: net.Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  pour(socket, `4000\r\n${' '.repeat(0x4000)}\r\n`);
}

function endlessHeaders(socket: net.Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n');
  pour(socket, `x: ${'y'.repeat(4000)}\r\n`);
}

function atWork(socket: net.Socket): void {
  const timer = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 5);
  socket.once('close', () => clearInterval(timer));
}
