import type { Json } from '../../../src/flow/port.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mask, newState, readState, shownAttributes, writeState } from '../../../src/flow/state.js';

describe('a state', () => {
  it('survives its text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.jsonValue(),
        fc.string(),
        (attributes, external, storedInput) => {
          const state = {
            ...newState('set', 'flow', 1),
            attributes,
            external: JSON.parse(JSON.stringify(external)) as Json,
            storedInput,
          };
          const text = writeState(state);
          const read = readState(text);
          expect(read).toBeDefined();
          if (read !== undefined) expect(writeState(read)).toBe(text);
        },
      ),
    );
  });

  it('survives with what is called __proto__', () => {
    const hostile = JSON.parse('{"__proto__":{"x":[1]},"constructor":{"__proto__":null}}') as Json;
    const attributes = JSON.parse('{"__proto__":"a"}') as Record<string, string>;
    const text = writeState({ ...newState('s', 'f', 0), external: hostile, attributes });
    const read = readState(text);
    expect(read === undefined ? '' : writeState(read)).toBe(text);
    expect(Object.getPrototypeOf(read?.attributes)).toBe(Object.prototype);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['another version', JSON.stringify({ ...newState('s', 'f', 0), v: 2 })],
    ['a part of it', JSON.stringify({ v: 1, flow: 'f' })],
    ['attributes that are a list', JSON.stringify({ ...newState('s', 'f', 0), attributes: ['a'] })],
    ['loops that are no counts', JSON.stringify({ ...newState('s', 'f', 0), loops: { a: -1 } })],
    ['progress that is none', JSON.stringify({ ...newState('s', 'f', 0), progress: { a: [] } })],
    ['no answer at all', JSON.stringify({ ...newState('s', 'f', 0), external: undefined })],
    ['numbers for attributes', JSON.stringify({ ...newState('s', 'f', 0), attributes: { a: 1 } })],
    [
      'what is nested too deep to be read',
      JSON.stringify(newState('s', 'f', 0)).replace('null', `${'['.repeat(30_000)}${']'.repeat(30_000)}`),
    ],
    ['another wait', JSON.stringify({ ...newState('s', 'f', 0), waits: 'forever' })],
  ])('is not read from %s', (_title, text) => {
    expect(readState(text)).toBeUndefined();
  });

  it('is small', () => {
    expect(writeState(newState('0123456789ab', 'main', Date.now())).length).toBeLessThan(400);
  });
});

it('shows attributes, masked ones as stars', () => {
  const attributes = { pin: '1234', name: 'Ann' };
  expect(shownAttributes({ ...newState('s', 'f', 0), attributes, masked: ['Attributes.pin'] })).toEqual({
    pin: '****',
    name: 'Ann',
  });
  expect(mask('x'.repeat(40))).toBe('*'.repeat(16));
});
