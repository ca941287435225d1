import { CONTROLS, NAMED, SHORTHANDS } from './char-classes.js';
import type { CharSet } from './char-set.js';
import { ANY_CHAR, bothCases, complement, MAX_CHAR, single, union } from './char-set.js';

/** A regular expression as it is written (PCRE, as far as dialplans use it). */
export type Pattern =
  | { readonly kind: 'chars'; readonly set: CharSet }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | {
      readonly kind: 'repeat';
      readonly part: Pattern;
      readonly min: number;
      readonly max: number | undefined;
    }
  /** `number` 0: not counted. */
  | { readonly kind: 'group'; readonly number: number; readonly part: Pattern }
  | { readonly kind: 'look'; readonly negative: boolean; readonly part: Pattern }
  | { readonly kind: 'begin' }
  | { readonly kind: 'end' }
  /** Something that is not understood: it may be any text, and what is said about it is not exact. */
  | { readonly kind: 'anything' };

export interface ParsedPattern {
  readonly pattern: Pattern;
  /** False: it matches less than the pattern that was read. */
  readonly exact: boolean;
}

/**
 * Reads an expression of a dialplan: plain, or as `/…/i` (switch_regex.c switch_regex_perform).
 * @returns undefined when PCRE would refuse it, so that it matches nothing
 */
export function parsePattern(expression: string): ParsedPattern | undefined {
  let text = expression;
  let flags = '';
  if (text.startsWith('/')) {
    const end = text.lastIndexOf('/');
    if (end === 0) return undefined;
    flags = text.slice(end + 1);
    text = text.slice(1, end);
  }
  const parser = new Parser(text, flags.includes('i'), flags.includes('s'));
  return parser.parse();
}

class Refused extends Error {}

/** Counts beyond this are read as "any number". */
const MAX_COUNT = 64;

class Parser {
  readonly #text: string;
  #ignoreCase: boolean;
  #dotAll: boolean;
  #at = 0;
  #groups = 0;
  /** How often something was read as more than it matches. */
  #guesses = 0;
  #depth = 0;

  constructor(text: string, ignoreCase: boolean, dotAll: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
    this.#dotAll = dotAll;
  }

  parse(): ParsedPattern | undefined {
    try {
      const pattern = this.#choice();
      if (this.#at < this.#text.length) return undefined;
      return { pattern, exact: this.#guesses === 0 };
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }

  #choice(): Pattern {
    this.#depth += 1;
    if (this.#depth > 100) throw new Refused();
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#depth -= 1;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#text.length && !/[|)]/.test(this.#peek())) {
      const atom = this.#atom();
      parts.push(this.#repeated(atom));
    }
    return { kind: 'sequence', parts };
  }

  #atom(): Pattern {
    const char = this.#next();
    switch (char) {
      case '^':
        return { kind: 'begin' };
      case '$':
        return { kind: 'end' };
      case '.':
        return { kind: 'chars', set: this.#dotAll ? ANY_CHAR : complement(single(0x0a)) };
      case '(':
        return this.#group();
      case '[':
        return { kind: 'chars', set: this.#cased(this.#bracket()) };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new Refused();
      default:
        return { kind: 'chars', set: this.#cased(single(char.codePointAt(0) ?? 0)) };
    }
  }

  #repeated(atom: Pattern): Pattern {
    let part = atom;
    for (;;) {
      let min = 0;
      let max: number | undefined;
      const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 24));
      if (this.#take('*')) min = 0;
      else if (this.#take('+')) min = 1;
      else if (this.#take('?')) max = 1;
      else if (counted === null) return part;
      else {
        this.#at += counted[0].length;
        min = Number(counted[1]);
        max = counted[2] === undefined ? min : counted[3] === '' ? undefined : Number(counted[3]);
        if (max !== undefined && max < min) throw new Refused();
        if (min > MAX_COUNT || (max ?? 0) > MAX_COUNT) {
          this.#guesses += 1;
          min = Math.min(min, MAX_COUNT);
          max = undefined;
        }
      }
      // Lazy or possessive: the same texts, or fewer.
      if (this.#take('+')) this.#guesses += 1;
      else this.#take('?');
      part = { kind: 'repeat', part, min, max };
    }
  }

  #group(): Pattern {
    if (!this.#take('?')) {
      this.#groups += 1;
      return this.#inside(this.#groups);
    }
    if (this.#take(':')) return this.#inside(0);
    if (this.#take('=')) return this.#look(false);
    if (this.#take('!')) return this.#look(true);
    if (this.#take('>')) {
      this.#guesses += 1;
      return this.#inside(0);
    }
    const comment = /^#[^)]*\)/.exec(this.#rest());
    if (comment !== null) {
      this.#at += comment[0].length;
      return { kind: 'sequence', parts: [] };
    }
    const named = /^(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(this.#rest());
    if (named !== null) {
      this.#at += named[0].length;
      this.#groups += 1;
      return this.#inside(this.#groups);
    }
    const flags = /^([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(this.#rest());
    if (flags !== null) return this.#flags(flags);
    const behind = /^<[=!]/.exec(this.#rest());
    if (behind === null) throw new Refused();
    this.#at += behind[0].length;
    this.#guesses += 1;
    this.#inside(0);
    return { kind: 'sequence', parts: [] };
  }

  #flags(found: RegExpExecArray): Pattern {
    const [whole, on = '', off = '', end] = found;
    this.#at += whole.length;
    const [ignoreCase, dotAll] = [this.#ignoreCase, this.#dotAll];
    if (on.includes('i')) this.#ignoreCase = true;
    if (off.includes('i')) this.#ignoreCase = false;
    if (on.includes('s')) this.#dotAll = true;
    if (off.includes('s')) this.#dotAll = false;
    if (/[^isU]/.test(on + off)) this.#guesses += 1;
    if (end === ')') return { kind: 'sequence', parts: [] };
    const pattern = this.#inside(0);
    [this.#ignoreCase, this.#dotAll] = [ignoreCase, dotAll];
    return pattern;
  }

  #inside(number: number): Pattern {
    const [ignoreCase, dotAll] = [this.#ignoreCase, this.#dotAll];
    const part = this.#choice();
    if (!this.#take(')')) throw new Refused();
    [this.#ignoreCase, this.#dotAll] = [ignoreCase, dotAll];
    return { kind: 'group', number, part };
  }

  #look(negative: boolean): Pattern {
    const before = this.#guesses;
    const part = this.#inside(0);
    // What matches too much inside of a negative look-ahead would make the whole match too little.
    const drop = negative && this.#guesses > before;
    return drop ? { kind: 'sequence', parts: [] } : { kind: 'look', negative, part };
  }

  #escape(): Pattern {
    if (this.#at >= this.#text.length) throw new Refused();
    const char = this.#next();
    const shorthand = SHORTHANDS[char];
    if (shorthand !== undefined) return { kind: 'chars', set: shorthand };
    if (char === 'A') return { kind: 'begin' };
    if (char === 'z' || char === 'Z') return { kind: 'end' };
    if (char === 'b' || char === 'B' || char === 'G' || char === 'K') {
      this.#guesses += 1;
      return { kind: 'sequence', parts: [] };
    }
    if (char === 'Q') {
      const end = this.#text.indexOf('\\E', this.#at);
      const quoted = this.#text.slice(this.#at, end < 0 ? undefined : end);
      this.#at += quoted.length + (end < 0 ? 0 : 2);
      const parts = Array.from(quoted, (one): Pattern => ({
        kind: 'chars',
        set: this.#cased(single(one.codePointAt(0) ?? 0)),
      }));
      return { kind: 'group', number: 0, part: { kind: 'sequence', parts } };
    }
    const code = this.#code(char);
    if (code !== undefined) return { kind: 'chars', set: this.#cased(single(code)) };
    // Back references, properties and whatever else there is.
    if (/[A-Za-z1-9]/.test(char)) {
      this.#guesses += 1;
      const more = /^(?:\{[^}]*\}|<[^>]*>|\d)/.exec(this.#rest());
      if (more !== null) this.#at += more[0].length;
      return { kind: 'anything' };
    }
    return { kind: 'chars', set: single(char.codePointAt(0) ?? 0) };
  }

  /** A character that is written as an escape: `\n`, `\x41`, `\0`. */
  #code(char: string): number | undefined {
    if (char === 'x') {
      const hex = /^(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))/.exec(this.#rest());
      this.#at += hex?.[0].length ?? 0;
      return Math.min(Number.parseInt(`0${hex?.[1] ?? hex?.[2] ?? ''}`, 16), MAX_CHAR);
    }
    if (char === '0') {
      const octal = /^[0-7]{0,2}/.exec(this.#rest())?.[0] ?? '';
      this.#at += octal.length;
      return Number.parseInt(`0${octal}`, 8);
    }
    return CONTROLS[char];
  }

  #bracket(): CharSet {
    const negative = this.#take('^');
    const sets: CharSet[] = [];
    for (let first = true; ; first = false) {
      if (this.#at >= this.#text.length) throw new Refused();
      if (!first && this.#take(']')) break;
      const named = /^\[:(\^?)([a-z]+):\]/.exec(this.#rest());
      if (named !== null) {
        this.#at += named[0].length;
        const set = NAMED[named[2] ?? ''];
        if (set === undefined) throw new Refused();
        sets.push(named[1] === '' ? set : complement(set));
        continue;
      }
      const low = this.#member();
      if (typeof low !== 'number') sets.push(low);
      else if (/^-[^\]]/.test(this.#rest())) {
        this.#at += 1;
        const high = this.#member();
        if (typeof high === 'number') {
          if (high < low) throw new Refused();
          sets.push([[low, high]]);
        } else sets.push(single(low), single(0x2d), high);
      } else sets.push(single(low));
    }
    const all = this.#cased(union(...sets));
    return negative ? complement(all) : all;
  }

  #member(): CharSet | number {
    const char = this.#next();
    if (char !== '\\') return char.codePointAt(0) ?? 0;
    if (this.#at >= this.#text.length) throw new Refused();
    const escaped = this.#next();
    if (escaped === 'b') return 8;
    return SHORTHANDS[escaped] ?? this.#code(escaped) ?? escaped.codePointAt(0) ?? 0;
  }

  #cased(set: CharSet): CharSet {
    return this.#ignoreCase ? bothCases(set) : set;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #rest(): string {
    return this.#text.slice(this.#at);
  }

  #next(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    this.#at += char.length;
    return char;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}
