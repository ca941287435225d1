import { expect, it } from 'vitest';
import { RateStore } from '../../../src/http/rate-store.js';

function counter(now: () => number): (key: string) => { current: number; ttl: number } | undefined {
  const store = new RateStore(undefined, now);
  return (key) => {
    let found: { current: number; ttl: number } | undefined;
    store.incr(key, (_error, result) => (found = result), 1000);
    return found;
  };
}

it('counts per key, and begins anew after the window', () => {
  let nowMs = 0;
  const count = counter(() => nowMs);
  expect(count('a')).toEqual({ current: 1, ttl: 1000 });
  nowMs = 400;
  expect(count('a')).toEqual({ current: 2, ttl: 600 });
  expect(count('b')).toEqual({ current: 1, ttl: 1000 });
  nowMs = 1000;
  expect(count('a')).toEqual({ current: 1, ttl: 1000 });
});

it('keeps no more keys than a few thousand', () => {
  let nowMs = 0;
  const count = counter(() => nowMs);
  for (let key = 0; key < 5000; key += 1) count(`key-${key}`);
  expect(count('another')).toMatchObject({ current: 1 });
  expect(count('and another')).toMatchObject({ current: 2 });
  nowMs = 1000;
  expect(count('a third')).toMatchObject({ current: 1 });
  expect(count('a fourth')).toMatchObject({ current: 1 });
});
