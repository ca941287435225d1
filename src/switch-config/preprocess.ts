import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../errors.js';
import { glob } from './glob.js';
import { expandGlobals } from './globals.js';
import { LineMap } from './places.js';
import type { Place } from './places.js';
import { readDirective } from './directives.js';
import type { Directive } from './directives.js';

/** Something that only a running FreeSWITCH knows, so that what is read here may differ from what it reads. */
export interface NotDone {
  readonly place: Place;
  readonly what: string;
}

/** What FreeSWITCH's parser would be given. */
export interface Preprocessed {
  readonly text: string;
  readonly lines: LineMap;
  /** The global variables, with the place of their last `set`; without one: given from outside. */
  readonly globals: ReadonlyMap<string, Global>;
  readonly notDone: readonly NotDone[];
  /** Every file that was read, in that order. */
  readonly files: readonly string[];
}

export interface Global {
  readonly value: string;
  readonly place?: Place;
}

export interface PreprocessOptions {
  /** What includes of the first file are relative to: FreeSWITCH's `conf` folder. */
  readonly folder: string;
  readonly globals?: Readonly<Record<string, string>>;
  /** What `$${name}` stands for when nothing set it; FreeSWITCH puts nothing there, which is the default. */
  readonly unset?: (name: string) => string;
}

/** switch_xml.c preprocess(): `if (rlevel > 100) return -1`. */
/** So much of a line is looked at for what to say of it. */
const MAX_SHOWN = 4096;
const MAX_DEPTH = 100;
/** A configuration beyond this is a mistake or an attack, such as files that include each other twice. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 20_000;

/**
 * Reads a file as switch_xml.c's `preprocess()` does: line by line, with its quirks (a line that holds `<include>`
 * or `<?` is dropped whole; so is the rest of a line with an `X-PRE-PROCESS`, which works inside comments too).
 * Nothing is run (`exec`, `exec-set`) and nobody is asked (`stun-set`, `env-set`): that is told in `notDone`.
 * @throws AppError switch_config_unreadable when the first file cannot be read, switch_config_invalid when it is too large
 */
export function preprocessFile(file: string, options: PreprocessOptions): Preprocessed {
  const reader = new Reader(options);
  reader.first(file);
  return reader.result();
}

/** The same for text that is in no file; its lines are those of `name`. */
export function preprocessText(text: string, name: string, options: PreprocessOptions): Preprocessed {
  const reader = new Reader(options);
  reader.text(text, name, options.folder, 0);
  return reader.result();
}

class Reader {
  readonly #options: PreprocessOptions;
  readonly #pieces: string[] = [];
  readonly #lines = new LineMap();
  readonly #globals = new Map<string, Global>();
  readonly #notDone: NotDone[] = [];
  readonly #files: string[] = [];
  #bytes = 0;

  constructor(options: PreprocessOptions) {
    this.#options = options;
    for (const [name, value] of Object.entries(options.globals ?? {})) this.#globals.set(name, { value });
  }

  result(): Preprocessed {
    return {
      text: this.#pieces.join(''),
      lines: this.#lines,
      globals: this.#globals,
      notDone: this.#notDone,
      files: this.#files,
    };
  }

  first(file: string): void {
    let text: string;
    try {
      text = readText(file);
    } catch (error) {
      throw new AppError('switch_config_unreadable', file, { cause: error });
    }
    this.#files.push(file);
    this.text(text, file, this.#options.folder, 0);
  }

  text(text: string, file: string, folder: string, depth: number): void {
    let inComment = false;
    let number = 1;
    for (const whole of linesOf(text)) {
      const place: Place = { file, line: number };
      if (whole.endsWith('\n')) number += 1;
      const [raw = ''] = whole.split('\0', 1);
      const line = expandGlobals(raw, (name) => this.#valueOf(name));
      if (line === undefined) {
        throw new AppError(
          'switch_config_invalid',
          `${file}:${place.line}: a line of more than 1 MB after its variables`,
        );
      }
      this.#count(Math.max(0, line.expanded.length - raw.length), place);
      if (/<include>|<\/include>|<\?/.test(line.checked)) {
        const lost = line.checked
          .slice(0, MAX_SHOWN)
          .replace(/<\/?include>|<\?[^>]*>|<!--.*-->/g, '')
          .trim();
        if (lost !== '') this.#notDone.push({ place, what: `FreeSWITCH drops this line whole: ${lost}` });
        continue;
      }
      let rest = line.expanded;
      if (inComment) {
        const end = rest.indexOf('-->');
        if (end < 0) continue;
        inComment = false;
        rest = rest.slice(end + 3);
      }
      const found = readDirective(rest);
      if (found === undefined) {
        this.#write(rest, place, line.names);
        continue;
      }
      for (const kept of found.kept) this.#write(kept, place, line.names);
      inComment = found.opensComment;
      if (found.directive !== undefined) this.#obey(found.directive, place, folder, depth);
    }
  }

  #valueOf(name: string): string {
    return this.#globals.get(name)?.value ?? this.#options.unset?.(name) ?? '';
  }

  #write(text: string, place: Place, names: readonly string[]): void {
    if (text === '') return;
    this.#count(text.length, place);
    this.#lines.add(text.length, place, names);
    this.#pieces.push(text);
  }

  /** What is kept, text and values; and by how much variables make lines longer, of those that are dropped too. */
  #count(length: number, place: Place): void {
    this.#bytes += length;
    if (this.#bytes <= MAX_BYTES) return;
    throw new AppError(
      'switch_config_invalid',
      `${place.file}:${place.line}: more than 64 MB after its includes and variables`,
    );
  }

  #obey(directive: Directive, place: Place, folder: string, depth: number): void {
    const { command, data } = directive;
    switch (command) {
      case 'set':
      case 'stun-set':
      case 'env-set':
      case 'exec-set':
        this.#set(command, data, place);
        break;
      case 'include':
        if (depth >= MAX_DEPTH) {
          this.#notDone.push({ place, what: `include of ${data}: includes are nested more than 100 deep` });
        } else this.#include(path.resolve(folder, data), place, depth + 1);
        break;
      case 'exec':
        this.#notDone.push({ place, what: `exec is not run: ${data}` });
        break;
      default:
        this.#notDone.push({ place, what: `FreeSWITCH knows no preprocessor command "${command}"` });
    }
  }

  #set(command: string, data: string, place: Place): void {
    const equals = data.indexOf('=');
    if (equals < 0) return;
    const name = data.slice(0, equals).replace(/(?<! ) +$/, '');
    const value = data.slice(equals + 1).replace(/^ +/, '');
    this.#count(name.length + value.length, place);
    const asked =
      command === 'env-set' ||
      command === 'exec-set' ||
      (command === 'stun-set' && /^(?:stun|host):/i.test(value));
    if (asked) this.#notDone.push({ place, what: `${command} is not asked: ${data}` });
    this.#globals.set(name, { value: asked && command !== 'stun-set' ? `$\${${name}}` : value, place });
  }

  #include(pattern: string, place: Place, depth: number): void {
    for (const file of glob(pattern)) {
      if (this.#files.length >= MAX_FILES) {
        throw new AppError(
          'switch_config_invalid',
          `${place.file}:${place.line}: more than ${MAX_FILES} included files`,
        );
      }
      let text: string;
      try {
        text = readText(file);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#notDone.push({ place, what: `${file} could not be read: ${reason}` });
        continue;
      }
      this.#files.push(file);
      this.text(text, file, path.dirname(file), depth);
    }
  }
}

/** switch_fp_read_dline() ends a line at CR as well as at LF; a CR of a CRLF is not counted as a line of its own. */
function linesOf(text: string): string[] {
  const lines = text.includes('\r') && !text.includes('\n') ? text.replaceAll('\r', '\n') : text;
  return lines.split(/(?<=[\r\n])/);
}

/** UTF-8, or Latin-1 where it is none. Throws what is no file, or too large. */
function readText(file: string): string {
  const status = statSync(file);
  if (!status.isFile()) throw new Error('not a file');
  if (status.size > MAX_BYTES) throw new Error('larger than 64 MB');
  // Such as those below /proc, of which some never end.
  if (status.size === 0) return '';
  const bytes = readFileSync(file);
  // FreeSWITCH's strings end at a NUL.
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\uFFFD') ? bytes.toString('latin1') : utf8;
}
