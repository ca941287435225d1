import type { CharSet } from './char-set.js';
import { ANY_CHAR, END, includes, single, union } from './char-set.js';

/**
 * A regular language, as an expression that knows intersection and complement too. Questions are answered by
 * derivatives (Brzozowski 1964): the derivative of a language by a character holds what may follow that character.
 * Expressions are shared: two that are written alike are the same object.
 */
export interface Language {
  readonly kind: 'none' | 'empty' | 'set' | 'concat' | 'either' | 'both' | 'not' | 'star';
  readonly parts: readonly Language[];
  readonly set: CharSet;
  /** Holds the empty text. */
  readonly nullable: boolean;
  readonly id: number;
  /** Where the behaviour may change from one character to the next: the first code points of all ranges. */
  readonly borders: readonly number[];
}

const shared = new Map<string, Language>();
let nextId = 0;
/** The table is emptied when it is beyond this; languages made before stay right, they are only shared less. */
const MAX_SHARED = 200_000;

function make(kind: Language['kind'], parts: readonly Language[], set: CharSet, nullable: boolean): Language {
  const key = `${kind}:${parts.map(({ id }) => id).join(',')}:${set.map((range) => range.join('-')).join(',')}`;
  const known = shared.get(key);
  if (known !== undefined) return known;
  const borders = [
    ...new Set([
      ...parts.flatMap((part) => part.borders),
      ...set.flatMap(([low, high]) => [low, high + 1].filter((border) => border <= END)),
    ]),
  ].sort((a, b) => a - b);
  const language: Language = { kind, parts, set, nullable, id: nextId, borders };
  nextId += 1;
  if (shared.size > MAX_SHARED) {
    shared.clear();
    derivatives.clear();
  }
  shared.set(key, language);
  return language;
}

const derivatives = new Map<string, Language>();

/** No text at all. */
export const NONE = make('none', [], [], false);
/** The empty text. */
export const EMPTY = make('empty', [], [], true);

export function charsOf(set: CharSet): Language {
  return set.length === 0 ? NONE : make('set', [], set, false);
}

export function star(language: Language): Language {
  if (language === NONE || language === EMPTY) return EMPTY;
  return language.kind === 'star' ? language : make('star', [language], [], true);
}

/** Every text. */
export const ANYTHING = star(charsOf(ANY_CHAR));

export function concat(...languages: readonly Language[]): Language {
  const parts = languages
    .flatMap((part) => (part.kind === 'concat' ? part.parts : [part]))
    .filter((part) => part !== EMPTY);
  if (parts.includes(NONE)) return NONE;
  // X*X* is X*.
  const kept = parts.filter((part, i) => part.kind !== 'star' || part !== parts[i - 1]);
  const [first] = kept;
  if (first === undefined) return EMPTY;
  // Nested to the right, so that what remains after a character is shared.
  return kept.reduceRight((rest, part) => make('concat', [part, rest], [], part.nullable && rest.nullable));
}

export function either(...languages: readonly Language[]): Language {
  const parts = new Set(languages.flatMap((part) => (part.kind === 'either' ? part.parts : [part])));
  parts.delete(NONE);
  if (parts.has(ANYTHING)) return ANYTHING;
  const sets = [...parts].filter((part) => part.kind === 'set');
  if (sets.length > 1) {
    for (const part of sets) parts.delete(part);
    parts.add(charsOf(union(...sets.map(({ set }) => set))));
  }
  const sorted = [...parts].sort((a, b) => a.id - b.id);
  const [first] = sorted;
  if (first === undefined) return NONE;
  if (sorted.length === 1) return first;
  return make(
    'either',
    sorted,
    [],
    sorted.some(({ nullable }) => nullable),
  );
}

/** What is in all of them. */
export function both(...languages: readonly Language[]): Language {
  const parts = new Set(languages.flatMap((part) => (part.kind === 'both' ? part.parts : [part])));
  if (parts.has(NONE)) return NONE;
  if (parts.size > 1) parts.delete(ANYTHING);
  for (const part of parts)
    if (part.kind === 'not' && part.parts[0] === NONE && parts.size > 1) parts.delete(part);
  if (parts.has(EMPTY)) return [...parts].every(({ nullable }) => nullable) ? EMPTY : NONE;
  const sorted = [...parts].sort((a, b) => a.id - b.id);
  const [first] = sorted;
  if (first === undefined) return ANYTHING;
  if (sorted.length === 1) return first;
  return make(
    'both',
    sorted,
    [],
    sorted.every(({ nullable }) => nullable),
  );
}

/** Everything else; over the marks too, so intersect it with `ANYTHING` where only texts are meant. */
export function not(language: Language): Language {
  if (language.kind === 'not') return language.parts[0] ?? NONE;
  return make('not', [language], [], !language.nullable);
}

export function without(language: Language, taken: Language): Language {
  return taken === NONE ? language : both(language, not(taken));
}

export function literal(text: string): Language {
  return concat(...Array.from(text, (char) => charsOf(single(char.codePointAt(0) ?? 0))));
}

/** What may follow `code`. */
export function derivative(language: Language, code: number): Language {
  const [first = NONE, rest = EMPTY] = language.parts;
  if (language.kind === 'none' || language.kind === 'empty') return NONE;
  if (language.kind === 'set') return includes(language.set, code) ? EMPTY : NONE;
  const key = `${language.id}:${classOf(language, code)}`;
  const known = derivatives.get(key);
  if (known !== undefined) return known;
  const each = (): Language[] => language.parts.map((part) => derivative(part, code));
  let found: Language;
  switch (language.kind) {
    case 'concat': {
      const through = concat(derivative(first, code), rest);
      found = first.nullable ? either(through, derivative(rest, code)) : through;
      break;
    }
    case 'either':
      found = either(...each());
      break;
    case 'both':
      found = both(...each());
      break;
    case 'not':
      found = not(derivative(first, code));
      break;
    case 'star':
      found = concat(derivative(first, code), language);
      break;
  }
  derivatives.set(key, found);
  return found;
}

/** Characters between the same borders behave alike. */
function classOf(language: Language, code: number): number {
  let low = 0;
  let high = language.borders.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((language.borders[middle] ?? 0) <= code) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Characters for which an example is asked first. */
const NICE = Array.from('0123456789abcdefghijklmnopqrstuvwxyz*#+@._-', (char) => char.charCodeAt(0));

const RANK = new Map(NICE.map((code, i) => [code, i]));
const chosen = new WeakMap<Language, readonly number[]>();

/** One character, never a mark, for each class of characters that a language tells apart. */
function representatives(language: Language): readonly number[] {
  let codes = chosen.get(language);
  if (codes === undefined) {
    codes = chooseRepresentatives(language);
    chosen.set(language, codes);
  }
  return codes;
}

function chooseRepresentatives(language: Language): number[] {
  const starts = [0, ...language.borders.filter((border) => border > 0 && border < END - 1)];
  return [...new Set(starts)]
    .map((start, i, all) => {
      const end = all[i + 1] ?? END - 1;
      return NICE.find((code) => start <= code && code < end) ?? start;
    })
    .sort((a, b) => rank(a) - rank(b));
}

function rank(code: number): number {
  return RANK.get(code) ?? NICE.length + code;
}

/** Beyond so many steps a question is given up. */
const MAX_STATES = 4000;

/**
 * The shortest text of a language, undefined when it has none; `'unknown'` when it was too much to find out, so
 * that there may be one.
 */
export function example(language: Language): Example {
  if (language === NONE) return undefined;
  let found = examples.get(language);
  if (found === undefined) {
    found = [search(language)];
    examples.set(language, found);
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
      if (seen.size > MAX_STATES) {
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

/** Whether a text is in it. */
export function accepts(language: Language, text: string): boolean {
  let current = language;
  for (const char of text) current = derivative(current, char.codePointAt(0) ?? 0);
  return current.nullable;
}

/** All texts backwards. */
export function reverse(language: Language): Language {
  switch (language.kind) {
    case 'none':
    case 'empty':
    case 'set':
      return language;
    case 'concat':
      return concat(...[...language.parts].reverse().map(reverse));
    case 'either':
      return either(...language.parts.map(reverse));
    case 'both':
      return both(...language.parts.map(reverse));
    case 'not':
      return not(reverse(language.parts[0] ?? NONE));
    case 'star':
      return star(reverse(language.parts[0] ?? NONE));
  }
}

const MAX_QUOTIENT = 200;

/**
 * What may follow a text of `prefix` in the texts of `language`.
 * @returns undefined when it would be too large
 */
export function after(language: Language, prefix: Language): Language | undefined {
  const seen = new Set<string>();
  const found = new Set<Language>();
  const queue: [Language, Language][] = [[language, prefix]];
  for (let step = queue.pop(); step !== undefined; step = queue.pop()) {
    const [rest, path] = step;
    const key = `${rest.id}/${path.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_STATES || found.size > MAX_QUOTIENT) return undefined;
    if (path.nullable) found.add(rest);
    for (const code of representatives(concat(path, rest))) {
      const next = derivative(path, code);
      const following = derivative(rest, code);
      if (next !== NONE && following !== NONE) queue.push([following, next]);
    }
  }
  return either(...found);
}

/** What may stand before a text of `suffix` in the texts of `language`. */
export function before(language: Language, suffix: Language): Language | undefined {
  const reversed = after(reverse(language), reverse(suffix));
  return reversed === undefined ? undefined : reverse(reversed);
}

/** How many texts it holds, counted up to `limit`. */
export function countUpTo(language: Language, limit: number): number {
  let count = 0;
  let layer = new Map([[language, 1]]);
  for (let length = 0; layer.size > 0 && length < 64; length += 1) {
    const next = new Map<Language, number>();
    for (const [current, ways] of layer) {
      if (current.nullable) count += ways;
      if (count >= limit || layer.size > MAX_QUOTIENT) return limit;
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
  const starts = [...new Set([0, ...language.borders.filter((border) => border < END - 1)])];
  return starts.map((code, i) => ({ code, width: (starts[i + 1] ?? END - 1) - code }));
}

/** The text, when it holds just one. */
export function onlyText(language: Language): string | undefined {
  const found = example(language);
  if (found === undefined || found === 'unknown') return undefined;
  return countUpTo(language, 2) === 1 ? found.text : undefined;
}
