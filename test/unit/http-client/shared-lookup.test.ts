import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { SharedLookup } from '../../../src/http-client/shared-lookup.js';

type Answer = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

const HERE: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];

function world() {
  const open: { readonly name: string; readonly answer: Answer }[] = [];
  const clock = { nowMs: 0 };
  const { resolve } = new SharedLookup(
    (name, _options, answer) => open.push({ name, answer }),
    () => clock.nowMs,
  );
  const told: string[] = [];
  const ask = (name: string, family = 0): void =>
    resolve(name, { all: true, family }, (error, addresses) =>
      told.push(`${name} ${error?.code ?? addresses.map(({ address }) => address).join()}`),
    );
  const answer = (name: string, error: NodeJS.ErrnoException | null = null): void => {
    const at = open.findIndex((one) => one.name === name);
    open.splice(at, 1)[0]?.answer(error, error === null ? HERE : []);
  };
  return { open, clock, told, ask, answer, names: () => open.map(({ name }) => name) };
}

describe('names that are looked up', () => {
  it('are asked for once at a time, however many want to know', () => {
    const { ask, answer, names, told } = world();
    for (let count = 0; count < 100; count += 1) ask('app.test');
    expect(names()).toEqual(['app.test']);
    answer('app.test');
    expect(told).toEqual(new Array(100).fill('app.test 127.0.0.1'));
    // The answer is not kept: the next one may be another.
    ask('app.test');
    expect(names()).toEqual(['app.test']);
  });

  it('do not stand behind many questions about a name that nobody answers', () => {
    const { ask, answer, names, told } = world();
    for (let count = 0; count < 100; count += 1) ask('silent.test');
    ask('alive.test');
    expect(names()).toEqual(['silent.test', 'alive.test']);
    answer('alive.test');
    expect(told).toEqual(['alive.test 127.0.0.1']);
  });

  it('are told apart by the kind of address', () => {
    const { ask, names } = world();
    ask('app.test', 4);
    ask('app.test', 6);
    expect(names()).toHaveLength(2);
  });

  it('are no longer asked for when everybody has given up', () => {
    const { ask, answer, names, told, clock } = world();
    for (const name of ['a.test', 'b.test', 'late.test', 'again.test']) ask(name);
    expect(names()).toEqual(['a.test', 'b.test']);
    clock.nowMs = 9_000;
    ask('again.test');
    clock.nowMs = 11_000;
    answer('a.test', Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }));
    expect(told).toEqual(['a.test EAI_AGAIN', 'late.test ETIMEOUT']);
    expect(names()).toEqual(['b.test', 'again.test']);
  });

  it('do not fill the memory', () => {
    const { ask, told } = world();
    for (let count = 0; count < 2000; count += 1) ask(`n${count}.test`);
    expect(told).toHaveLength(998);
    expect(new Set(told.map((text) => text.split(' ')[1]))).toEqual(new Set(['ETIMEOUT']));
  });
});
