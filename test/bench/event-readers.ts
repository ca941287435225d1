/** Many readers of `/v1/events` in one process; on a message it tells what they got. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

const port = Number(process.env['BENCH_HTTP_PORT']);
const count = Number(process.env['BENCH_READERS']);

export interface ReadersReport {
  /** Connections that are open and greeted. */
  readonly open: number;
  readonly bytes: number;
  /** Events of the first and the last reader; the hello not counted. */
  readonly events: readonly [number, number];
}

let bytes = 0;
let open = 0;
const events: [number, number] = [0, 0];

function reader(index: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const counted = index === 0 ? 0 : index === count - 1 ? 1 : undefined;
    let greeted = false;
    let rest = '';
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (!greeted) {
        greeted = true;
        if (!chunk.toString('latin1').startsWith('HTTP/1.1 200')) {
          reject(new Error(chunk.toString('latin1').slice(0, 300)));
          return;
        }
        open += 1;
        resolve(socket);
      }
      if (counted === undefined) return;
      const parts = (rest + chunk.toString('latin1')).split('\ndata: {"id":');
      rest = (parts.at(-1) ?? '').slice(-12);
      events[counted] += parts.length - 1;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (greeted) open -= 1;
    });
    socket.write('GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  });
}

for (let index = 0; index < count; index += 50)
  await Promise.all(Array.from({ length: Math.min(50, count - index) }, (_, more) => reader(index + more)));
process.on('message', () => process.send?.({ open, bytes, events } satisfies ReadersReport));
process.on('disconnect', () => process.exit(0));
process.send?.('open');
