/**
 * A process that tells of calls and is killed at any moment: `callbacks-child <folder> <now> <down until> <step> <open calls>`.
 * Time is virtual. It says what it has done on standard output, a line each:
 * `now <ms>`, `begun <uuid>`, `told <uuid> <events>`, `ending <uuid>`, `ended <uuid>`, `taken <event>`, `idle`.
 */
import { writeSync } from 'node:fs';
import { Callbacks } from '../../src/callbacks/callbacks.js';
import type { Sender } from '../../src/callbacks/delivery.js';
import { callbacksConfigSchema } from '../../src/callbacks/settings.js';
import { VirtualClock } from './virtual-clock.js';

const [folder = '', now = '0', downUntil = '0', stepMs = '0', open = ''] = process.argv.slice(2);

function say(text: string): void {
  const bytes = Buffer.from(`${text}\n`);
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      // The other end of the pipe is slow.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const clock = new VirtualClock(Number(now));
const sender: Sender = {
  shownUrl: 'fake',
  send: (_id, body) => {
    const isDown = clock.now() < Number(downUntil);
    if (!isDown) say(`taken ${body}`);
    const result = isDown
      ? ({ kind: 'later', detail: 'down', afterMs: 0, answered: false } as const)
      : ({ kind: 'taken', detail: '', afterMs: 0, answered: true } as const);
    // Now and then it is killed between the receiver's yes and the note of it.
    return { result: new Promise((resolve) => setImmediate(resolve, result)), cancel: () => undefined };
  },
  close: () => Promise.resolve(),
};

const callbacks = new Callbacks({
  settings: callbacksConfigSchema.parse({ folder, receivers: { crm: { url: 'http://127.0.0.1:9/' } } }),
  egress: { allowed_addresses: [], denied_addresses: [] },
  instance: 'child',
  clock,
  sender: () => sender,
  syncDelayMs: 0,
  segmentBytes: 200_000,
});
const live = new Map<string, number>();
await callbacks.start((uuid) => Promise.resolve(live.has(uuid)));

function begin(uuid: string, resumed: boolean): void {
  const begun = Number(uuid.split('-')[1]);
  callbacks.calls?.begin({ uuid, begun, program: 'flow/x', caller: '1', destination: '2', resumed });
  say(`begun ${uuid}`);
  live.set(uuid, 1);
}

// Half of the calls that its predecessor had come back; nobody hears of the others again.
for (const [index, uuid] of open.split(',').entries()) if (uuid !== '' && index % 2 === 0) begin(uuid, true);

let serial = 0;
for (;;) {
  await clock.pass(Number(stepMs), () => callbacks.isResting);
  say(`now ${clock.now()}`);
  const isOver = clock.now() > Number(downUntil) + 600_000;
  if (isOver && live.size === 0 && callbacks.status.every(({ waiting }) => waiting === 0)) say('idle');
  serial += 1;
  if (!isOver) begin(`${process.pid}${serial}-${clock.now()}`, false);
  const said: [string, number][] = [];
  for (const [uuid, count] of live) {
    if (count > 3 || isOver) {
      say(`ending ${uuid}`);
      callbacks.calls?.end(uuid, { result: 'done' });
      live.delete(uuid);
      say(`ended ${uuid}`);
    } else {
      callbacks.calls?.tell(uuid, { type: 'action.completed', data: { count } });
      live.set(uuid, count + 1);
      said.push([uuid, count + 1]);
    }
  }
  // What was told in one turn of the event loop is in the file in the next.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  for (const [uuid, count] of said) say(`told ${uuid} ${count}`);
}
