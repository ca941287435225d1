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
  /** A text of it may hold the mark. */
  readonly marked: boolean;
  /** Where the behaviour may change from one character to the next: the first code points of all ranges. */
  readonly borders: readonly number[];
}

const shared = new Map<string, Language>();
let spent = 0;
let allowed = Number.POSITIVE_INFINITY;
let nextId = 0;
/** The table is emptied when it is beyond this. */
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
  // What is made is sorted, compared and kept: more work than what is found again.
  spent += 1 + parts.length * 10;
  const some = parts.some((part) => part.marked);
  const marked =
    kind === 'not' || includes(set, END) || (kind === 'both' ? parts.every((part) => part.marked) : some);
  const language: Language = { kind, parts, set, nullable, id: nextId, marked, borders };
  nextId += 1;
  if (shared.size > MAX_SHARED) forgetLanguages();
  shared.set(key, language);
  return language;
}

const derivatives = new Map<string, Language>();

/**
 * Lets `work` take no more than so many steps; behind them every question is answered by "it may be".
 * @returns also whether it was enough
 */
export function withEffort<T>(
  steps: number,
  work: () => T,
): { readonly result: T; readonly enough: boolean } {
  const before = { spent, allowed };
  spent = 0;
  allowed = steps;
  try {
    return { result: work(), enough: spent <= steps };
  } finally {
    ({ spent, allowed } = before);
  }
}

/** Whether there is nothing left of the effort that is allowed. */
export function exhausted(): boolean {
  return spent > allowed;
}

/** Lets go of all that was made but the constants; languages made before stay right, they are only shared less. */
export function forgetLanguages(): void {
  shared.clear();
  derivatives.clear();
  for (const [key, language] of constants) shared.set(key, language);
}

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

const constants = [...shared];

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
  if (parts.has(ANYTHING) && [...parts].every(({ marked }) => !marked)) return ANYTHING;
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
  // Where another one holds no mark, it says nothing more.
  if ([...parts].some((part) => part !== ANYTHING && !part.marked)) parts.delete(ANYTHING);
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

/** Everything else; over the mark too, so intersect it with `ANYTHING` where only texts are meant. */
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

/** What may follow `code`; anything at all where the effort is exhausted. */
export function derivative(language: Language, code: number): Language {
  const [first = NONE, rest = EMPTY] = language.parts;
  if (language.kind === 'none' || language.kind === 'empty') return NONE;
  if (language.kind === 'set') return includes(language.set, code) ? EMPTY : NONE;
  const key = `${language.id}:${classOf(language, code)}`;
  const known = derivatives.get(key);
  if (known !== undefined) return known;
  // Whoever asks looks at the effort before he believes anything.
  if (exhausted()) return ANYTHING;
  spent += language.parts.length;
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
  if (!exhausted()) derivatives.set(key, found);
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
