import { AppError } from '../errors.js';
import { printable } from './address.js';
import { readLists } from './lists.js';
import type { AclEntry, AclList, AclLists, ListSurroundings } from './lists.js';
import { MarkupError, parseMarkup } from './markup.js';
import type { Element, Markup } from './markup.js';
import { preprocess } from './preprocess.js';
import type { Preprocessed, PreprocessOptions } from './preprocess.js';

/** Beyond this a file is no list that anybody keeps by hand. */
export const MAX_BYTES = 16 * 1024 * 1024;
/** switch_utils.c `DLINE_MAX_SIZE`: FreeSWITCH cuts a longer line in two. */
const MAX_LINE = 1_000_000;

/** What the lists of a file depend on beside its own text. */
export interface ReadOptions extends PreprocessOptions {
  readonly networksOfDomain?: ListSurroundings['networksOfDomain'];
}

export interface Line {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** acl.conf.xml, or a whole document with it inside, read as FreeSWITCH reads it; every part knows its place. */
export class AclDocument {
  readonly path: string;
  /** The bytes of the file, one per character. */
  readonly text: string;
  readonly preprocessed: Preprocessed;
  readonly markup: Markup;
  readonly #lists: AclLists;
  readonly #lineStarts = new Map<number, readonly number[]>();

  private constructor(path: string, text: string, preprocessed: Preprocessed, options: ReadOptions) {
    const markup = parseMarkup(preprocessed.text);
    this.path = path;
    this.text = text;
    this.preprocessed = preprocessed;
    this.markup = markup;
    this.#lists = readLists(markup, {
      gapsIn: (element) => this.#gapsIn(element),
      networksOfDomain: options.networksOfDomain,
    });
  }

  /**
   * @param path for messages, and for includes relative to it
   * @throws AppError `acl_not_accepted` (too large, binary, UTF-16, a document type), `acl_not_xml`
   */
  static parse(bytes: Uint8Array, path: string, options: ReadOptions = {}): AclDocument {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    refuse(text, path);
    const preprocessed = preprocess({ path, text }, options);
    try {
      return new AclDocument(path, text, preprocessed, options);
    } catch (error) {
      if (!(error instanceof MarkupError)) throw error;
      const { file, offset } = preprocessed.originOf(error.at);
      const place = lineOf(preprocessed.files[file]?.text ?? '', offset);
      const where = `${preprocessed.files[file]?.path ?? path}:${place}: ${error.message}`;
      throw new AppError(
        /document type|variable/.test(error.message) ? 'acl_not_accepted' : 'acl_not_xml',
        where,
        {
          cause: error,
        },
      );
    }
  }

  /** In the order of the file, those that count for nothing too. */
  get lists(): readonly AclList[] {
    return this.#lists.lists;
  }

  get container(): Element | undefined {
    return this.#lists.container;
  }

  get wrapper(): AclLists['wrapper'] {
    return this.#lists.wrapper;
  }

  /** The list that FreeSWITCH knows by that name: the last of several. Names are case-sensitive bytes. */
  list(name: string): AclList | undefined {
    return this.lists.findLast((list) => list.name === name);
  }

  entries(): { readonly list: AclList; readonly entry: AclEntry }[] {
    return this.lists.flatMap((list) => list.entries.map((entry) => ({ list, entry })));
  }

  lineOf(element: Element): Line {
    return this.lineAt(element.start);
  }

  /** @param index in the preprocessed text */
  lineAt(index: number): Line {
    const { file, offset } = this.preprocessed.originOf(index);
    return this.lineOfOrigin(file, offset);
  }

  lineOfOrigin(file: number, offset: number): Line {
    const source = this.preprocessed.files[file];
    let starts = this.#lineStarts.get(file);
    if (starts === undefined) {
      starts = [
        0,
        ...Array.from((source?.text ?? '').matchAll(/\r\n|\n|\r/g), (end) => end.index + end[0].length),
      ];
      this.#lineStarts.set(file, starts);
    }
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: source?.path ?? this.path, line: low + 1 };
  }

  /** Where something of the preprocessed text stands in this file itself; nothing when it comes from elsewhere. */
  ownOffset(index: number): number | undefined {
    const { file, offset } = this.preprocessed.originOf(index);
    return file === 0 && this.text.charAt(offset) === this.preprocessed.text.charAt(index)
      ? offset
      : undefined;
  }

  #gapsIn(element: Element): string[] {
    const gaps = this.preprocessed.gaps
      .filter(({ at }) => at >= element.openEnd && at <= element.closeStart)
      .map(({ what }) => what);
    const variables = this.markup.texts
      .filter((text) => text.in === element)
      .map(({ start, end }) => this.preprocessed.text.slice(start, end))
      .filter((text) => text.includes('$${'))
      .map(printable);
    return [...gaps, ...variables];
  }
}

function refuse(text: string, path: string): void {
  const no = (detail: string): never => {
    throw new AppError('acl_not_accepted', `${path}: ${detail}`);
  };
  if (text.length > MAX_BYTES) no(`it is larger than ${MAX_BYTES / 1024 / 1024} MB`);
  // eslint-disable-next-line no-control-regex -- UTF-16 shows by its NULs
  if (/^(?:\u00ff\u00fe|\u00fe\u00ff|<\u0000|\u0000<)/.test(text)) no('it is UTF-16');
  const nul = text.indexOf('\u0000');
  if (nul >= 0) no(`a NUL stands in line ${lineOf(text, nul)}`);
  let lineStart = 0;
  for (const { index } of text.matchAll(/[\r\n]|$/g)) {
    if (index - lineStart > MAX_LINE) no(`line ${lineOf(text, lineStart)} is longer than ${MAX_LINE} bytes`);
    lineStart = index + 1;
  }
}

/** From 1. */
function lineOf(text: string, offset: number): number {
  return (text.slice(0, offset).match(/\r\n|\n|\r/g)?.length ?? 0) + 1;
}

/** Names and comments are bytes here; people see UTF-8. */
export function shown(text: string): string {
  return printable(Buffer.from(text, 'latin1').toString('utf8'));
}
