import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { folder } from '../functions/world.js';
import { httpApp } from '../source/curl/world.js';
import { begin, CALL_UUID, DEAD, END, linesOf, recordsWith } from './world.js';

const VISIT = {
  flow: 'support',
  version: 'v',
  block: 'ask',
  type: 'menu',
  exit: 'next',
  enteredAt: 1,
  leftAt: 2,
};
const gone = (): Promise<boolean> => Promise.resolve(false);
const alive = (): Promise<boolean> => Promise.resolve(true);
const journals = (at: string): string[] =>
  readdirSync(join(at, '.records')).filter((name) => name.startsWith('open-'));

function world() {
  const at = folder();
  return { at, path: join(at, 'contacts.jsonl') };
}

/** A daemon that has a call and dies by SIGKILL: nothing is closed. */
function crashedWith(path: string, contactIds: readonly string[]): void {
  const records = recordsWith({ file: path }, { mark: DEAD });
  for (const contactId of contactIds) {
    const open = records.begin(begin(contactId));
    open.builder.visit(VISIT);
    open.changed();
  }
  records.flush();
}

describe('records', () => {
  it('are written once, when the call ends', async () => {
    const { path } = world();
    const records = recordsWith({ file: path });
    const open = records.begin(begin());
    open.builder.visit(VISIT);
    open.changed();
    await Promise.all([open.end(END), open.end({ ...END, result: 'failed' })]);
    await open.end(END);
    open.changed();
    await records.close();
    expect(linesOf(path)).toMatchObject([
      { contact_id: CALL_UUID, result: 'done', path: [{ block: 'ask' }] },
    ]);
  });

  it('leave no journal behind when all calls have ended', async () => {
    const { at, path } = world();
    const records = recordsWith({ file: path });
    await records.begin(begin()).end(END);
    await records.close();
    expect(journals(at)).toEqual([]);
  });

  it('go to a receiver, too', async () => {
    const app = await httpApp((_request, response) => void response.end());
    const { path } = world();
    const records = recordsWith({ file: path, http: { url: app.origin } });
    await records.begin(begin()).end(END);
    await records.sent();
    expect(app.seen.map(({ body }) => JSON.parse(body) as object)).toEqual(linesOf(path));
  });

  it('need a place for what is not sent yet', () => {
    expect(() => recordsWith({ http: { url: 'http://127.0.0.1:9/' } })).toThrow(AppError);
    expect(() => recordsWith({ http: { url: 'http://169.254.169.254/' }, state_folder: folder() })).toThrow(
      /link-local/,
    );
  });

  it('are nobody’s business when nothing is configured', async () => {
    const records = recordsWith({});
    expect(records.isOff).toBe(true);
    await records.start(gone);
    await records.begin(begin()).end(END);
  });
});

describe('after a crash', () => {
  it('the next daemon writes the records of calls that are gone', async () => {
    const { at, path } = world();
    crashedWith(path, ['a', 'b']);
    const records = recordsWith({ file: path });
    await records.start(gone);
    expect(linesOf(path)).toMatchObject([
      { contact_id: 'a', result: 'lost', path: [{ block: 'ask' }] },
      { contact_id: 'b', result: 'lost' },
    ]);
    await records.close();
    expect(journals(at)).toEqual([]);
    const third = recordsWith({ file: path });
    await third.start(gone);
    expect(linesOf(path)).toHaveLength(2);
  });

  it('a call that had just begun is known to the next daemon', async () => {
    const { path } = world();
    recordsWith({ file: path }, { mark: DEAD }).begin(begin());
    await recordsWith({ file: path }).start(gone);
    expect(linesOf(path)).toMatchObject([{ contact_id: CALL_UUID, result: 'lost' }]);
  });

  it('a call that was lost to one that lives, and that another has finished, has one record', async () => {
    const { path } = world();
    const [first, second] = [recordsWith({ file: path }), recordsWith({ file: path })];
    await Promise.all([first.start(gone), second.start(gone)]);
    const cut = first.begin(begin());
    await second.resume(begin()).end(END);
    await cut.end({ ...END, result: 'lost' });
    expect(linesOf(path)).toMatchObject([{ contact_id: CALL_UUID, result: 'done' }]);
  });

  it('it goes on with a call that is resumed, and writes one record', async () => {
    const { path } = world();
    crashedWith(path, [CALL_UUID]);
    const records = recordsWith({ file: path });
    await records.start(alive);
    expect(linesOf(path)).toEqual([]);
    const open = records.resume(begin());
    open.builder.visit({ ...VISIT, block: 'second' });
    await open.end(END);
    await records.sweep(gone);
    expect(linesOf(path)).toMatchObject([
      { result: 'done', resumed: 1, path: [{ block: 'ask' }, { block: 'second' }] },
    ]);
  });

  it('it goes on with a call that comes again without its begin', async () => {
    const { path } = world();
    crashedWith(path, ['a', 'b']);
    const records = recordsWith({ file: path });
    await records.start(alive);
    const later = { ...begin('a'), startedEpochMs: begin('a').startedEpochMs + 400 };
    await records.takeUp(later)?.end(END);
    await records.close();
    expect(linesOf(path)).toMatchObject([{ contact_id: 'a', resumed: 1, path: [{ block: 'ask' }] }]);
    expect(recordsWith({ file: path }).takeUp(begin('c'))).toBeUndefined();
  });

  it('it writes what nobody resumed once that call is gone', async () => {
    const { path } = world();
    crashedWith(path, ['a']);
    const records = recordsWith({ file: path });
    await records.start(() => Promise.resolve(undefined));
    await records.sweep(alive);
    expect(linesOf(path)).toEqual([]);
    await records.sweep(gone);
    await records.sweep(gone);
    expect(linesOf(path)).toMatchObject([{ contact_id: 'a', result: 'lost' }]);
  });

  it('a daemon beside it takes the call over, and the one that is started again writes nothing', async () => {
    const { at, path } = world();
    crashedWith(path, [CALL_UUID]);
    const beside = recordsWith({ file: path });
    const open = beside.resume(begin());
    expect(open.builder.draft().path).toHaveLength(1);
    const restarted = recordsWith({ file: path });
    await restarted.start(alive);
    await open.end(END);
    for (let sweeps = 0; sweeps < 2; sweeps += 1) await restarted.sweep(gone);
    expect(linesOf(path)).toMatchObject([{ result: 'done', resumed: 1 }]);
    await Promise.all([beside.close(), restarted.close()]);
    expect(journals(at)).toEqual([]);
  });

  it('a call that it went on with before it claimed the journal is its own, and written once', async () => {
    const app = await httpApp((_request, response) => void response.end());
    const { at, path } = world();
    crashedWith(path, ['a', 'b']);
    const records = recordsWith({ file: path, http: { url: app.origin } });
    const [ended, open] = [records.resume(begin('a')), records.takeUp(begin('b'))];
    await ended.end(END);
    await records.start(alive);
    open?.builder.visit({ ...VISIT, block: 'second' });
    open?.changed();
    records.flush();
    const [journal = ''] = journals(at);
    expect(readFileSync(join(at, '.records', journal), 'utf8')).toMatch(
      /"contact_id":"b".*"block":"second".*\n$/,
    );
    await records.sweep(gone);
    await records.sweep(gone);
    await open?.end(END);
    await records.sent();
    expect(linesOf(path)).toMatchObject([
      { contact_id: 'a', result: 'done' },
      { contact_id: 'b', result: 'done' },
    ]);
    expect(app.seen).toHaveLength(2);
  });

  it('one that is gone for the first time may be about to be written by a daemon beside it', async () => {
    const { path } = world();
    crashedWith(path, [CALL_UUID]);
    const beside = recordsWith({ file: path });
    const open = beside.resume(begin());
    const restarted = recordsWith({ file: path });
    await restarted.start(alive);
    await restarted.sweep(gone);
    await open.end(END);
    await restarted.sweep(gone);
    expect(linesOf(path)).toMatchObject([{ result: 'done' }]);
  });

  it('two that are started at a time write one record', async () => {
    const { path } = world();
    crashedWith(path, ['a', 'b', 'c']);
    const [one, two] = [recordsWith({ file: path }), recordsWith({ file: path })];
    await Promise.all([one.start(gone), two.start(gone)]);
    expect(linesOf(path).map(({ contact_id: contactId }) => contactId)).toEqual(['a', 'b', 'c']);
  });

  it('one that died between the line and the note is not written twice', async () => {
    const { at, path } = world();
    const records = recordsWith({ file: path }, { mark: DEAD });
    const open = records.begin(begin());
    records.flush();
    const left = readFileSync(join(at, '.records', journals(at)[0] ?? ''));
    await open.end(END);
    await records.close();
    writeFileSync(join(at, '.records', 'open-4194303-7-0.jsonl'), left);
    const next = recordsWith({ file: path });
    await next.start(gone);
    expect(linesOf(path)).toHaveLength(1);
  });

  it('a journal that was cut short or is rubbish does no harm', async () => {
    const { at, path } = world();
    crashedWith(path, ['a']);
    const journal = join(at, '.records', journals(at)[0] ?? '');
    appendFileSync(
      journal,
      '\u0000\u0001\n[]\n{"op":"draft"}\n{"op":"over","id":7}\n{"op":"draft","record":{"record_id":"rec_',
    );
    const records = recordsWith({ file: path });
    await records.start(gone);
    expect(linesOf(path)).toMatchObject([{ contact_id: 'a' }]);
  });
});

describe('a sweep that fails', () => {
  afterEach(() => vi.useRealTimers());

  it('is told once, ends nothing, and is tried again', async () => {
    const path = join(folder(), 'contacts.jsonl');
    recordsWith({ file: path }, { mark: DEAD }).begin(begin());
    const told: string[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (_fields: object, message: string) => void told.push(message),
    };
    const answers = [
      () => Promise.resolve(true),
      () => Promise.reject(new Error('EIO: the disk is broken')),
      () => Promise.reject(new Error('EIO: the disk is broken')),
    ];
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const records = recordsWith({ file: path }, { log });
    await records.start(() => (answers.shift() ?? (() => Promise.resolve(false)))());
    for (let sweeps = 0; sweeps < 3; sweeps += 1) await vi.advanceTimersByTimeAsync(2000);
    expect(told).toEqual(['contact records can not be looked after']);
    expect(linesOf(path)).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    await vi.waitFor(() => expect(linesOf(path)).toMatchObject([{ contact_id: CALL_UUID, result: 'lost' }]));
  });
});

describe('a call that was lost a while ago', () => {
  afterEach(() => vi.useRealTimers());

  it('has one record also when the daemon that finished it is gone, with all of its notes', async () => {
    const { path } = world();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const first = recordsWith({ file: path });
    await first.start(gone);
    const cut = first.begin(begin());
    const second = recordsWith({ file: path });
    await second.resume(begin()).end(END);
    await second.close();
    // Its journal is claimed by the one that lives, whose next look at the file begins behind that record.
    crashedWith(path, ['of-another']);
    await vi.waitFor(async () => {
      await vi.advanceTimersByTimeAsync(62_000);
      expect(linesOf(path)).toHaveLength(2);
    });
    await cut.end({ ...END, result: 'lost' });
    expect(linesOf(path)).toMatchObject([
      { contact_id: CALL_UUID, result: 'done' },
      { contact_id: 'of-another', result: 'lost' },
    ]);
  });
});

describe('a call of which nobody can say whether it lives', () => {
  afterEach(() => vi.useRealTimers());

  it('is waited for from when somebody last could', async () => {
    const path = join(folder(), 'contacts.jsonl');
    recordsWith({ file: path }, { mark: DEAD }).begin(begin());
    vi.useFakeTimers({ toFake: ['performance'] });
    const records = recordsWith({ file: path });
    const unknown = (): Promise<undefined> => Promise.resolve(undefined);
    await records.start(alive);
    vi.advanceTimersByTime(900_000);
    await records.sweep(alive);
    // A moment without the switch.
    await records.sweep(unknown);
    vi.advanceTimersByTime(590_000);
    await records.sweep(unknown);
    expect(linesOf(path)).toEqual([]);
    vi.advanceTimersByTime(20_000);
    await records.sweep(unknown);
    expect(linesOf(path)).toMatchObject([{ contact_id: CALL_UUID, result: 'lost' }]);
  });
});
