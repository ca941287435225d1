import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { World } from './world.js';
import { call, callbacksWith, deadMark, DOWN, folder, RECEIVER, TAKEN } from './world.js';

const alive = (answer: boolean | undefined) => () => Promise.resolve(answer);

function told({ receivers }: World, to?: string): string[] {
  return receivers.told(to);
}

describe('who is told of a call', () => {
  const receivers = {
    all: RECEIVER,
    billing: { ...RECEIVER, endpoints: ['billing'] },
    support: { ...RECEIVER, flows: ['support'], events: ['digits' as const] },
    mixed: { ...RECEIVER, flows: ['support'], endpoints: ['billing'] },
  };

  it('are all receivers that name neither endpoints nor flows', async () => {
    const world = await callbacksWith(receivers);
    const begin = call();
    world.callbacks.calls?.begin(begin);
    world.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await world.rest();
    expect(new Set(world.receivers.taken.map(({ to }) => to))).toEqual(new Set(['all']));
  });

  it('may be called as what every object has', async () => {
    const at = folder();
    const receivers = { constructor: RECEIVER, toString: RECEIVER };
    const before = await callbacksWith(receivers, { at });
    before.receivers.answer = () => DOWN;
    const begin = call();
    before.callbacks.calls?.begin(begin);
    await before.rest();
    await before.callbacks.close();
    const world = await callbacksWith(receivers, { at });
    world.callbacks.calls?.begin({ ...begin, resumed: true });
    world.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await world.rest();
    for (const name of Object.keys(receivers))
      expect(told(world, name)).toEqual(['call.started 1', 'call.ended 2']);
  });

  it('are those of an endpoint or flow from when the call comes to it, once, with its begin', async () => {
    const world = await callbacksWith(receivers);
    const begin = call();
    world.callbacks.calls?.begin(begin);
    world.callbacks.calls?.scope(begin.uuid, { kind: 'endpoint', name: 'billing' });
    world.callbacks.calls?.tell(begin.uuid, { type: 'call.answered', data: {} });
    world.callbacks.calls?.scope(begin.uuid, { kind: 'flow', name: 'support' });
    world.callbacks.calls?.scope(begin.uuid, { kind: 'flow', name: 'other' });
    world.callbacks.calls?.scope(begin.uuid, { kind: 'flow', name: 'support' });
    world.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    world.callbacks.calls?.tell(begin.uuid, { type: 'digits', data: {} });
    world.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await world.rest();
    const whole = ['call.started 1', 'call.answered 2', 'action.completed 3', 'digits 4', 'call.ended 5'];
    expect(told(world, 'all')).toEqual(whole);
    expect(told(world, 'billing')).toEqual(whole);
    expect(told(world, 'mixed')).toEqual(whole);
    // Begin and end are always told, the rest as it was chosen; the numbers have no gaps.
    expect(told(world, 'support')).toEqual(['call.started 1', 'digits 2', 'call.ended 3']);
  });

  it('are shown digits only if they are to be', async () => {
    const world = await callbacksWith({ crm: RECEIVER, bank: { ...RECEIVER, show_digits: true } });
    const begin = call();
    world.callbacks.calls?.begin(begin);
    world.callbacks.calls?.tell(begin.uuid, {
      type: 'digits',
      data: { digits: '4711' },
      withoutDigits: { digits: '****' },
    });
    await world.rest();
    const digits = world.receivers.taken.filter(({ event }) => event.type === 'digits');
    expect(Object.fromEntries(digits.map(({ to, event }) => [to, event.data]))).toEqual({
      crm: { digits: '****' },
      bank: { digits: '4711' },
    });
  });

  it('are told of an answer once', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    const begin = call();
    world.callbacks.calls?.begin(begin);
    world.callbacks.calls?.tell(begin.uuid, { type: 'call.answered', data: { by: 'answer' } });
    world.callbacks.calls?.tell(begin.uuid, { type: 'call.answered', data: { by: 'bridge' } });
    await world.rest();
    expect(told(world)).toEqual(['call.started 1', 'call.answered 2']);
  });
});

describe('the last event of a call', () => {
  it('is told once, and nothing after it', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    const begin = call();
    world.callbacks.calls?.begin(begin);
    world.callbacks.calls?.end(begin.uuid, { result: 'done' });
    world.callbacks.calls?.end(begin.uuid, { result: 'failed' });
    world.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    await world.pass(3_600_000);
    expect(told(world)).toEqual(['call.started 1', 'call.ended 2']);
  });

  it('is not told when another program takes over, but when nobody does', async () => {
    const world = await callbacksWith({ crm: RECEIVER }, { isAlive: alive(true) });
    const [replaced, left] = [call(), call()];
    world.callbacks.calls?.begin(replaced);
    world.callbacks.calls?.begin(left);
    world.callbacks.calls?.wait(replaced.uuid, 'interrupted');
    world.callbacks.calls?.wait(left.uuid, 'interrupted');
    world.callbacks.calls?.begin({ ...replaced, begun: replaced.begun + 5000 });
    await world.pass(60_000);
    const of = (uuid: string): string[] =>
      world.receivers.taken.filter(({ event }) => event.call.uuid === uuid).map(({ event }) => event.type);
    expect(of(replaced.uuid)).toEqual(['call.started']);
    expect(of(left.uuid)).toEqual(['call.started', 'call.ended']);
  });

  it.each([
    ['at once when its switch does not know it any more', false, 6000, true],
    ['not while its switch knows it', true, 86_400_000, false],
    ['not yet while nobody can be asked', undefined, 590_000, false],
    ['after a while when nobody can be asked', undefined, 610_000, true],
  ] as const)('is told for a lost call: %s', async (_title, answer, ms, ends) => {
    const world = await callbacksWith({ crm: RECEIVER }, { isAlive: alive(answer) });
    const begin = call();
    world.callbacks.calls?.begin(begin);
    world.callbacks.calls?.wait(begin.uuid, 'lost');
    await world.pass(ms);
    expect(told(world)).toEqual(ends ? ['call.started 1', 'call.ended 2'] : ['call.started 1']);
    if (ends) expect(world.receivers.taken.at(-1)?.event.data).toMatchObject({ result: 'lost' });
  });
});

it('a lost call is waited for from when somebody last could say whether it lives', async () => {
  let answer: boolean | undefined = true;
  const world = await callbacksWith({ crm: RECEIVER }, { isAlive: () => Promise.resolve(answer) });
  const begin = call();
  world.callbacks.calls?.begin(begin);
  world.callbacks.calls?.wait(begin.uuid, 'lost');
  await world.pass(900_000);
  // A moment without the switch.
  answer = undefined;
  await world.pass(590_000);
  expect(told(world)).toEqual(['call.started 1']);
  await world.pass(20_000);
  expect(told(world)).toEqual(['call.started 1', 'call.ended 2']);
});

describe('a daemon that comes after another', () => {
  it('goes on with a resumed call, with the next number', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER }, { at });
    const begin = call();
    first.callbacks.calls?.begin(begin);
    first.callbacks.calls?.tell(begin.uuid, { type: 'call.answered', data: {} });
    first.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    await first.rest();
    await first.callbacks.close();
    const second = await callbacksWith({ crm: RECEIVER }, { at, receivers: first.receivers });
    second.callbacks.calls?.begin({ ...begin, resumed: true });
    second.callbacks.calls?.tell(begin.uuid, { type: 'call.answered', data: {} });
    second.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    second.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await second.pass(3_600_000);
    expect(second.receivers.told()).toEqual([
      'call.started 1',
      'call.answered 2',
      'action.completed 3',
      'action.completed 4',
      'call.ended 5',
    ]);
    const ids = second.receivers.taken.map(({ event }) => event.call.id);
    expect(new Set(ids).size).toBe(1);
  });

  it('sends first what the one before could not', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER }, { at });
    first.receivers.answer = () => DOWN;
    const begin = call();
    first.callbacks.calls?.begin(begin);
    first.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    await first.rest();
    await first.callbacks.close();
    first.receivers.answer = () => TAKEN;
    const second = await callbacksWith({ crm: RECEIVER }, { at, receivers: first.receivers });
    second.callbacks.calls?.begin({ ...begin, resumed: true });
    second.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await second.rest();
    expect(told(second)).toEqual(['call.started 1', 'action.completed 2', 'call.ended 3']);
  });

  it('takes over from one that died while it ran itself', async () => {
    const at = folder();
    const survivor = await callbacksWith({ crm: RECEIVER }, { at, mark: undefined });
    const own = call();
    survivor.callbacks.calls?.begin(own);
    const other = await callbacksWith({ crm: RECEIVER }, { at, receivers: survivor.receivers });
    const begin = call();
    other.callbacks.calls?.begin(begin);
    await other.rest();
    await other.callbacks.close();
    survivor.callbacks.calls?.begin({ ...begin, resumed: true });
    survivor.callbacks.calls?.end(begin.uuid, { result: 'done' });
    survivor.callbacks.calls?.end(own.uuid, { result: 'done' });
    await survivor.rest();
    for (const { uuid } of [begin, own]) {
      const events = survivor.receivers.taken.filter(({ event }) => event.call.uuid === uuid);
      expect(events.map(({ event }) => `${event.type} ${event.sequence}`)).toEqual([
        'call.started 1',
        'call.ended 2',
      ]);
    }
  });

  it('ends calls that nobody resumes', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER }, { at });
    first.callbacks.calls?.begin(call());
    await first.rest();
    await first.callbacks.close();
    const second = await callbacksWith(
      { crm: RECEIVER },
      { at, isAlive: alive(false), receivers: first.receivers },
    );
    await second.pass(10_000);
    expect(told(second)).toEqual(['call.started 1', 'call.ended 2']);
    await second.callbacks.close();
    const third = await callbacksWith(
      { crm: RECEIVER },
      { at, isAlive: alive(false), receivers: first.receivers },
    );
    await third.pass(10_000);
    expect(told(third)).toHaveLength(2);
  });

  it('tells a call apart that begins anew on the same channel', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER }, { at });
    const begin = call();
    first.callbacks.calls?.begin(begin);
    await first.rest();
    await first.callbacks.close();
    const second = await callbacksWith({ crm: RECEIVER }, { at, receivers: first.receivers });
    second.callbacks.calls?.begin({ ...begin, begun: begin.begun + 60_000 });
    second.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await second.rest();
    const { taken } = second.receivers;
    const ids = [...new Set(taken.map(({ event }) => event.call.id))];
    expect(ids).toHaveLength(2);
    for (const id of ids) {
      const types = taken.filter(({ event }) => event.call.id === id).map(({ event }) => event.type);
      expect(types).toEqual(['call.started', 'call.ended']);
    }
  });

  it.each(['itself', 'one that died'])(
    'goes on with a call that %s had and that comes again',
    async (who) => {
      const at = folder();
      const first = await callbacksWith({ crm: RECEIVER }, { at });
      const begin = call();
      first.callbacks.calls?.begin(begin);
      first.callbacks.calls?.wait(begin.uuid, 'lost');
      await first.rest();
      if (who !== 'itself') await first.callbacks.close();
      const second =
        who === 'itself' ? first : await callbacksWith({ crm: RECEIVER }, { at, receivers: first.receivers });
      // Nothing is known of when it began; that it is no other call, the dialplan has said.
      second.callbacks.calls?.begin({ ...begin, begun: begin.begun + 500, again: true });
      second.callbacks.calls?.end(begin.uuid, { result: 'done' });
      await second.rest();
      expect(told(second)).toEqual(['call.started 1', 'call.ended 2']);
      expect(new Set(second.receivers.taken.map(({ event }) => event.call.id)).size).toBe(1);
    },
  );

  it('begins with a call that comes again when nobody had it', async () => {
    const world = await callbacksWith({ crm: RECEIVER });
    const begin = call();
    world.callbacks.calls?.begin({ ...begin, again: true });
    world.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await world.rest();
    expect(told(world)).toEqual(['call.started 1', 'call.ended 2']);
    expect(world.receivers.taken[0]?.event.data).toEqual({ resumed: false });
  });

  it('with a folder of its own names the call that it continues', async () => {
    const [first, second] = [await callbacksWith({ crm: RECEIVER }), await callbacksWith({ crm: RECEIVER })];
    const begin = call();
    first.callbacks.calls?.begin(begin);
    await first.rest();
    second.callbacks.calls?.begin({ ...begin, resumed: true });
    await second.rest();
    const [known, continued] = [first, second].map(({ receivers }) => receivers.taken[0]?.event);
    expect(continued?.data).toEqual({ resumed: true, continues: known?.call.id });
    expect(continued?.call.id).not.toBe(known?.call.id);
    expect(continued?.id).not.toBe(known?.id);
  });

  it('knows a call once that one had not yet taken over whole from the first', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER }, { at, segmentBytes: 1 });
    first.receivers.answer = () => DOWN;
    const begin = call();
    first.callbacks.calls?.begin(begin);
    await first.rest();
    first.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    await first.rest();
    const [left = ''] = readdirSync(at);
    await first.callbacks.close();
    first.receivers.answer = () => TAKEN;
    // As it is when the second has opened the call, and has not taken the first one's newest segment.
    const { pid, begun } = deadMark();
    cpSync(join(at, left), join(at, `out-${pid}-${begun}-00000000`), { recursive: true });
    const third = await callbacksWith({ crm: RECEIVER }, { at, receivers: first.receivers });
    third.callbacks.calls?.begin({ ...begin, resumed: true });
    third.callbacks.calls?.end(begin.uuid, { result: 'done' });
    await third.rest();
    // What comes again is known by its id.
    const ids = new Set<string>();
    const taken = third.receivers.taken.flatMap(({ event }) => {
      const isNew = !ids.has(event.id);
      ids.add(event.id);
      return isNew ? [event] : [];
    });
    expect(taken.map(({ type, data }) => [type, data['result']])).toEqual([
      ['call.started', undefined],
      ['action.completed', undefined],
      ['call.ended', 'done'],
    ]);
  });

  it('loses nothing of its own that is still to be written when it takes over', async () => {
    const at = folder();
    const survivor = await callbacksWith({ crm: RECEIVER }, { at, mark: undefined, segmentBytes: 300 });
    const own = call();
    survivor.callbacks.calls?.begin(own);
    await survivor.rest();
    const other = await callbacksWith({ crm: RECEIVER }, { at, receivers: survivor.receivers });
    other.receivers.answer = () => DOWN;
    const begin = call();
    other.callbacks.calls?.begin(begin);
    other.callbacks.calls?.tell(begin.uuid, { type: 'action.completed', data: {} });
    await other.rest();
    await other.callbacks.close();
    other.receivers.answer = () => TAKEN;
    survivor.callbacks.calls?.tell(own.uuid, { type: 'action.completed', data: {} });
    survivor.callbacks.calls?.begin({ ...begin, resumed: true });
    for (const { uuid } of [begin, own]) survivor.callbacks.calls?.end(uuid, { result: 'done' });
    await survivor.rest();
    for (const { uuid } of [begin, own]) {
      const events = survivor.receivers.taken.filter(({ event }) => event.call.uuid === uuid);
      expect(events.map(({ event }) => `${event.type} ${event.sequence}`)).toEqual([
        'call.started 1',
        'action.completed 2',
        'call.ended 3',
      ]);
    }
  });

  it('leaves alone what a living one has', async () => {
    const at = folder();
    const first = await callbacksWith({ crm: RECEIVER }, { at, mark: undefined });
    first.receivers.answer = () => DOWN;
    const begin = call();
    first.callbacks.calls?.begin(begin);
    await first.rest();
    const second = await callbacksWith({ crm: RECEIVER }, { at, isAlive: alive(false) });
    await second.pass(600_000);
    expect(second.receivers.tries).toEqual([]);
  });
});

describe('nobody to tell', () => {
  it('costs nothing and needs no folder', async () => {
    const world = await callbacksWith({});
    world.callbacks.calls?.begin(call());
    expect(world.callbacks.isOff).toBe(true);
    expect(world.callbacks.status).toEqual([]);
  });
});
