import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggestion } from '../../../src/config/suggestion.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['metod', 'method', 1],
    ['prot', 'port', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('%s → %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is the same both ways, 0 only for the same text, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('suggestion', () => {
  const known = ['url', 'method', 'try_timeout_ms', 'total_timeout_ms', 'headers'];

  it.each([
    ['metod', 'method'],
    ['tryTimeoutMs', 'try_timeout_ms'],
    ['try-timeout-ms', 'try_timeout_ms'],
    ['header', 'headers'],
    ['ulr', 'url'],
  ])('takes %s for %s', (written, meant) => {
    expect(suggestion(written, known)).toBe(meant);
  });

  it('keeps quiet when nothing is near', () => {
    expect(suggestion('colour', known)).toBeUndefined();
    expect(suggestion('x', known)).toBeUndefined();
  });
});
