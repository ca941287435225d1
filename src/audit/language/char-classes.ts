import { BLANKS, complement, DIGITS, single, union, WORD } from './char-set.js';
import type { CharSet } from './char-set.js';

/** Classes of characters by the letter behind a backslash. */
export const SHORTHANDS: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: BLANKS,
  S: complement(BLANKS),
  h: union(single(0x09), single(0x20)),
  N: complement(single(0x0a)),
};

/** Characters by the letter behind a backslash. */
export const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27 };

/** Classes by their name in `[:…:]`. */
export const NAMED: Readonly<Record<string, CharSet>> = {
  digit: DIGITS,
  alpha: [
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  alnum: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x61, 0x7a],
  ],
  upper: [[0x41, 0x5a]],
  lower: [[0x61, 0x7a]],
  space: BLANKS,
  xdigit: [
    [0x30, 0x39],
    [0x41, 0x46],
    [0x61, 0x66],
  ],
  word: WORD,
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
};
