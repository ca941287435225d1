import net from 'node:net';

/** `up`: from whoever connects to the target. `down`: back. */
export type Direction = 'up' | 'down';
/** `reset`: RST. `end`: FIN to both sides. */
export type Cut = 'reset' | 'end';

/** What is wrong with a line. It is looked at whenever bytes come, so it holds for open connections, too. */
export interface Trouble {
  /** Bytes arrive so much later. */
  readonly delayMs?: number;
  /** Bytes arrive one after the other, so many at a time, with this pause in between. */
  readonly dribble?: { readonly bytes: number; readonly everyMs: number };
  /** Half-open: what is sent that way is taken and kept. It arrives when the trouble has ended. */
  readonly holds?: Direction | 'both';
  /** Each connection is cut when so many more bytes have gone that way. */
  readonly cutAfter?: {
    readonly direction: Direction;
    readonly bytes: number;
    readonly how: Cut;
    /** That of the line's first connection alone. */
    readonly first?: boolean;
  };
  /** `refuse`: those who connect are reset. `ignore`: they are let in, and nobody is there. */
  readonly newcomers?: 'refuse' | 'ignore';
}

/** A TCP proxy on loopback that does to its connections what networks do. */
export class Line {
  readonly #server: net.Server;
  readonly #ties = new Set<Tie>();
  #trouble: Trouble = {};
  #connections = 0;

  private constructor(target: number) {
    this.#server = net.createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      near.on('error', () => undefined);
      this.#connections += 1;
      const { newcomers } = this.#trouble;
      if (newcomers === 'refuse') {
        near.resetAndDestroy();
        return;
      }
      const isFirst = this.#connections === 1;
      const troubleOf = (): Trouble => {
        const { cutAfter, ...others } = this.#trouble;
        return cutAfter?.first === true && !isFirst ? others : this.#trouble;
      };
      const tie = new Tie(near, newcomers === 'ignore' ? undefined : target, troubleOf);
      this.#ties.add(tie);
      tie.onClosed = () => this.#ties.delete(tie);
    });
  }

  /** @param target a port of 127.0.0.1 */
  static async before(target: number): Promise<Line> {
    const line = new Line(target);
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** How often somebody connected. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#ties.size;
  }

  /** From now on; `{}`: all is well, and what was held arrives. */
  set trouble(trouble: Trouble) {
    this.#trouble = trouble;
    for (const tie of this.#ties) tie.begin();
  }

  /** Cuts what is open. What comes after that is up to `trouble`. */
  cut(how: Cut = 'reset'): void {
    for (const tie of this.#ties) tie.cut(how);
  }

  async close(): Promise<void> {
    this.#trouble = { newcomers: 'refuse' };
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Two sockets that belong together. */
class Tie {
  onClosed: (() => void) | undefined;
  readonly #near: net.Socket;
  readonly #far: net.Socket | undefined;
  readonly #ways: readonly Way[];
  #over = false;

  constructor(near: net.Socket, target: number | undefined, trouble: () => Trouble) {
    this.#near = near;
    if (target === undefined) {
      near.resume();
      near.once('close', () => this.#finish());
      this.#ways = [];
      return;
    }
    const far = net.connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.#far = far;
    const cut = (how: Cut): void => this.cut(how);
    this.#ways = [new Way('up', near, far, trouble, cut), new Way('down', far, near, trouble, cut)];
    for (const socket of [near, far]) {
      socket.on('error', () => this.cut('reset'));
      socket.once('close', () => {
        if (near.destroyed && far.destroyed) this.#finish();
      });
    }
  }

  /** There is another trouble than before. */
  begin(): void {
    for (const way of this.#ways) way.begin();
  }

  cut(how: Cut): void {
    for (const way of this.#ways) way.stop();
    for (const socket of [this.#near, this.#far]) {
      if (socket === undefined || socket.destroyed) continue;
      if (how === 'reset') socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
    }
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    for (const way of this.#ways) way.stop();
    this.onClosed?.();
  }
}

/** One direction of a connection. */
class Way {
  readonly #direction: Direction;
  readonly #to: net.Socket;
  readonly #trouble: () => Trouble;
  readonly #cut: (how: Cut) => void;
  #waiting: { readonly bytes: Buffer; readonly atMs: number }[] = [];
  #ended = false;
  #gone = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    direction: Direction,
    from: net.Socket,
    to: net.Socket,
    trouble: () => Trouble,
    cut: (how: Cut) => void,
  ) {
    this.#direction = direction;
    this.#to = to;
    this.#trouble = trouble;
    this.#cut = cut;
    from.on('data', (bytes: Buffer) => {
      this.#waiting.push({ bytes, atMs: performance.now() });
      this.go();
    });
    from.on('end', () => {
      this.#ended = true;
      this.go();
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  begin(): void {
    this.#gone = 0;
    this.go();
  }

  /** Passes on what may go by now. */
  go(): void {
    clearTimeout(this.#timer);
    for (;;) {
      const { holds, delayMs = 0, dribble } = this.#trouble();
      if (this.#stopped || holds === 'both' || holds === this.#direction) return;
      const next = this.#waiting[0];
      if (next === undefined) break;
      const waitMs = next.atMs + delayMs - performance.now();
      if (waitMs > 0) {
        this.#again(waitMs);
        return;
      }
      const most = Math.min(dribble?.bytes ?? Infinity, next.bytes.length, this.#left());
      const rest = next.bytes.subarray(most);
      if (rest.length === 0) this.#waiting.shift();
      else this.#waiting[0] = { ...next, bytes: rest };
      this.#gone += most;
      this.#to.write(next.bytes.subarray(0, most));
      if (this.#left() <= 0) {
        this.#cut(this.#trouble().cutAfter?.how ?? 'reset');
        return;
      }
      if (dribble !== undefined) {
        this.#again(dribble.everyMs);
        return;
      }
    }
    if (this.#ended) this.#to.end();
  }

  #left(): number {
    const after = this.#trouble().cutAfter;
    return after?.direction === this.#direction ? Math.max(0, after.bytes - this.#gone) : Infinity;
  }

  #again(afterMs: number): void {
    this.#timer = setTimeout(() => this.go(), afterMs);
  }
}
