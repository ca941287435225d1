/** Receives status callbacks and keeps count of them by call. It can be told to be away. */
import type { CallbackEvent } from '../../src/callbacks/event.js';
import { serialOf } from './mix.js';
import type { ReceiverOrder, Tally } from './orders.js';
import { ReopeningServer } from './reopening-server.js';

const MOST_COMPLAINTS = 50;

const started: number[] = [];
const ended: number[] = [];
const continued: number[] = [];
/** The last event of each call by its id: `call.id` → its sequence. Those that are over are kept: they may come again. */
const sequences = new Map<string, number>();
const complaints: string[] = [];
let repeated = 0;
let disorders = 0;

function complain(text: string): void {
  disorders += 1;
  if (complaints.length < MOST_COMPLAINTS) complaints.push(text);
}

function take(event: CallbackEvent): void {
  const { call, sequence, type } = event;
  const known = sequences.get(call.id) ?? 0;
  if (sequence <= known) {
    repeated += 1;
    return;
  }
  sequences.set(call.id, sequence);
  if (sequence !== known + 1) complain(`${call.destination}: event ${sequence} (${type}) after ${known}`);
  const serial = serialOf(call.destination);
  if (serial === undefined) {
    complain(`an event of ${call.destination}`);
    return;
  }
  if (type === 'call.started') started[serial] = (started[serial] ?? 0) + 1;
  if (type === 'call.started' && event.data['continues'] !== undefined)
    continued[serial] = (continued[serial] ?? 0) + 1;
  if (type === 'call.ended') ended[serial] = (ended[serial] ?? 0) + 1;
}

const server = new ReopeningServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    take(JSON.parse(Buffer.concat(chunks).toString()) as CallbackEvent);
    response.writeHead(204).end();
  });
});

process.on('message', (order: ReceiverOrder) => {
  if (order.type === 'tally') {
    const counts = (list: readonly (number | undefined)[]): number[] =>
      Array.from(list, (count) => count ?? 0);
    const tally: Tally = {
      type: 'tally',
      started: counts(started),
      ended: counts(ended),
      continued: counts(continued),
      repeated,
      disorders,
      complaints,
    };
    process.send?.(tally);
    return;
  }
  void (order.state === 'down' ? server.close() : server.open()).then(() => process.send?.({ type: 'done' }));
});
process.on('disconnect', () => process.exit(0));
await server.open();
process.send?.({ port: server.port });
