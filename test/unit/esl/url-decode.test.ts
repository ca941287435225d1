import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { urlDecode } from '../../../src/esl/url-decode.js';

/** As switch_utils.c: switch_url_encode_opt does, with every `%` encoded. */
function urlEncode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const plain = byte >= 0x20 && byte <= 0x7e && !' #%&+:;<=>?@[\\]^`{|}"'.includes(character);
      return plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

describe('urlDecode', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['%2BOK%0A', '+OK\n'],
    ['a+b', 'a+b'],
    ['Zo%C3%AB', 'Zoë'],
    ['%F0%9F%93%9E!', '📞!'],
    ['%41%c3%a9%4a', 'AéJ'],
    ['%00', '\0'],
  ])('decodes %j', (encoded, decoded) => {
    expect(urlDecode(encoded)).toBe(decoded);
  });

  it.each([
    ['100%', '100%'],
    ['%', '%'],
    ['%4', '%4'],
    ['%zz', '%zz'],
    ['%%41', '%A'],
    ['50% off%20now', '50% off now'],
    ['%E9t%C3%A9', '%E9té'],
    ['%C3%28', '%C3('],
    ['%C3', '%C3'],
    ['%F0%9F%93', '%F0%9F%93'],
    ['%ED%A0%80', '%ED%A0%80'],
    ['%FF%FE%41', '%FF%FEA'],
    ['%C0%80', '%C0%80'],
  ])('leaves what is no escape in %j', (encoded, decoded) => {
    expect(urlDecode(encoded)).toBe(decoded);
  });

  it('gives back what FreeSWITCH encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(urlDecode(urlEncode(text))).toBe(text);
      }),
    );
  });

  it('never throws', () => {
    const pieces = fc.constantFrom(
      '%',
      '%C3',
      '%A9',
      '%F0',
      '%9F',
      '%zz',
      '%4',
      'é',
      '%41',
      '\ud83d',
      'a',
      '%E2%82%AC',
    );
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        expect(typeof urlDecode(parts.join(''))).toBe('string');
      }),
    );
  });
});
