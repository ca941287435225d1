import { END } from './char-set.js';
import { ANYTHING, NONE, both, derivative, exhausted, without } from './language.js';
import type { Language } from './language.js';

/** Characters for which an example is asked first. */
const NICE = Array.from('0123456789abcdefghijklmnopqrstuvwxyz*#+@._-', (char) => char.charCodeAt(0));

const RANK = new Map(NICE.map((code, i) => [code, i]));
const chosen = new WeakMap<Language, readonly number[]>();

/** One character, never the mark, for each class of characters that a language tells apart. */
export function representatives(language: Language): readonly number[] {
  let codes = chosen.get(language);
  if (codes === undefined) {
    codes = chooseRepresentatives(language);
    chosen.set(language, codes);
  }
  return codes;
}

function chooseRepresentatives(language: Language): number[] {
  const starts = [0, ...language.borders.filter((border) => border > 0 && border < END)];
  return [...new Set(starts)]
    .map((start, i, all) => {
      const end = all[i + 1] ?? END;
      return NICE.find((code) => start <= code && code < end) ?? start;
    })
    .sort((a, b) => rank(a) - rank(b));
}

function rank(code: number): number {
  return RANK.get(code) ?? NICE.length + code;
}

/** Beyond so many steps a question is given up. */
export const MAX_STATES = 4000;

/**
 * The shortest text of a language, undefined when it has none; `'unknown'` when it was too much to find out, so
 * that there may be one.
 */
export function example(language: Language): Example {
  if (language === NONE) return undefined;
  let found = examples.get(language);
  if (found === undefined) {
    found = [search(language)];
    if (exhausted()) return 'unknown';
    if (found[0] !== 'unknown') examples.set(language, found);
  }
  return found[0];
}

type Example = { readonly text: string } | 'unknown' | undefined;

const examples = new WeakMap<Language, readonly [Example]>();

/** So many texts are tried before exceptions are looked at closely. */
const TRIES = 40;

function search(language: Language): Example {
  const exceptions = language.kind === 'both' && language.parts.some(({ kind }) => kind === 'not');
  if (exceptions) {
    // With many exceptions it is cheaper to try some texts of what they are exceptions from.
    const rest = both(...language.parts.filter(({ kind }) => kind !== 'not'));
    for (const found of texts(rest, TRIES)) {
      if (found !== 'unknown' && accepts(language, found.text)) return found;
    }
  }
  return texts(language, 1).next().value;
}

/** Texts of a language, short ones first, no two by the same way; `'unknown'` last when there may be more. */
function* texts(
  language: Language,
  most: number,
): Generator<{ readonly text: string } | 'unknown', undefined> {
  const seen = new Set([language]);
  let layer: { language: Language; text: string }[] = [{ language, text: '' }];
  let count = 0;
  while (layer.length > 0) {
    const next: typeof layer = [];
    for (const { language: current, text } of layer) {
      if (current.nullable) {
        yield { text };
        count += 1;
        if (count >= most) return;
      }
      for (const code of representatives(current)) {
        const following = derivative(current, code);
        if (following === NONE || seen.has(following)) continue;
        seen.add(following);
        next.push({ language: following, text: text + String.fromCodePoint(code) });
      }
      if (seen.size > MAX_STATES || exhausted()) {
        yield 'unknown';
        return;
      }
    }
    layer = next;
  }
}

/** Whether it certainly holds nothing. */
export function isNothing(language: Language): boolean {
  return example(language) === undefined;
}

/** Whether there may be a text that is in both. */
export function meets(a: Language, b: Language): boolean {
  return !isNothing(both(a, b));
}

/** Whether everything of `inner` is certainly in `outer`. */
export function contains(outer: Language, inner: Language): boolean {
  return outer === ANYTHING || isNothing(without(inner, outer));
}

/** Whether a text is in it, as far as the effort allows to say so. */
export function accepts(language: Language, text: string): boolean {
  let current = language;
  for (const char of text) current = derivative(current, char.codePointAt(0) ?? 0);
  return current.nullable && !exhausted();
}

/** More different states at a time are not counted. */
const MAX_LAYER = 200;

/** How many texts it holds, counted up to `limit`. */
export function countUpTo(language: Language, limit: number): number {
  let count = 0;
  let layer = new Map([[language, 1]]);
  for (let length = 0; layer.size > 0 && length < 64; length += 1) {
    const next = new Map<Language, number>();
    for (const [current, ways] of layer) {
      if (current.nullable) count += ways;
      if (count >= limit || layer.size > MAX_LAYER || exhausted()) return limit;
      for (const { code, width } of classes(current)) {
        const following = derivative(current, code);
        if (isNothing(following)) continue;
        next.set(following, (next.get(following) ?? 0) + ways * width);
      }
    }
    layer = next;
  }
  return layer.size > 0 ? limit : Math.min(count, limit);
}

/** The classes of characters that a language tells apart, and how many characters are in each. */
function classes(language: Language): { code: number; width: number }[] {
  const starts = [...new Set([0, ...language.borders.filter((border) => border < END)])];
  return starts.map((code, i) => ({ code, width: (starts[i + 1] ?? END) - code }));
}

/** The text, when it holds just one. */
export function onlyText(language: Language): string | undefined {
  const found = example(language);
  if (found === undefined || found === 'unknown') return undefined;
  return countUpTo(language, 2) === 1 ? found.text : undefined;
}
