import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromBytes,
  isTrue,
  separate,
  toBytes,
  toInteger,
  urlDecode,
  urlEncode,
} from '../../../src/simulator/text.js';

describe('separate', () => {
  it.each([
    ['a b  c ', ' ', ['a', 'b', 'c']],
    ["'a b' c", ' ', ['a b', 'c']],
    ["it's one", ' ', ["it's one"]],
    ['a\\ b', ' ', ['a\\ b']],
    ['a,b,,c', ',', ['a', 'b', '', 'c']],
    ["it's,two's,x", ',', ['its,twos', 'x']],
    ["it's,x", ',', ["it's", 'x']],
    [' a , b ', ',', ['a', 'b']],
    ['a\\,b,c', ',', ['a,b', 'c']],
    ['a\\nb,c\\\\d', ',', ['a\nb', 'c\\d']],
    ['^^:a:b c', ' ', ['a', 'b c']],
    ['', ',', []],
  ])('splits %j at %j', (text, delimiter, expected) => {
    expect(separate(text, delimiter, 10)).toEqual(expected);
  });

  it('keeps the rest in the last one', () => {
    expect(separate('a,b,c,d', ',', 2)).toEqual(['a', 'b,c,d']);
    expect(separate('a b c d', ' ', 3)).toEqual(['a', 'b', 'c d']);
  });
});

describe('numbers and truths', () => {
  it.each([
    ['12abc', 12],
    [' -3', -3],
    ['x1', 0],
    ['', 0],
  ])('reads %j as %i', (text, value) => expect(toInteger(text)).toBe(value));

  it.each(['yes', 'On', 'TRUE', 't', 'enabled', 'active', 'allow', '1', '42'])('%s is true', (text) => {
    expect(isTrue(text)).toBe(true);
  });
  it.each(['no', 'false', '0', '', 'x', undefined])('%s is not', (text) => expect(isTrue(text)).toBe(false));
});

describe('URL encoding', () => {
  it('escapes what FreeSWITCH escapes', () => {
    expect(urlEncode('sofia/internal/a@b:5060 x,y (z) "q"')).toBe(
      'sofia/internal/a%40b%3A5060%20x,y%20(z)%20%22q%22',
    );
    expect(urlEncode(toBytes('ü'))).toBe('%C3%BC');
    expect(urlEncode('100% %2F')).toBe('100%25%20%2F');
  });

  it('is undone, unless it holds what looks escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !/%[0-9A-Fa-f]{2}/.test(text)),
        (text) => fromBytes(urlDecode(urlEncode(toBytes(text)))) === text,
      ),
    );
  });
});
