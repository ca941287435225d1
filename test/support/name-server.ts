import { spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** IPv4 addresses; none: there is no such address. `silent`: no answer ever. */
export type Answers = readonly string[] | 'silent';

const A = 1;
const PREFIX_SCRIPT = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';

/**
 * A name server of a test's own. A process that is started behind `prefix` asks it and nobody else: it has a
 * resolv.conf of its own, in a mount namespace.
 */
export class NameServer {
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  readonly #socket = dgram.createSocket('udp4');
  readonly #folder: string;
  readonly #answer: (name: string, count: number) => Answers;

  private constructor(folder: string, answer: (name: string, count: number) => Answers) {
    this.#folder = folder;
    this.#answer = answer;
    this.#socket.on('message', (message, from) => {
      const reply = this.#replyTo(message);
      if (reply !== undefined) this.#socket.send(reply, from.port, from.address);
    });
  }

  /** Why there can be none on this machine. */
  static get missing(): string | undefined {
    if (process.getuid?.() !== 0) return 'not root: no mount namespace';
    const tried = spawnSync('unshare', ['-m', 'sh', '-c', PREFIX_SCRIPT, '/dev/null', 'true']);
    return tried.status === 0 ? undefined : 'no mount namespaces';
  }

  /** @param answer addresses for a name; `count`: how often it was asked for, from 1 */
  static async start(answer: (name: string, count: number) => Answers): Promise<NameServer> {
    const server = new NameServer(await mkdtemp(join(tmpdir(), 'switchhook-names-')), answer);
    const address = `127.${[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 253)).join('.')}`;
    await new Promise<void>((resolve, reject) => {
      server.#socket.once('error', reject);
      server.#socket.bind(53, address, resolve);
    });
    await writeFile(server.#file, `nameserver ${address}\noptions timeout:1 attempts:2\n`);
    return server;
  }

  /** Before the command of a process: it becomes that command by exec. */
  get prefix(): readonly string[] {
    return ['unshare', '-m', 'sh', '-c', PREFIX_SCRIPT, this.#file];
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder, 'resolv.conf');
  }

  #replyTo(message: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = 12;
    for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
      labels.push(message.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const name = labels.join('.').toLowerCase();
    const isA = message.readUInt16BE(at + 1) === A;
    if (isA) this.asked.push(name);
    const count = this.asked.filter((one) => one === name).length;
    const found = this.#answer(name, Math.max(1, count));
    if (found === 'silent') return undefined;
    const addresses = isA ? found : [];
    const header = Buffer.alloc(12);
    message.copy(header, 0, 0, 2);
    // A response, recursion available, no error; one question, so many answers.
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) => {
      const record = Buffer.alloc(16);
      // The name of the question, type A, class IN, to be kept for no time.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(A, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt16BE(4, 10);
      Buffer.from(address.split('.').map(Number)).copy(record, 12);
      return record;
    });
    return Buffer.concat([header, message.subarray(12, at + 5), ...records]);
  }
}
