import net from 'node:net';

/** Stands between a daemon and a switch, so that their connections can be cut, and be kept from coming back. */
export class Cuttable {
  readonly #server: net.Server;
  readonly #target: number;
  readonly #sockets = new Set<net.Socket>();
  /** Those who came while it was cut, and wait. */
  readonly #waiting = new Set<net.Socket>();
  #newcomers: 'served' | 'refused' | 'kept waiting' = 'served';

  private constructor(target: number) {
    this.#target = target;
    this.#server = net.createServer((near) => {
      near.on('error', () => undefined);
      near.on('close', () => this.#waiting.delete(near));
      if (this.#newcomers === 'served') this.#serve(near);
      else if (this.#newcomers === 'refused') near.destroy();
      else this.#waiting.add(near);
    });
  }

  #serve(near: net.Socket): void {
    const far = net.connect(this.#target, '127.0.0.1');
    far.on('error', () => undefined);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  static async before(target: number): Promise<Cuttable> {
    const line = new Cuttable(target);
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /**
   * @param newcomers `kept waiting`: until it is there again, so that who lost it is back at once; one that is refused
   *   comes back ever later (src/esl/backoff.ts)
   */
  cut(newcomers: 'refused' | 'kept waiting' = 'refused'): void {
    this.#newcomers = newcomers;
    for (const socket of [...this.#sockets, ...this.#waiting]) socket.destroy();
  }

  restore(): void {
    this.#newcomers = 'served';
    for (const near of this.#waiting) this.#serve(near);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
