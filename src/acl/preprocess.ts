import { AppError } from '../errors.js';
import { readDirective } from '../switch-config/directives.js';
import type { Directive } from '../switch-config/directives.js';

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

interface Line {
  readonly text: string;
  readonly offsetOf: (index: number) => number;
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
        line = { text: whole.seen, seen: whole.seen, offsetOf: (at) => index + at };
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
    if (!raw.includes('$${')) return { text: raw, seen: raw, offsetOf: (index) => base + index };
    const offsets: number[] = [];
    let text = '';
    let seen: string | undefined;
    let at = 0;
    while (at < raw.length) {
      const end = raw.startsWith('$${', at) ? endOfBraces(raw, at + 2) : -1;
      const name = end < 0 ? '' : raw.slice(at + 3, end);
      if (end >= 0) seen ??= raw.slice(0, end);
      const value = end < 0 ? undefined : this.#set.has(name) ? this.#set.get(name) : this.#variable?.(name);
      if (value === undefined) {
        const length = end < 0 ? 1 : end + 1 - at;
        for (let index = 0; index < length; index += 1) offsets.push(base + at + index);
        text += raw.slice(at, at + length);
        at += length;
      } else {
        if (text.length + value.length > MAX_LINE)
          throw new AppError(
            'acl_not_accepted',
            `a line is longer than ${MAX_LINE} bytes after its variables`,
          );
        for (let index = 0; index < value.length; index += 1) offsets.push(base + at);
        text += value;
        at = end + 1;
      }
    }
    return {
      text,
      seen: seen ?? raw,
      offsetOf: (index) => offsets[index] ?? base + raw.length - (text.length - index),
    };
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
    const withoutComments = rest.replaceAll(/<!--[^]*?-->/g, '').trim();
    if (/[<>]/.test(withoutComments)) this.dropped.push({ file, offset: line.offsetOf(0), what });
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
    let start = from;
    while (start < to) {
      const offset = line.offsetOf(start);
      const verbatim = start + 1 >= to || line.offsetOf(start + 1) === offset + 1;
      let end = start + 1;
      while (end < to && line.offsetOf(end) === offset + (verbatim ? end - start : 0)) end += 1;
      this.#runs.push({ file, offset, at: this.#length, verbatim });
      this.#pieces.push(line.text.slice(start, end));
      this.#length += end - start;
      start = end;
    }
  }
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
