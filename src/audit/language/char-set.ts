/** Sorted, disjoint, inclusive ranges of code points. */
export type CharSet = readonly (readonly [low: number, high: number])[];

export const MAX_CHAR = 0x10ffff;
/** Stands behind the last character of a text, for `$`. */
export const END = MAX_CHAR + 1;

export const ANY_CHAR: CharSet = [[0, MAX_CHAR]];
/** With the mark. */
export const ANY_SYMBOL: CharSet = [[0, END]];
export const DIGITS: CharSet = [[0x30, 0x39]];
export const WORD: CharSet = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
export const BLANKS: CharSet = [
  [0x09, 0x0d],
  [0x20, 0x20],
];

export function single(code: number): CharSet {
  return [[code, code]];
}

export function union(...sets: readonly CharSet[]): CharSet {
  const all = sets.flat().sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [low, high] of all) {
    const last = out.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else out.push([low, high]);
  }
  return out;
}

/** All characters, without the mark, that are not in `set`. */
export function complement(set: CharSet): CharSet {
  const out: [number, number][] = [];
  let next = 0;
  for (const [low, high] of union(set)) {
    if (low > next) out.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= MAX_CHAR) out.push([next, MAX_CHAR]);
  return out;
}

export function includes(set: CharSet, code: number): boolean {
  return set.some(([low, high]) => low <= code && code <= high);
}

/** Adds the other case of every Latin letter. */
export function bothCases(set: CharSet): CharSet {
  const shifted = (from: number, to: number, by: number): CharSet =>
    set.flatMap(([low, high]): CharSet => {
      const start = Math.max(low, from);
      const end = Math.min(high, to);
      return start <= end ? [[start + by, end + by]] : [];
    });
  return union(set, shifted(0x41, 0x5a, 32), shifted(0x61, 0x7a, -32));
}
