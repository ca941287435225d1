import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventLog } from '../../../src/events/event-log.js';
import { Readers } from '../../../src/events/readers.js';
import type { ReaderOptions, ReaderStream } from '../../../src/events/readers.js';

/** A connection whose other end takes what it wants to. */
class FakeStream extends EventEmitter implements ReaderStream {
  text = '';
  writes = 0;
  takes = true;
  ended = false;
  destroyed = false;

  write(chunk: Buffer | string): boolean {
    this.text += chunk.toString();
    this.writes += 1;
    return this.takes;
  }

  end(chunk = ''): void {
    this.text += chunk;
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  get numbers(): number[] {
    return Array.from(this.text.matchAll(/"index":(\d+)/g), ([, index]) => Number(index));
  }

  get hello(): unknown {
    return JSON.parse(/event: hello\ndata: (.*)\n/.exec(this.text)?.[1] ?? 'null') as unknown;
  }

  get reason(): string | undefined {
    return /event: end\ndata: \{"reason":"(\w+)"\}/.exec(this.text)?.[1];
  }
}

let log: EventLog;
let readers: Readers;
let count: number;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'performance'],
  });
  log = new EventLog(100);
  readers = new Readers(log);
  count = 0;
});
afterEach(() => {
  readers.close();
  vi.useRealTimers();
});

function happen(times = 1): void {
  for (let left = times; left > 0; left -= 1) {
    count += 1;
    const index = count;
    log.add('call.started', { uuid: `u-${index % 2}` }, { index }, (told) => told);
  }
}

function reader(options: Partial<ReaderOptions> = {}): FakeStream {
  const stream = new FakeStream();
  readers.add(stream, { filter: {}, isAllowed: () => true, ...options });
  return stream;
}

async function pass(ms = 1000): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe('readers of events', () => {
  it('get what happens after they came, in order, each once', async () => {
    happen(3);
    const one = reader();
    happen(2);
    await pass();
    const other = reader();
    happen(2);
    await pass();
    expect(one.numbers).toEqual([4, 5, 6, 7]);
    expect(other.numbers).toEqual([6, 7]);
    expect(one.hello).toEqual({ run: log.run, missed: false });
  });

  it('get what happens together in one write', async () => {
    const one = reader();
    happen(50);
    await pass();
    expect(one.numbers).toHaveLength(50);
    expect(one.writes).toBe(2);
  });

  it('get only what they chose', async () => {
    const one = reader({ filter: { uuid: 'u-1' } });
    happen(4);
    await pass();
    expect(one.numbers).toEqual([1, 3]);
  });

  it('come back to where they were', async () => {
    reader();
    happen(10);
    const one = reader({ lastEventId: log.idAt(4) });
    happen(1);
    await pass();
    expect(one.numbers).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(one.hello).toMatchObject({ missed: false });
  });

  it('come back to where they were even if they saw nothing but the greeting', async () => {
    happen(2);
    const id = /^id: (.*)$/m.exec(reader().text)?.[1] ?? '';
    happen(2);
    const again = reader({ lastEventId: id });
    await pass();
    expect(again.numbers).toEqual([3, 4]);
  });

  it('are told when something is missing, and get all there is', async () => {
    reader();
    happen(150);
    const late = reader({ lastEventId: log.idAt(10) });
    const foreign = reader({ lastEventId: '00000000-140' });
    await pass();
    for (const one of [late, foreign]) {
      expect(one.hello).toMatchObject({ missed: true });
      expect(one.numbers[0]).toBe(51);
      expect(one.numbers).toHaveLength(100);
    }
  });

  it('who take nothing have nothing written to them, and go on when they do', async () => {
    const slow = reader();
    slow.takes = false;
    happen(5);
    await pass();
    happen(50);
    await pass();
    expect(slow.numbers).toEqual([1, 2, 3, 4, 5]);
    slow.takes = true;
    slow.emit('drain');
    await pass();
    expect(slow.numbers).toHaveLength(55);
  });

  it('who fall behind what is kept are cut off with a reason, and the others are not', async () => {
    const [slow, fast] = [reader(), reader()];
    slow.takes = false;
    happen(1);
    await pass();
    for (let round = 0; round < 3; round += 1) {
      happen(60);
      await pass();
    }
    expect(slow.reason).toBe('too_slow');
    expect(slow.ended).toBe(true);
    expect(slow.numbers).toEqual([1]);
    expect(fast.numbers).toHaveLength(181);
    expect(readers.size).toBe(1);
    await pass(5000);
    expect(slow.destroyed).toBe(true);
    expect(fast.destroyed).toBe(false);
  });

  it('who take nothing for half a minute are cut off, also when nothing happens', async () => {
    const stuck = reader();
    stuck.takes = false;
    happen(1);
    await pass(60_000);
    expect(stuck.reason).toBe('too_slow');
    expect(readers.size).toBe(0);
  });

  it('hear a heartbeat when there is nothing else', async () => {
    const one = reader();
    await pass(31_000);
    expect(one.text.match(/^:\n\n/gm)).toHaveLength(2);
  });

  it('are cut off when their token does not count any more', async () => {
    let isAllowed = true;
    const one = reader({ isAllowed: () => isAllowed });
    await pass(16_000);
    expect(one.ended).toBe(false);
    isAllowed = false;
    await pass(15_000);
    expect(one.reason).toBe('not_allowed');
  });

  it('get the last events and a farewell when the daemon stops', () => {
    const one = reader();
    happen(2);
    readers.close();
    expect(one.numbers).toEqual([1, 2]);
    expect(one.reason).toBe('stopping');
    expect(readers.size).toBe(0);
  });

  it('who have gone are forgotten, and nothing runs for them', async () => {
    const one = reader();
    one.emit('error');
    one.emit('close');
    expect(readers.size).toBe(0);
    happen(5);
    await pass(600_000);
    expect(one.numbers).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('who were the last can come back for ten minutes; then nothing is kept until there is one again', async () => {
    const left = (): string => {
      const one = reader();
      happen();
      const id = log.idAt(log.end - 1);
      one.emit('close');
      return id;
    };
    const first = left();
    happen(2);
    await pass(599_000);
    const soon = reader({ lastEventId: first });
    await pass();
    expect([soon.hello, soon.numbers]).toEqual([{ run: log.run, missed: false }, [2, 3]]);
    soon.emit('close');

    const second = left();
    happen(2);
    await pass(600_000);
    const late = reader({ lastEventId: second });
    happen();
    await pass();
    expect([late.hello, late.numbers]).toEqual([{ run: log.run, missed: true }, [7]]);
  });

  it('of whom there are many get the same bytes, a few at a time', async () => {
    const all = Array.from({ length: 100 }, () => reader());
    happen(10);
    await pass();
    for (const one of all) expect(one.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
