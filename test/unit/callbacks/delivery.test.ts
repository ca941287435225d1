import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { World } from './world.js';
import { call, callbacksWith, DOWN, folder, RECEIVER, REFUSED, SICK, TAKEN } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A call with one event between its first and its last. */
function shortCall({ callbacks }: World, type: 'digits' | 'action.completed' = 'action.completed'): string {
  const begin = call();
  callbacks.calls?.begin(begin);
  callbacks.calls?.tell(begin.uuid, { type, data: { n: 1 } });
  callbacks.calls?.end(begin.uuid, { result: 'done' });
  return begin.uuid;
}

const files = (at: string, ends: string): string[] =>
  readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ends));

describe('callbacks', () => {
  it('tell of a call in order, numbered, and nobody before it is on disk', async () => {
    const at = folder();
    const world = await callbacksWith({ crm: RECEIVER }, { at });
    let onDisk = '';
    world.receivers.answer = (event) => {
      if (event.type === 'call.started')
        onDisk = files(at, '.jsonl')
          .map((name) => readFileSync(join(at, name), 'utf8'))
          .join('');
      return TAKEN;
    };
    shortCall(world);
    await world.rest();
    expect(world.receivers.told()).toEqual(['call.started 1', 'action.completed 2', 'call.ended 3']);
    expect(onDisk).toContain('"call.started"');
    const [first, second] = world.receivers.taken.map(({ event }) => event);
    expect(first).toMatchObject({
      timestamp: '2026-01-02T12:00:00.000Z',
      call: { program: 'https://apps.example/ivr', caller: '+493012345', instance: 'test' },
    });
    expect(second?.data).toEqual({ n: 1 });
    expect(new Set(world.receivers.tries.map(({ id }) => id)).size).toBe(3);
  });

  it('throw away what everybody has', async () => {
    const at = folder();
    const world = await callbacksWith({ crm: RECEIVER, bi: RECEIVER }, { at, segmentBytes: 2000 });
    for (let n = 0; n < 50; n += 1) shortCall(world);
    await world.rest();
    expect(world.receivers.taken).toHaveLength(300);
    expect(files(at, '.jsonl').length).toBeLessThan(3);
    await world.callbacks.close();
    expect(readdirSync(at)).toEqual([]);
  });

  it('wait while a receiver is down, longer each time, and then bring everything', async () => {
    const world = await callbacksWith({ crm: { ...RECEIVER, retry_max_delay_ms: 10 * MINUTE } });
    world.receivers.answer = () => DOWN;
    const uuids = Array.from({ length: 20 }, () => shortCall(world));
    await world.pass(HOUR);
    const { tries } = world.receivers;
    // Four at once, then one after 1, 2, 4, … 512 s and every ten minutes.
    expect(tries.length).toBeGreaterThan(12);
    expect(tries.length).toBeLessThan(25);
    expect(world.callbacks.status).toMatchObject([
      { waiting: 60, failingSince: world.clock.now() - HOUR, lastError: DOWN.detail },
    ]);
    // Not always the same one: it might be the one at fault.
    expect(new Set(tries.slice(4).map(({ id }) => id)).size).toBeGreaterThan(5);
    world.receivers.answer = () => TAKEN;
    await world.pass(10 * MINUTE);
    for (const uuid of uuids) {
      const told = world.receivers.taken.filter(({ event }) => event.call.uuid === uuid);
      expect(told.map(({ event }) => event.sequence)).toEqual([1, 2, 3]);
    }
    expect(world.receivers.taken).toHaveLength(60);
    expect(world.callbacks.status).toMatchObject([{ waiting: 0, delivered: 60 }]);
    expect(world.callbacks.status[0]).not.toHaveProperty('failingSince');
  });

  it('do not let one event that fails hold up other calls', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    const bad = call();
    world.receivers.answer = (event) =>
      event.call.uuid === bad.uuid && event.type === 'action.completed' ? SICK : TAKEN;
    world.callbacks.calls?.begin(bad);
    world.callbacks.calls?.tell(bad.uuid, { type: 'action.completed', data: {} });
    world.callbacks.calls?.end(bad.uuid, { result: 'done' });
    await world.pass(HOUR);
    for (let n = 0; n < 30; n += 1) shortCall(world);
    await world.rest();
    expect(world.receivers.taken.filter(({ event }) => event.call.uuid !== bad.uuid)).toHaveLength(90);
    expect(world.callbacks.status).toMatchObject([{ waiting: 2 }]);
    world.receivers.answer = () => TAKEN;
    await world.pass(10 * MINUTE);
    const told = world.receivers.taken.filter(({ event }) => event.call.uuid === bad.uuid);
    expect(told.map(({ event }) => event.type)).toEqual(['call.started', 'action.completed', 'call.ended']);
  });

  it('wait as long as the receiver asks for', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    world.receivers.answer = () => ({ ...SICK, detail: 'HTTP 429', afterMs: 30_000 });
    shortCall(world);
    await world.pass(29_000);
    expect(world.receivers.tries).toHaveLength(1);
    world.receivers.answer = () => TAKEN;
    await world.pass(1000);
    expect(world.receivers.taken).toHaveLength(3);
  });

  it('never send two events of a call at a time', async () => {
    const world = await callbacksWith({ crm: { ...RECEIVER, connections: 16 } });
    const open = new Set<string>();
    let twice = 0;
    let together = 0;
    world.receivers.answer = async (event) => {
      if (open.has(event.call.id)) twice += 1;
      open.add(event.call.id);
      together = Math.max(together, open.size);
      await new Promise((resolve) => setImmediate(resolve));
      open.delete(event.call.id);
      return TAKEN;
    };
    for (let n = 0; n < 100; n += 1) shortCall(world);
    await world.rest();
    expect(world.receivers.taken).toHaveLength(300);
    expect(twice).toBe(0);
    expect(together).toBe(16);
  });

  it('keep little in memory, however much waits', async () => {
    const at = folder();
    const world = await callbacksWith({ crm: RECEIVER }, { at, segmentBytes: 64_000 });
    world.receivers.answer = () => DOWN;
    for (let n = 0; n < 3000; n += 1) shortCall(world);
    await world.pass(HOUR);
    expect(world.callbacks.status).toMatchObject([{ waiting: 9000 }]);
    expect(world.callbacks.held).toBeLessThan(1200);
    world.receivers.answer = () => TAKEN;
    await world.pass(10 * MINUTE);
    expect(world.receivers.taken).toHaveLength(9000);
  });

  it('give up the oldest when the disk limit is reached, and say so', async () => {
    const lines: string[] = [];
    const log = {
      info: () => undefined,
      warn: () => undefined,
      error: (_: object, text: string) => void lines.push(text),
    };
    const world = await callbacksWith(
      { crm: RECEIVER },
      { segmentBytes: 1_000_000, limits: { max_mb: 16 }, log },
    );
    world.receivers.answer = () => DOWN;
    const big = 'x'.repeat(100_000);
    const begin = call();
    world.callbacks.calls?.begin(begin);
    for (let n = 0; n < 200; n += 1) {
      world.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: { big } });
      if (n % 5 === 0) await world.rest();
    }
    expect(world.callbacks.status[0]?.waiting).toBeLessThan(170);
    expect(lines).toContain('callbacks given up: the outbox is full');
  });
});

describe('a callback that can not be delivered', () => {
  it('becomes a dead letter when the receiver refuses it, and the rest goes on', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    world.receivers.answer = (event) => (event.type === 'action.completed' ? REFUSED : TAKEN);
    const uuid = shortCall(world);
    await world.rest();
    expect(world.receivers.told()).toEqual(['call.started 1', 'call.ended 3']);
    const [letter, ...others] = await world.callbacks.deadLetters({}, 10);
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      to: 'crm',
      reason: 'HTTP 422',
      attempts: 1,
      event: { sequence: 2, call: { uuid } },
    });
    expect(world.callbacks.status).toMatchObject([{ waiting: 0, deadLetters: 1 }]);
  });

  it('becomes one when it has failed for too long', async () => {
    const world = await callbacksWith({ crm: { ...RECEIVER, give_up_after_s: 3600 } });
    world.receivers.answer = () => DOWN;
    shortCall(world);
    await world.pass(HOUR - 1000);
    expect(await world.callbacks.deadLetters({}, 10)).toEqual([]);
    await world.pass(HOUR);
    const letters = await world.callbacks.deadLetters({}, 10);
    expect(letters.map(({ event }) => event.type)).toEqual([
      'call.started',
      'action.completed',
      'call.ended',
    ]);
  });

  it('is sent again on request, with its id, and is no dead letter any more', async () => {
    const at = folder();
    const world = await callbacksWith({ crm: RECEIVER }, { at });
    world.receivers.answer = (event) => (event.type === 'action.completed' ? REFUSED : TAKEN);
    shortCall(world);
    shortCall(world);
    await world.rest();
    const [letter] = await world.callbacks.deadLetters({}, 10);
    const id = letter?.event.id ?? '';
    world.receivers.answer = () => TAKEN;
    expect(await world.callbacks.redeliver({ ids: [id] })).toBe(1);
    await world.rest();
    expect(world.receivers.taken.at(-1)?.event.id).toBe(id);
    await expect(world.callbacks.deadLetter(id)).rejects.toMatchObject({ code: 'no_such_dead_letter' });
    expect(await world.callbacks.deadLetters({}, 10)).toHaveLength(1);
    expect(await world.callbacks.redeliver({ receiver: 'crm' })).toBe(1);
    await world.rest();
    expect(await world.callbacks.deadLetters({}, 10)).toEqual([]);
    expect(files(at, 'dead-letters.jsonl')).toEqual([]);
  });

  it('is taken once by those who ask for it twice, and the others stay', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    world.receivers.answer = () => REFUSED;
    shortCall(world);
    await world.rest();
    const [first, second, third] = (await world.callbacks.deadLetters({}, 10)).map(({ event }) => event.id);
    world.receivers.answer = () => TAKEN;
    expect(await world.callbacks.redeliver({ ids: [first ?? '', first ?? ''] })).toBe(1);
    const both = [1, 2].map(() => world.callbacks.redeliver({ ids: [second ?? ''] }));
    expect((await Promise.all(both)).sort()).toEqual([0, 1]);
    await world.rest();
    expect(world.receivers.taken.map(({ event }) => event.id)).toEqual([first, second]);
    const left = await world.callbacks.deadLetters({}, 10);
    expect(left.map(({ event }) => event.id)).toEqual([third]);
    expect(world.callbacks.status.map(({ deadLetters }) => deadLetters)).toEqual([1]);
  });

  it('can die again', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    world.receivers.answer = () => REFUSED;
    shortCall(world);
    await world.rest();
    expect(await world.callbacks.redeliver({})).toBe(3);
    await world.rest();
    expect(await world.callbacks.deadLetters({}, 10)).toHaveLength(3);
  });

  it('is found by receiver, channel, type and place, and outlives the daemon', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER, bi: RECEIVER }, { at });
    first.receivers.answer = () => REFUSED;
    const uuid = shortCall(first);
    shortCall(first);
    await first.rest();
    await first.callbacks.close();
    const { callbacks } = await callbacksWith({ crm: RECEIVER, bi: RECEIVER }, { at });
    expect(await callbacks.deadLetters({}, 100)).toHaveLength(12);
    expect(await callbacks.deadLetters({ receiver: 'bi' }, 100)).toHaveLength(6);
    expect(await callbacks.deadLetters({ callUuid: uuid }, 100)).toHaveLength(6);
    expect(await callbacks.deadLetters({ type: 'call.ended', receiver: 'crm' }, 100)).toHaveLength(2);
    const page = await callbacks.deadLetters({}, 5);
    const next = await callbacks.deadLetters({}, 100, page.at(-1)?.event.id);
    expect(page).toHaveLength(5);
    expect(next).toHaveLength(7);
    await expect(callbacks.deadLetters({ receiver: 'nobody' }, 1)).rejects.toMatchObject({
      code: 'no_such_receiver',
    });
    expect(callbacks.status.map(({ deadLetters }) => deadLetters)).toEqual([6, 6]);
  });
});

it('is not held up by a clock that is put back', async () => {
  const { callbacks, clock, receivers, pass } = await callbacksWith({ crm: RECEIVER });
  receivers.answer = () => DOWN;
  const begun = call();
  callbacks.calls?.begin(begun);
  await pass(100);
  clock.jump(-3_600_000);
  receivers.answer = () => TAKEN;
  callbacks.calls?.end(begun.uuid, { result: 'done' });
  await pass(5000);
  expect(receivers.told()).toEqual(['call.started 1', 'call.ended 2']);
  expect(receivers.taken.at(-1)?.event.data['duration_ms']).toBeLessThan(60_000);
});
