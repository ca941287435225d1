import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/events/event-log.js';
import { Readers } from '../../../src/events/readers.js';
import { eventRoutes } from '../../../src/http/routes/events.js';
import { EventStream } from '../../support/event-stream.js';
import { within } from '../../support/eventually.js';
import { apiWith } from './api-world.js';
import type { ApiUnderTest } from './api-world.js';

let api: ApiUnderTest;
let log: EventLog;
let readers: Readers;
let origin: string;
let most: number;
const streams: EventStream[] = [];

beforeEach(async () => {
  most = 10;
  log = new EventLog(100);
  readers = new Readers(log);
  api = apiWith([eventRoutes(readers, () => most)]);
  origin = await api.listen();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  readers.close();
  await api.close();
});

async function open(query = '', headers: Readonly<Record<string, string>> = {}): Promise<EventStream> {
  const stream = await EventStream.open(`${origin}/v1/events${query}`, { ...api.as('viewer'), ...headers });
  streams.push(stream);
  await stream.first('hello', ({ event }) => event === 'hello');
  return stream;
}

function happen(uuid: string, type: 'call.started' | 'call.ended' = 'call.started'): void {
  log.add(type, { uuid }, {}, (told) => told);
}

describe('the stream of events', () => {
  it('tells what happens, of what was chosen', async () => {
    const [all, ended] = [await open(), await open('?types=call.ended,switch.*&uuid=a')];
    happen('a');
    happen('b', 'call.ended');
    happen('a', 'call.ended');
    await Promise.all(
      [all, ended].map((one) =>
        one.first('the last', ({ event, data }) => event === 'call.ended' && data['uuid'] === 'a'),
      ),
    );
    const told = (one: EventStream): unknown[] =>
      one.events.slice(1).map(({ event, data }) => `${event} ${String(data['uuid'])}`);
    expect(told(all)).toEqual(['call.started a', 'call.ended b', 'call.ended a']);
    expect(told(ended)).toEqual(['call.ended a']);
  });

  it.each(['header', 'query'])('goes on behind the last event that arrived (%s)', async (how) => {
    await open();
    for (const uuid of ['a', 'b', 'c']) happen(uuid);
    const id = log.idAt(1);
    const stream =
      how === 'header' ? await open('', { 'last-event-id': id }) : await open(`?last_event_id=${id}`);
    await stream.first('c', ({ data }) => data['uuid'] === 'c');
    expect(stream.events.map(({ data }) => data['uuid'])).toEqual([undefined, 'b', 'c']);
  });

  it('needs a token, a role, and a filter that there is', async () => {
    const refused = async (query: string, headers: Record<string, string>): Promise<unknown> => {
      const response = await fetch(`${origin}/v1/events${query}`, { headers });
      const { error } = (await response.json()) as { error: { code: string; path?: string } };
      return [response.status, error.code, error.path];
    };
    expect(await refused('', {})).toEqual([401, 'unauthorized', undefined]);
    expect(await refused('?types=call.strated', api.as('viewer'))).toEqual([
      400,
      'invalid_request',
      'query.types',
    ]);
    expect(await refused('?types=*', api.as('viewer'))).toEqual([400, 'invalid_request', 'query.types']);
    expect(await refused('?uuids=a', api.as('viewer'))).toEqual([400, 'invalid_request', 'query']);
    expect(readers.size).toBe(0);
  });

  it('has so many readers at most, and a place is free when one goes', async () => {
    most = 1;
    const first = await open();
    const second = await fetch(`${origin}/v1/events`, { headers: api.as('viewer') });
    expect(second.status).toBe(503);
    expect(await second.json()).toMatchObject({ error: { code: 'too_many_readers' } });
    first.close();
    await within(
      'the place to be free',
      (async () => {
        while (readers.size > 0) await new Promise((resolve) => setImmediate(resolve));
      })(),
    );
    await open();
  });

  it('ends with a reason when the daemon stops', async () => {
    const stream = await open();
    readers.close();
    await within('the stream to end', stream.ended);
    expect(stream.events.at(-1)).toMatchObject({ event: 'end', data: { reason: 'stopping' } });
  });

  it('cuts off who does not read, keeps little for him, and tells the others everything', async () => {
    const fast = await open();
    const stuck = await new Promise<Socket>((resolve) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => {
        socket.write(
          `GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: ${api.as('viewer')['authorization'] ?? ''}\r\n\r\n`,
        );
        socket.once('data', () => {
          socket.pause();
          resolve(socket);
        });
      });
    });
    expect(readers.size).toBe(2);
    const big = 'x'.repeat(100_000);
    let sent = 0;
    // The buffers of the system take some; what is behind them is what is kept: the log, and no more.
    while (readers.size === 2) {
      sent += 1;
      const number = sent;
      log.add('call.waiting', { uuid: 'a' }, { number, big }, (told) => told);
      await fast.first(`number ${number}`, ({ data }) => data['number'] === number);
      expect(sent).toBeLessThan(1000);
    }
    expect(fast.events).toHaveLength(sent + 1);
    stuck.destroy();
  });
});
