import { ANY_CHAR, ANY_SYMBOL, END, single } from './char-set.js';
import {
  ANYTHING,
  both,
  charsOf,
  concat,
  derivative,
  either,
  EMPTY,
  exhausted,
  NONE,
  not,
  star,
} from './language.js';
import { isNothing } from './questions.js';
import { after, before, reverse } from './quotients.js';
import type { Language } from './language.js';
import { parsePattern } from './pattern.js';
import type { Pattern } from './pattern.js';

/** What an expression does to texts. */
export interface Matcher {
  /** The texts that it matches; when not exact: at least those. */
  readonly matches: Language;
  readonly exact: boolean;
  /** What `$number` holds when a text of `texts` matched; at least that. */
  readonly capture: (number: number, texts: Language) => Language;
}

const NO_MATCH: Matcher = { matches: NONE, exact: true, capture: () => EMPTY };
const SYMBOLS = star(charsOf(ANY_SYMBOL));
const CHARACTER = charsOf(ANY_CHAR);
/** How many `$` may stand behind each other. */
const MARKS = 4;
const cache = new Map<string, Matcher>();

/** The matcher of an expression of a dialplan; one that PCRE would refuse matches nothing. */
export function matcherOf(expression: string): Matcher {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const parsed = parsePattern(expression);
  const matcher = parsed === undefined ? NO_MATCH : buildMatcher(parsed.pattern, parsed.exact);
  if (exhausted()) return matcher;
  if (cache.size > 5000) cache.clear();
  cache.set(expression, matcher);
  return matcher;
}

function buildMatcher(pattern: Pattern, exact: boolean): Matcher {
  const compiler = new Compiler();
  // It may begin to match at the first character, or at a later one.
  const atStart = compiler.followedBy(pattern, SYMBOLS, 'start');
  const later = compiler.followedBy(pattern, SYMBOLS, 'later');
  return {
    matches: unmarked(either(atStart, concat(CHARACTER, ANYTHING, later))),
    exact: exact && compiler.exact,
    capture: (number, texts) => captureOf(pattern, number, texts),
  };
}

/** Takes the marks off: what may stand before some of END. */
function unmarked(marked: Language): Language {
  let language = reverse(marked);
  for (let i = 0; i < MARKS; i += 1) language = derivative(language, END);
  return both(reverse(language), ANYTHING);
}

/** Where in the text a part of a pattern begins to match. */
type Position = 'start' | 'later' | 'either';

class Compiler {
  exact = true;

  /** What a pattern matches, followed by `rest`: look-ahead looks into it. */
  followedBy(pattern: Pattern, rest: Language, at: Position): Language {
    // What is made of it is not believed then.
    if (exhausted()) return rest;
    switch (pattern.kind) {
      case 'chars':
        return concat(charsOf(pattern.set), rest);
      case 'sequence':
        return this.#sequence(pattern.parts, rest, at);
      case 'choice':
        return either(...pattern.parts.map((part) => this.followedBy(part, rest, at)));
      case 'group':
        return this.followedBy(pattern.part, rest, at);
      case 'begin':
        if (at === 'either') this.exact = false;
        return at === 'later' ? NONE : rest;
      case 'end':
        return concat(charsOf(single(END)), rest);
      case 'anything':
        this.exact = false;
        return concat(ANYTHING, rest);
      case 'look':
        return this.#look(pattern.part, pattern.negative, rest, at);
      case 'repeat':
        return this.#repeat(pattern.part, pattern.min, pattern.max, rest, at);
    }
  }

  #sequence(parts: readonly Pattern[], rest: Language, at: Position): Language {
    const positions: Position[] = [];
    let position = at;
    for (const part of parts) {
      positions.push(position);
      if (shortest(part) > 0) position = 'later';
      else if (position === 'start' && consumes(part)) position = 'either';
    }
    return parts.reduceRight(
      (following, part, i) => this.followedBy(part, following, positions[i] ?? 'either'),
      rest,
    );
  }

  #look(part: Pattern, negative: boolean, rest: Language, at: Position): Language {
    const inside = new Compiler();
    const ahead = inside.followedBy(part, SYMBOLS, at);
    this.exact &&= inside.exact;
    if (!negative) return both(ahead, rest);
    // What matches too much in there would forbid too much.
    return inside.exact ? both(not(ahead), rest) : rest;
  }

  #repeat(part: Pattern, min: number, max: number | undefined, rest: Language, at: Position): Language {
    if (looksAhead(part)) {
      // What is looked at changes with every turn; the look is left out, which matches more.
      this.exact = false;
      return this.#repeat(withoutLooks(part), min, max, rest, at);
    }
    const once = this.followedBy(part, EMPTY, at === 'start' ? 'either' : at);
    let tail = max === undefined ? concat(star(once), rest) : rest;
    for (let i = min; max !== undefined && i < max; i += 1) tail = either(rest, concat(once, tail));
    for (let i = 0; i < min; i += 1) tail = concat(once, tail);
    return tail;
  }
}

/** The least number of characters that a pattern takes. */
function shortest(pattern: Pattern): number {
  switch (pattern.kind) {
    case 'chars':
      return 1;
    case 'sequence':
      return pattern.parts.reduce((sum, part) => sum + shortest(part), 0);
    case 'choice':
      return Math.min(...pattern.parts.map(shortest));
    case 'group':
      return shortest(pattern.part);
    case 'repeat':
      return pattern.min === 0 ? 0 : shortest(pattern.part);
    case 'anything':
    case 'begin':
    case 'end':
    case 'look':
      return 0;
  }
}

/** Whether it may take any character at all. */
function consumes(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'chars':
    case 'anything':
      return true;
    case 'sequence':
    case 'choice':
      return pattern.parts.some(consumes);
    case 'group':
    case 'repeat':
      return consumes(pattern.part);
    case 'begin':
    case 'end':
    case 'look':
      return false;
  }
}

function looksAhead(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'look':
      return true;
    case 'sequence':
    case 'choice':
      return pattern.parts.some(looksAhead);
    case 'group':
    case 'repeat':
      return looksAhead(pattern.part);
    case 'anything':
    case 'begin':
    case 'chars':
    case 'end':
      return false;
  }
}

function withoutLooks(pattern: Pattern): Pattern {
  switch (pattern.kind) {
    case 'look':
      return { kind: 'sequence', parts: [] };
    case 'sequence':
    case 'choice':
      return { ...pattern, parts: pattern.parts.map(withoutLooks) };
    case 'group':
    case 'repeat':
      return { ...pattern, part: withoutLooks(pattern.part) };
    case 'anything':
    case 'begin':
    case 'chars':
    case 'end':
      return pattern;
  }
}

/** The texts of a pattern by itself, anchors and looks left out. */
function plain(pattern: Pattern): Language {
  switch (pattern.kind) {
    case 'chars':
      return charsOf(pattern.set);
    case 'sequence':
      return concat(...pattern.parts.map(plain));
    case 'choice':
      return either(...pattern.parts.map(plain));
    case 'group':
      return plain(pattern.part);
    case 'repeat': {
      const once = plain(pattern.part);
      const needed = Array.from({ length: pattern.min }, () => once);
      if (pattern.max === undefined) return concat(...needed, star(once));
      const more = Array.from({ length: pattern.max - pattern.min }, () => either(once, EMPTY));
      return concat(...needed, ...more);
    }
    case 'anything':
      return ANYTHING;
    case 'begin':
    case 'end':
    case 'look':
      return EMPTY;
  }
}

function captureOf(pattern: Pattern, number: number, texts: Language): Language {
  if (number === 0) return wholeMatch(pattern, texts);
  const found = findGroup(pattern, number);
  if (found === undefined) return EMPTY;
  const alone = plain(found.group);
  // Outside of the top sequence a group may also have taken no part.
  if (found.around === undefined) return either(EMPTY, alone);
  return narrowed(found.around.before, found.group, found.around.after, texts) ?? alone;
}

interface Around {
  readonly before: readonly Pattern[];
  readonly after: readonly Pattern[];
}

function findGroup(
  pattern: Pattern,
  number: number,
): { readonly group: Pattern; readonly around: Around | undefined } | undefined {
  if (pattern.kind === 'sequence') {
    for (const [i, part] of pattern.parts.entries()) {
      if (part.kind === 'group' && part.number === number) {
        return {
          group: part.part,
          around: { before: pattern.parts.slice(0, i), after: pattern.parts.slice(i + 1) },
        };
      }
      // A group around the only thing that is there is looked through: ^((\d+))$.
      const deeper = findGroup(part, number);
      if (deeper === undefined) continue;
      const through = part.kind === 'group' && deeper.around !== undefined;
      return {
        group: deeper.group,
        around: through
          ? {
              before: [...pattern.parts.slice(0, i), ...deeper.around.before],
              after: [...deeper.around.after, ...pattern.parts.slice(i + 1)],
            }
          : undefined,
      };
    }
    return undefined;
  }
  if (pattern.kind === 'choice') {
    for (const part of pattern.parts) {
      const found = findGroup(part, number);
      if (found !== undefined) return { group: found.group, around: undefined };
    }
    return undefined;
  }
  if (pattern.kind === 'group') {
    if (pattern.number === number) return { group: pattern.part, around: { before: [], after: [] } };
    return findGroup(pattern.part, number);
  }
  if (pattern.kind !== 'repeat' && pattern.kind !== 'look') return undefined;
  const found = findGroup(pattern.part, number);
  return found === undefined ? undefined : { group: found.group, around: undefined };
}

/** What the group took of the given texts. Undefined: too much to find out. */
function narrowed(
  patternsBefore: readonly Pattern[],
  group: Pattern,
  patternsAfter: readonly Pattern[],
  texts: Language,
): Language | undefined {
  const anchored = { begin: patternsBefore[0]?.kind === 'begin', end: patternsAfter.at(-1)?.kind === 'end' };
  const start = concat(anchored.begin ? EMPTY : ANYTHING, ...patternsBefore.map(plain));
  const end = concat(...patternsAfter.map(plain), anchored.end ? EMPTY : ANYTHING);
  const rest = start === EMPTY ? texts : after(texts, start);
  if (rest === undefined) return undefined;
  const inside = end === EMPTY ? rest : before(rest, end);
  if (inside === undefined) return undefined;
  const alone = plain(group);
  const taken = both(inside, alone);
  return isNothing(taken) ? alone : taken;
}

function wholeMatch(pattern: Pattern, texts: Language): Language {
  const parts = pattern.kind === 'sequence' ? pattern.parts : [pattern];
  const whole = parts[0]?.kind === 'begin' && parts.at(-1)?.kind === 'end';
  return whole ? texts : plain(pattern);
}
