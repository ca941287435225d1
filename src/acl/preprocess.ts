import { AppError } from '../errors.js';
import { readDirective } from '../switch-config/directives.js';
import type { Directive } from '../switch-config/directives.js';
import { withoutComments } from './without-comments.js';

/**
 * What FreeSWITCH does to a configuration file before it parses it (switch_xml.c `preprocess`), kept so that every
 * character of the result still knows where it stood. It works on lines, with string searches, and knows nothing of
 * comments: an X-PRE-PROCESS inside `<!-- -->` is obeyed, and its line is dropped with all that is on it.
 *
 * Texts hold one byte per character (latin1), so offsets are bytes.
 */

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Where a character of the preprocessed text came from. */
export interface Origin {
  /** Index into `files`; 0 is the file itself, the others were included. */
  readonly file: number;
  readonly offset: number;
}

/** Something stands here that only FreeSWITCH knows: the output of a command, a file that could not be read. */
export interface Gap extends Origin {
  /** Index in the preprocessed text. */
  readonly at: number;
  readonly what: string;
}

/** A line that does not reach the parser although more than the directive is on it. */
export interface DroppedLine extends Origin {
  readonly what: string;
}

export interface Preprocessed {
  readonly text: string;
  readonly files: readonly SourceFile[];
  readonly gaps: readonly Gap[];
  readonly dropped: readonly DroppedLine[];
  originOf(index: number): Origin;
}

export interface PreprocessOptions {
  /** A global variable as it is before this file; nothing when it is not known: then `$${name}` stays. */
  readonly variable?: (name: string) => string | undefined;
  /** The files that a pattern of an include means, in order; nothing when that can't be found out. */
  readonly include?: (pattern: string, fromPath: string) => readonly SourceFile[] | undefined;
}

/** A part of a line: as it is written, or a variable's value, all of which stands where the variable does. */
interface Part {
  readonly text: string;
  readonly offset: number;
  readonly verbatim: boolean;
}

interface Line {
  readonly text: string;
  readonly parts: readonly Part[];
  /** The raw text, which FreeSWITCH's expansion cuts behind the first variable; some searches look only there. */
  readonly seen: string;
}

interface Run extends Origin {
  readonly at: number;
  /** Whether each further character stands one further in the file. */
  readonly verbatim: boolean;
}

const MAX_DEPTH = 100;
const MAX_FILES = 1000;
const MAX_LENGTH = 64 * 1024 * 1024;
/** Lines that double a variable over and over would soon fill the memory; FreeSWITCH lets them. */
const MAX_LINE = 1_000_000;
/** By how much all lines together may grow by their variables, those that are dropped too. */
const MAX_GROWTH = 4 * 1024 * 1024;
/** How much of a dropped line is looked at. */
const MAX_DIRECTIVE = 4096;
/** How far is searched for the end of a variable: a hostile line may begin very many of them. */
const MAX_VARIABLE = 256;

export function preprocess(root: SourceFile, options: PreprocessOptions = {}): Preprocessed {
  return new Preprocessor(options).run(root);
}

class Preprocessor implements Preprocessed {
  readonly files: SourceFile[] = [];
  readonly gaps: Gap[] = [];
  readonly dropped: DroppedLine[] = [];
  readonly #include: PreprocessOptions['include'];
  readonly #variable: PreprocessOptions['variable'];
  /** Set by the files themselves; to nothing where the value is found out by FreeSWITCH alone. */
  readonly #set = new Map<string, string | undefined>();
  readonly #pieces: string[] = [];
  readonly #runs: Run[] = [];
  #length = 0;
  #kept = 0;
  #growth = 0;
  #text = '';

  constructor(options: PreprocessOptions) {
    this.#include = options.include;
    this.#variable = options.variable;
  }

  get text(): string {
    return this.#text;
  }

  run(root: SourceFile): this {
    this.#file(root, 0);
    this.#text = this.#pieces.join('');
    return this;
  }

  originOf(index: number): Origin {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#runs[middle]?.at ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    const run = this.#runs[low];
    if (run === undefined) return { file: 0, offset: 0 };
    return { file: run.file, offset: run.offset + (run.verbatim ? index - run.at : 0) };
  }

  #file(source: SourceFile, depth: number): void {
    const file = this.files.push(source) - 1;
    let inServerComment = false;
    for (const { 0: raw, index } of source.text.matchAll(/[^\r\n]*(?:[\r\n]|$)/g)) {
      if (raw === '') continue;
      const whole = this.#expanded(raw, index);
      let line = whole;
      let from = 0;
      if (/<include>|<\/include>|<\?/.test(line.seen)) {
        this.#drop(line, file, /<\/?include>|<\?[^]*?\?>/g, 'a line with <include> or <? is not read');
        continue;
      }
      if (inServerComment) {
        // Its end is looked for in the line as it is written, up to its first variable, and what follows stays so.
        const end = whole.seen.indexOf('-->');
        if (end < 0) continue;
        inServerComment = false;
        from = end + 3;
        line = asWritten(whole.seen, index);
      }
      const found = readDirective(line.text.slice(from));
      if (found === undefined) {
        this.#emit(line, from, line.text.length, file);
        continue;
      }
      inServerComment = found.opensComment;
      if (found.kept.length === 0)
        this.#drop(line, file, /<x-pre-process[^]*?\/>/gi, 'a line with X-PRE-PROCESS is not read');
      else this.#emitAround(line, from, file);
      if (found.directive !== undefined) this.#obey(found.directive, { file, offset: index }, depth);
    }
  }

  /** switch_xml.c `expand_vars`: `$${name}` in the line, braces counted. */
  #expanded(raw: string, base: number): Line {
    if (!raw.includes('$${')) return asWritten(raw, base);
    const parts: Part[] = [];
    let text = '';
    let seen: string | undefined;
    let written = 0;
    let at = 0;
    const add = (part: Part): void => {
      if (part.text === '') return;
      parts.push(part);
      text += part.text;
    };
    for (;;) {
      const start = raw.indexOf('$${', at);
      if (start < 0) break;
      const end = endOfBraces(raw, start + 2);
      at = end < 0 ? start + 1 : end + 1;
      if (end < 0) continue;
      seen ??= raw.slice(0, end);
      const name = raw.slice(start + 3, end);
      const value = this.#set.has(name) ? this.#set.get(name) : this.#variable?.(name);
      if (value === undefined) continue;
      add({ text: raw.slice(written, start), offset: base + written, verbatim: true });
      if (text.length + value.length > MAX_LINE)
        throw new AppError('acl_not_accepted', `a line is longer than ${MAX_LINE} bytes after its variables`);
      add({ text: value, offset: base + start, verbatim: false });
      written = at;
    }
    add({ text: raw.slice(written), offset: base + written, verbatim: true });
    this.#growth += Math.max(0, text.length - raw.length);
    if (this.#growth > MAX_GROWTH)
      throw new AppError('acl_not_accepted', `its variables make it more than ${MAX_GROWTH} bytes longer`);
    return { text, parts, seen: seen ?? raw };
  }

  /** What stands on both sides of a `<!--#…-->`. */
  #emitAround(line: Line, from: number, file: number): void {
    const start = line.text.indexOf('<!--#', from);
    const end = line.text.indexOf('-->', start);
    this.#emit(line, from, start, file);
    if (end >= 0) this.#emit(line, end + 3, line.text.length, file);
  }

  #obey({ command, data }: Directive, origin: Origin, depth: number): void {
    if (command === 'set') {
      const equals = data.indexOf('=');
      if (equals < 0) return;
      this.#count(data.length);
      this.#set.set(nameBefore(data, equals), data.slice(equals + 1).replace(/^ +/, ''));
    } else if (command === 'exec-set' || command === 'stun-set' || command === 'env-set') {
      const equals = data.indexOf('=');
      if (equals >= 0) this.#set.set(nameBefore(data, equals), undefined);
    } else if (command === 'exec') {
      this.gaps.push({ ...origin, at: this.#length, what: 'the output of a command (exec)' });
    } else if (command === 'include') {
      this.#includeFiles(data, origin, depth);
    }
  }

  #includeFiles(pattern: string, origin: Origin, depth: number): void {
    const from = this.files[origin.file]?.path ?? '';
    const found = pattern.includes('$${') ? undefined : this.#include?.(pattern, from);
    const length = (found ?? []).reduce((sum, file) => sum + file.text.length, this.#length);
    if (found === undefined || this.files.length + found.length > MAX_FILES || length > MAX_LENGTH) {
      this.gaps.push({ ...origin, at: this.#length, what: `the files included by ${pattern}` });
      return;
    }
    if (depth >= MAX_DEPTH) return;
    for (const file of found) this.#file(file, depth + 1);
  }

  #drop(line: Line, file: number, directive: RegExp, what: string): void {
    const rest = line.text.slice(0, MAX_DIRECTIVE).replaceAll(directive, '').trim();
    // What is lost has to be markup to matter; comments are lost without harm, unless half of one is.
    if (/[<>]/.test(withoutComments(rest)))
      this.dropped.push({ file, offset: line.parts[0]?.offset ?? 0, what });
  }

  /** What is kept: text and values. */
  #count(length: number): void {
    this.#kept += length;
    if (this.#kept > MAX_LENGTH)
      throw new AppError('acl_not_accepted', `it is larger than ${MAX_LENGTH} bytes after its variables`);
  }

  #emit(line: Line, from: number, to: number, file: number): void {
    if (to <= from) return;
    this.#count(to - from);
    let at = 0;
    for (const { text, offset, verbatim } of line.parts) {
      const [start, end] = [Math.max(from - at, 0), Math.min(to - at, text.length)];
      at += text.length;
      if (start >= end) continue;
      this.#runs.push({ file, offset: offset + (verbatim ? start : 0), at: this.#length, verbatim });
      this.#pieces.push(text.slice(start, end));
      this.#length += end - start;
    }
  }
}

function asWritten(text: string, offset: number): Line {
  return { text, seen: text, parts: [{ text, offset, verbatim: true }] };
}

/** switch_utils.c `switch_find_end_paren`. @returns the index of the closing brace, or -1 */
function endOfBraces(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < Math.min(text.length, open + MAX_VARIABLE); at += 1) {
    if (text.charAt(at) === '{') depth += 1;
    else if (text.charAt(at) === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function nameBefore(data: string, equals: number): string {
  return data.slice(0, equals).replace(/(?<! ) +$/, '');
}
