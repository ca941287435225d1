/**
 * XML as FreeSWITCH parses it (switch_xml.c `switch_xml_parse_str`), with the place of everything. It is not XML in
 * every respect: `a= "x"` and `a "x"` are attributes, an attribute without quotes has the value "", the first of two
 * equal attributes counts, unknown entities stay as they are.
 *
 * The text is what stands inside `<section name="configuration">`, so there may be several elements at the top, or
 * text; one byte per character.
 */

export interface Attribute {
  readonly name: string;
  /** Entities decoded, white space turned into blanks. Bytes, not decoded to Unicode. */
  readonly value: string;
  /** The raw value between its quotes. Both 0 when there were no quotes. */
  readonly start: number;
  readonly end: number;
}

export interface Element {
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly parent: Element | undefined;
  readonly children: Element[];
  /** The `<`. */
  readonly start: number;
  /** Behind the `>` of the opening tag. */
  readonly openEnd: number;
  /** The `<` of the closing tag; `openEnd` of a self-closed element. */
  closeStart: number;
  /** Behind the element. */
  end: number;
  readonly selfClosed: boolean;
}

export interface Markup {
  /** In the order in which they begin. */
  readonly elements: readonly Element[];
  readonly top: readonly Element[];
  /** Places of text that is more than white space. */
  readonly texts: readonly {
    readonly start: number;
    readonly end: number;
    readonly in: Element | undefined;
  }[];
}

/** FreeSWITCH would refuse its whole configuration for this. */
export class MarkupError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'MarkupError';
    this.at = at;
  }
}

/** The value of an attribute; of two with the same name, the first. */
export function attribute(element: Element, name: string): string | undefined {
  return element.attributes.find((one) => one.name === name)?.value;
}

const NAME_START = /[A-Za-z_:\u0080-\u00ff]/;
/** C's `isspace`, which takes fewer characters for white space than JavaScript does. */
const SPACE = /[ \t\n\v\f\r]/;
const NOT_BLANK = /[^ \t\n\v\f\r]/;
const MAX_DEPTH = 1000;

/** @throws MarkupError */
export function parseMarkup(text: string): Markup {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #elements: Element[] = [];
  readonly #top: Element[] = [];
  readonly #texts: { start: number; end: number; in: Element | undefined }[] = [];
  #current: Element | undefined;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Markup {
    let at = this.#skipText(0);
    while (at < this.#text.length) at = this.#skipText(this.#tag(at));
    if (this.#current !== undefined)
      throw new MarkupError(`<${this.#current.name}> is not closed`, this.#current.start);
    return { elements: this.#elements, top: this.#top, texts: this.#texts };
  }

  #skipText(from: number): number {
    const next = this.#text.indexOf('<', from);
    const end = next < 0 ? this.#text.length : next;
    if (end > from && NOT_BLANK.test(this.#text.slice(from, end)))
      this.#texts.push({ start: from, end, in: this.#current });
    return end;
  }

  /** @returns the place behind the tag at `at` */
  #tag(at: number): number {
    const text = this.#text;
    const first = text.charAt(at + 1);
    if (NAME_START.test(first)) return this.#openTag(at);
    if (first === '/') return this.#closeTag(at);
    if (text.startsWith('!--', at + 1)) {
      const end = text.indexOf('--', at + 4);
      if (end < 0) throw new MarkupError('a comment is not closed', at);
      if (text.charAt(end + 2) !== '>') throw new MarkupError('"--" stands inside a comment', at);
      return end + 3;
    }
    if (text.startsWith('![CDATA[', at + 1)) return this.#behind(']]>', at, 'a CDATA section');
    if (text.startsWith('!DOCTYPE', at + 1))
      throw new MarkupError('a document type, which could define entities, is not accepted here', at);
    if (first === '?') return this.#behind('?>', at, 'a processing instruction');
    throw new MarkupError('"<" begins no tag', at);
  }

  #behind(end: string, at: number, what: string): number {
    const found = this.#text.indexOf(end, at + 1);
    if (found < 0) throw new MarkupError(`${what} is not closed`, at);
    return found + end.length;
  }

  #openTag(start: number): number {
    const text = this.#text;
    let at = this.#end(/[\t\r\n />]/g, start + 1);
    const name = text.slice(start + 1, at);
    if (name.includes('$${')) throw new MarkupError('an element is named by a variable', start);
    at = this.#skipSpace(at);
    const attributes: Attribute[] = [];
    while (at < text.length && text.charAt(at) !== '/' && text.charAt(at) !== '>')
      at = this.#attribute(at, attributes);
    const selfClosed = text.charAt(at) === '/';
    if (selfClosed) at += 1;
    if (text.charAt(at) !== '>') throw new MarkupError(`<${name}> has no ">"`, start);
    const parent = this.#current;
    const openEnd = at + 1;
    const element: Element = {
      name,
      attributes,
      parent,
      children: [],
      start,
      openEnd,
      closeStart: openEnd,
      end: openEnd,
      selfClosed,
    };
    this.#elements.push(element);
    (parent?.children ?? this.#top).push(element);
    if (!selfClosed) {
      this.#current = element;
      this.#depth += 1;
      if (this.#depth > MAX_DEPTH) throw new MarkupError('elements are nested too deep', start);
    }
    return openEnd;
  }

  /** One attribute at `from`. @returns the place behind it and the white space that follows */
  #attribute(from: number, attributes: Attribute[]): number {
    const text = this.#text;
    let at = this.#end(/[\t\r\n =/>]/g, from);
    const name = text.slice(from, at);
    if (name.includes('$${'))
      throw new MarkupError(
        'a variable that is not known here stands where only FreeSWITCH knows what it means',
        from,
      );
    let found: Attribute = { name, value: '', start: 0, end: 0 };
    if (text.charAt(at) === '=' || SPACE.test(text.charAt(at))) {
      at = this.#end(/[^\t\r\n =]/g, at + 1);
      const quote = text.charAt(at);
      if (quote === '"' || quote === "'") {
        const end = text.indexOf(quote, at + 1);
        if (end < 0) throw new MarkupError(`a value has no closing ${quote}`, at);
        found = { name, value: decode(text.slice(at + 1, end)), start: at + 1, end };
        at = end + 1;
      }
    }
    attributes.push(found);
    return this.#skipSpace(at);
  }

  #closeTag(at: number): number {
    const text = this.#text;
    const nameEnd = this.#end(/[\t\r\n >]/g, at + 2);
    const name = text.slice(at + 2, nameEnd);
    const element = this.#current;
    if (element?.name !== name) throw new MarkupError(`</${name}> closes nothing that is open`, at);
    // FreeSWITCH takes whatever stands behind the white space for the end of the tag; ">" is the only sane one.
    const end = this.#end(/[^\t\r\n ]/g, nameEnd);
    if (text.charAt(end) !== '>') throw new MarkupError(`</${name}> has no ">"`, at);
    element.closeStart = at;
    element.end = end + 1;
    this.#current = element.parent;
    this.#depth -= 1;
    return end + 1;
  }

  #skipSpace(from: number): number {
    return this.#end(/[^ \t\n\v\f\r]/g, from);
  }

  /** The place of the next match, or the end of the text. */
  #end(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.exec(this.#text)?.index ?? this.#text.length;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** switch_xml.c `switch_xml_decode` for attributes. */
function decode(raw: string): string {
  return raw
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(
      /[ \t\n\v\f\r]|&(?:#(x?)([0-9A-Fa-f]+)|(lt|gt|quot|apos|amp));/g,
      (...match: (string | undefined)[]) => {
        const [whole = '', hex, digits, entity] = match;
        if (entity !== undefined) return ENTITIES[entity] ?? whole;
        return digits === undefined ? ' ' : character(whole, hex === 'x', digits);
      },
    );
}

function character(whole: string, hex: boolean, digits: string): string {
  if (!hex && /[^0-9]/.test(digits)) return whole;
  const code = Number.parseInt(digits, hex ? 16 : 10);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return whole;
  return Buffer.from(String.fromCodePoint(code)).toString('latin1');
}
