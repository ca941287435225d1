import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanArgument, splitArguments } from '../../../src/switch/arguments.js';

// As FreeSWITCH 1.10.12 splits them.
describe('splitArguments', () => {
  it.each<[string, string, number, string[]]>([
    ['a b c', ' ', 10, ['a', 'b', 'c']],
    ['  a   b ', ' ', 10, ['a', 'b']],
    ["a 'b c' d", ' ', 10, ['a', 'b c', 'd']],
    ['a b c d', ' ', 2, ['a', 'b c d']],
    ['a\\ b', ' ', 10, ['a\\ b']],
    ['a\\sb', ' ', 10, ['a b']],
    ['a\\nb', ' ', 10, ['a\nb']],
    ['\\d+ \\.', ' ', 10, ['\\d+', '\\.']],
    ['^^:a:b c', ' ', 10, ['a', 'b c']],
    ['^^ ', ',', 10, ['^^']],
    ['a,b,', ',', 10, ['a', 'b']],
    [',a', ',', 10, ['', 'a']],
    ['a,,b', ',', 10, ['a', '', 'b']],
    ["'a,b',c", ',', 10, ['a,b', 'c']],
    ["it's,b", ',', 10, ["it's", 'b']],
    ["'x", ',', 10, ["'x"]],
    ['a\\,b', ',', 10, ['a,b']],
    ["a\\'b", ',', 10, ["a'b"]],
    ["' x ', y ", ',', 10, [' x ', 'y']],
    ['', ',', 10, []],
  ])('%j at %j, at most %d', (data, delimiter, max, pieces) => {
    expect(splitArguments(data, delimiter, max)).toEqual(pieces);
  });

  it('leaves plain text as it is', () => {
    expect(cleanArgument('  a b  ', ',')).toBe('a b');
    expect(cleanArgument('a\\', ',')).toBe('a\\');
  });

  it('ends, whatever comes, with no more pieces than asked for', () => {
    const unit = fc.constantFrom(' ', ',', "'", '\\', '^', 'a', 'n', '"', ':');
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 30 }),
        fc.constantFrom(' ', ','),
        fc.integer({ min: 1, max: 5 }),
        (data, delimiter, max) => {
          expect(splitArguments(data, delimiter, max).length).toBeLessThanOrEqual(max);
        },
      ),
    );
  });
});
