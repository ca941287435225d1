import dgram from 'node:dgram';
import net from 'node:net';

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freeTcpPort(): Promise<number> {
  const server = net.createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A port of 127.0.0.1 that is free for UDP and for TCP, as a SIP profile needs it. */
export async function freeSipPort(): Promise<number> {
  for (;;) {
    const port = await freeTcpPort();
    const socket = dgram.createSocket('udp4');
    const free = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => resolve(true));
    });
    await new Promise<void>((resolve) => (free ? socket.close(resolve) : resolve()));
    if (free) return port;
  }
}

/** A range of UDP ports for media that no other suite on this machine uses at the same time. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
  release(): Promise<void>;
}

const FIRST_PORT = 10_000;
const RANGE_SIZE = 1_000;
/** Up to 32,000, below the ports that Linux hands out by itself. */
const RANGES = 22;
/** Those below 16,384 go first: above is where a FreeSWITCH that happens to run on the machine has its media. */
const PREFERRED = 6;

/**
 * Takes a range, or throws when all are in use. FreeSWITCH loses a call whose media port is taken (it does not try
 * another), so suites that run at the same time must not share. Whoever listens on TCP at the range's first port
 * has it: the operating system takes this lock back with the process.
 */
export async function reserveMediaPorts(): Promise<PortRange> {
  const start = Math.floor(Math.random() * PREFERRED);
  for (let i = 0; i < RANGES; i += 1) {
    const range = await reserve(FIRST_PORT + (i < PREFERRED ? (start + i) % PREFERRED : i) * RANGE_SIZE);
    if (range !== undefined) return range;
  }
  throw new Error('every range of media ports is in use');
}

async function reserve(first: number): Promise<PortRange | undefined> {
  const lock = net.createServer();
  const taken = await new Promise<boolean>((resolve) => {
    lock.once('error', () => resolve(false));
    lock.listen({ port: first, host: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
  if (!taken) return undefined;
  lock.unref();
  const release = (): Promise<void> => new Promise((resolve) => lock.close(() => resolve()));
  return { first: first + 2, last: first + RANGE_SIZE - 1, release };
}
