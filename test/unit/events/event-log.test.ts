import { describe, expect, it } from 'vitest';
import { filterKey } from '../../../src/events/event.js';
import { EventLog } from '../../../src/events/event-log.js';

function filled(size: number, count: number): EventLog {
  const log = new EventLog(size, () => Date.UTC(2026, 0, 1));
  log.keep();
  add(log, 1, count);
  return log;
}

function add(log: EventLog, first: number, last: number): void {
  for (let index = first; index <= last; index += 1)
    log.add(index % 2 === 0 ? 'call.ended' : 'call.started', { uuid: `u-${index}` }, { index }, asItIs);
}

function asItIs(told: object): object {
  return told;
}

function indexes(text: string): number[] {
  return Array.from(text.matchAll(/"index":(\d+)/g), ([, index]) => Number(index));
}

describe('the event log', () => {
  it('writes events as they go over the wire, with ids that lead back to their places', () => {
    const log = filled(10, 2);
    const { text, next } = log.read(1, {}, 100);
    expect(text).toBe(
      `id: ${log.run}-1\nevent: call.started\ndata: {"id":"${log.run}-1","type":"call.started","at":"2026-01-01T00:00:00.000Z","uuid":"u-1","index":1}\n\n` +
        `id: ${log.run}-2\nevent: call.ended\ndata: {"id":"${log.run}-2","type":"call.ended","at":"2026-01-01T00:00:00.000Z","uuid":"u-2","index":2}\n\n`,
    );
    expect(next).toBe(log.end);
    expect(log.placeAfter(`${log.run}-1`)).toBe(2);
    expect(log.placeAfter(`${log.run}-2`)).toBe(3);
  });

  it('keeps the latest, and so many at most', () => {
    const log = filled(10, 25);
    expect(log.begin).toBe(16);
    expect(indexes(log.read(1, {}, 100).text)).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
  });

  it('is read in pieces', () => {
    const log = filled(10, 10);
    const first = log.read(1, {}, 4);
    expect(indexes(first.text)).toEqual([1, 2, 3, 4]);
    expect(indexes(log.read(first.next, {}, 100).text)).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it.each(['', 'x', '00000000-1', '-1', '1', 'RUN-99', 'RUN-1 ', 'RUN--1', 'RUN-1e3'])(
    'knows no place for %j',
    (id) => {
      const log = filled(10, 3);
      expect(log.placeAfter(id.replace('RUN', log.run))).toBeUndefined();
    },
  );

  it('chooses by type, call, program, number and switch', () => {
    const log = new EventLog(100);
    log.keep();
    const call = { uuid: 'a', program: 'https://app.example/x', caller: '+4930', destination: '7000' };
    log.add('call.started', call, { index: 1 }, asItIs);
    log.add('call.ended', call, { index: 2 }, asItIs);
    log.add('call.started', { ...call, uuid: 'b', program: 'flow/x', caller: '1' }, { index: 3 }, asItIs);
    log.add('switch.connected', { switch: 'main' }, { index: 4 }, asItIs);
    const found = (filter: Parameters<EventLog['read']>[1]): number[] =>
      indexes(log.read(1, filter, 100).text);
    expect(found({ types: new Set(['call.started']) })).toEqual([1, 3]);
    expect(found({ uuid: 'a' })).toEqual([1, 2]);
    expect(found({ program: 'app.example' })).toEqual([1, 2]);
    expect(found({ number: '4930' })).toEqual([1, 2]);
    expect(found({ number: '700' })).toEqual([1, 2, 3]);
    expect(found({ switch: 'main' })).toEqual([4]);
    expect(found({ types: new Set(['call.ended']), uuid: 'b' })).toEqual([]);
  });

  it('makes the data of an event once, and only when somebody reads it', () => {
    const log = new EventLog(10);
    log.keep();
    let made = 0;
    log.add('call.started', { uuid: 'a' }, 1, (by) => ({ made: (made += by) }));
    expect(made).toBe(0);
    log.read(1, { uuid: 'b' }, 10);
    expect(made).toBe(0);
    log.read(1, {}, 10);
    log.read(1, {}, 10);
    expect(made).toBe(1);
  });

  it('lets no line break of the data end the event', () => {
    const log = new EventLog(10);
    log.keep();
    log.add('call.started', { uuid: 'a\n\nevent: x' }, { text: 'a\r\n\r\nid: 1' }, asItIs);
    expect(log.read(1, {}, 10).text.split('\n')).toHaveLength(5);
  });
});

describe('an event log for nobody', () => {
  it('keeps nothing, but counts', () => {
    const log = new EventLog(10);
    add(log, 1, 3);
    expect([log.begin, log.end]).toEqual([4, 4]);
    expect(log.read(1, {}, 100)).toEqual({ text: '', next: 4 });
    log.keep();
    add(log, 4, 5);
    expect(log.begin).toBe(4);
    expect(indexes(log.read(1, {}, 100).text)).toEqual([4, 5]);
  });

  it('forgets what it had, and knows that it did', () => {
    const log = filled(10, 3);
    log.forget();
    add(log, 4, 4);
    log.keep();
    add(log, 5, 6);
    expect(log.begin).toBe(5);
    expect(log.placeAfter(`${log.run}-2`)).toBe(3);
    expect(indexes(log.read(3, {}, 100).text)).toEqual([5, 6]);
    expect(log.read(5, {}, 1).text).toContain(`id: ${log.run}-5\n`);
  });

  it('asks nobody what to tell', () => {
    const log = new EventLog(10);
    log.add('call.started', {}, 1, () => {
      throw new Error('asked');
    });
    log.keep();
    expect(log.read(1, {}, 10).text).toBe('');
  });
});

describe('filters', () => {
  it('that let the same through have one key', () => {
    expect(filterKey({ types: new Set(['call.ended', 'call.started']), uuid: 'a' })).toBe(
      filterKey({ uuid: 'a', types: new Set(['call.started', 'call.ended']) }),
    );
    expect(filterKey({ uuid: 'a' })).not.toBe(filterKey({ program: 'a' }));
    expect(filterKey({ types: new Set() })).not.toBe(filterKey({}));
  });
});
