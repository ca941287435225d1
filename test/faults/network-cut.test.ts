import { expect, it } from 'vitest';
import { type Cut, type Direction, Line } from '../support/line.js';
import { type Bed, onEveryBed } from './bed.js';
import { repeat } from './form.js';
import { oneSwitch } from './one-switch.js';

/**
 * The connection of a call breaks at every place of its conversation. The dialplan connects it a second time, so
 * whatever the first connection had come to, each action runs exactly once and the program comes to its end.
 */

/** Bytes of the whole conversation, some more than there are. */
const END = { up: 3600, down: 9600 } satisfies Record<Direction, number>;
/** Bytes from one place to the next. */
const STEP = { up: repeat(120, 7), down: repeat(480, 37) } satisfies Record<Direction, number>;
/** Calls at a time. */
const WIDTH = 8;

/** Segments, nested and not, with data of every kind. */
function list(nextUrl: string): unknown[] {
  return [
    { application: 'answer' },
    { application: 'playback', data: 'silence_stream://60' },
    { application: 'set', data: 'cti_first=it is "done", isn\'t it?' },
    { application: 'cti_curl', data: nextUrl },
    { application: 'set', data: 'cti_last=ran' },
    { application: 'playback', data: 'silence_stream://70' },
  ];
}

async function cutCall(bed: Bed, direction: Direction, bytes: number, how: Cut): Promise<void> {
  const line = await Line.before(Number(bed.daemon.host.split(':')[1]));
  try {
    line.trouble = { cutAfter: { direction, bytes, how, first: true } };
    const { url: next } = bed.app.list([{ application: 'playback', data: 'silence_stream://50' }]);
    const call = await bed.call({ actions: list(next), hosts: `127.0.0.1:${line.port}` });
    await call.returned();
    const played = call.executed.filter(({ application }) => application === 'playback');
    const names = played.map(({ data }) => data.replace('silence_stream://', ''));
    const where = `${how} after ${bytes} bytes ${direction}`;
    expect.soft(names, where).toEqual(['60', '50', '70']);
    expect.soft(await call.get('cti_first'), where).toBe('it is "done", isn\'t it?');
    expect.soft(await call.get('cti_last'), where).toBe('ran');
    expect.soft(await call.get('cti_actions'), where).toBe('7');
  } finally {
    await line.close();
  }
}

onEveryBed(
  'the connection of a call, cut anywhere,',
  ({ bed }) => {
    for (const direction of ['up', 'down'] as const) {
      for (const how of ['reset', 'end'] as const) {
        it(`${direction}, by ${how}, leaves every action to run once`, async () => {
          const one = await bed();
          const places: number[] = [];
          for (let bytes = 1; bytes < END[direction]; bytes += STEP[direction]) places.push(bytes);
          const calls = places.length;
          const next = async (): Promise<void> => {
            for (let bytes = places.shift(); bytes !== undefined; bytes = places.shift())
              await cutCall(one, direction, bytes, how);
          };
          await Promise.all(Array.from({ length: WIDTH }, next));
          await one.settled({ calls, ends: ['done'] });
        });
      }
    }
  },
  oneSwitch,
);
