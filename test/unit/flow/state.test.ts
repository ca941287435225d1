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
          // A name that JSON can't carry as its own is no name of an attribute.
          fc.pre(!Object.hasOwn(attributes, '__proto__') && !JSON.stringify(external).includes('__proto__'));
          expect(readState(writeState(state))).toEqual(state);
        },
      ),
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['another version', JSON.stringify({ ...newState('s', 'f', 0), v: 2 })],
    ['a part of it', JSON.stringify({ v: 1, flow: 'f' })],
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
