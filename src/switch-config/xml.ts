/** An element, as FreeSWITCH's own parser gives it (switch_xml.c), which is far more tolerant than XML. */
export interface XmlNode {
  readonly name: string;
  /** The first of attributes with the same name; a value without quotes is empty. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** All character data in it, joined. */
  readonly text: string;
  /** Where its `<` is. */
  readonly offset: number;
}

export type XmlResult =
  | { readonly ok: true; readonly root: XmlNode }
  | { readonly ok: false; readonly offset: number; readonly reason: string };

interface Open {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlNode[];
  text: string;
  readonly offset: number;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const MAX_DEPTH = 500;

class XmlError extends Error {
  readonly offset: number;
  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
  }
}

/**
 * Parses what switch_xml_parse_str() parses: one root element, anything before its first `<`, and nothing after its
 * end is looked at. Entities of a document type are not replaced: the five of XML and character references are.
 */
export function parseSwitchXml(text: string): XmlResult {
  try {
    return { ok: true, root: parse(text) };
  } catch (error) {
    if (error instanceof XmlError) return { ok: false, offset: error.offset, reason: error.message };
    throw error;
  }
}

function parse(text: string): XmlNode {
  const stack: Open[] = [];
  let at = text.indexOf('<');
  while (at >= 0) {
    const start = at;
    if (text.startsWith('<!--', at)) at = endOfComment(text, at);
    else if (text.startsWith('<![CDATA[', at)) {
      const end = text.indexOf(']]>', at);
      if (end < 0) throw new XmlError(start, 'a <![CDATA[ without its end');
      addText(stack, text.slice(at + 9, end));
      at = end + 3;
    } else if (text.startsWith('<!DOCTYPE', at)) at = endOfDoctype(text, at);
    else if (text[at + 1] === '?') {
      const end = text.indexOf('?>', at);
      if (end < 0) throw new XmlError(start, 'a <? without its end');
      at = end + 2;
    } else if (text[at + 1] === '/') {
      const done = close(stack, text, at);
      if (done.root !== undefined) return done.root;
      at = done.next;
    } else if (/[A-Za-z_:\u0080-\uffff]/.test(text[at + 1] ?? '')) {
      const opened = open(text, at);
      if (stack.length >= MAX_DEPTH) throw new XmlError(start, 'elements nested more than 500 deep');
      if (opened.empty) {
        const node: XmlNode = opened.element;
        const parent = stack.at(-1);
        if (parent === undefined) return node;
        parent.children.push(node);
      } else stack.push(opened.element);
      at = opened.next;
    } else throw new XmlError(start, 'a < that begins no tag');
    const next = text.indexOf('<', at);
    if (next > at) addText(stack, decode(text.slice(at, next)));
    at = next;
  }
  const last = stack.at(-1);
  throw last === undefined
    ? new XmlError(0, 'no root element')
    : new XmlError(last.offset, `<${last.name}> is not closed`);
}

function addText(stack: readonly Open[], text: string): void {
  const current = stack.at(-1);
  if (current !== undefined) current.text += text;
}

/** `--` ends a comment, and must be followed by `>`. */
function endOfComment(text: string, start: number): number {
  const end = text.indexOf('--', start + 4);
  if (end < 0) throw new XmlError(start, 'a <!-- without its end');
  if (text[end + 2] !== '>') throw new XmlError(end, 'a -- inside of a comment');
  return end + 3;
}

function endOfDoctype(text: string, start: number): number {
  const bracket = /[[>]/g;
  bracket.lastIndex = start;
  const found = bracket.exec(text);
  if (found?.[0] === '>') return found.index + 1;
  const end = found === null ? null : /\]\s*>/g.exec(text.slice(found.index));
  if (found === null || end === null) throw new XmlError(start, 'a <!DOCTYPE without its end');
  return found.index + end.index + end[0].length;
}

const NAME = /[^\s/>]+/y;
const ATTRIBUTE = /[^\s=/>]+/y;

function open(text: string, start: number): { element: Open; empty: boolean; next: number } {
  NAME.lastIndex = start + 1;
  const name = NAME.exec(text)?.[0] ?? '';
  const attributes = new Map<string, string>();
  let at = start + 1 + name.length;
  const element: Open = { name, attributes, children: [], text: '', offset: start };
  for (;;) {
    at = afterBlanks(text, at);
    const char = text[at];
    if (char === undefined) throw new XmlError(start, `<${name}> has no >`);
    if (char === '>') return { element, empty: false, next: at + 1 };
    if (char === '/') {
      if (text[at + 1] !== '>') throw new XmlError(start, `<${name}> has a / that is not its end`);
      return { element, empty: true, next: at + 2 };
    }
    ATTRIBUTE.lastIndex = at;
    const attribute = ATTRIBUTE.exec(text)?.[0] ?? '';
    at += attribute.length;
    let value = '';
    if (text[at] === '=' || /\s/.test(text[at] ?? '')) {
      while (/[\s=]/.test(text[at] ?? '')) at += 1;
      const quote = text[at];
      if (quote === '"' || quote === "'") {
        const end = text.indexOf(quote, at + 1);
        if (end < 0) throw new XmlError(start, `<${name}> has an attribute without its closing ${quote}`);
        value = decode(text.slice(at + 1, end)).replaceAll(/\s/g, ' ');
        at = end + 1;
      }
    }
    if (attribute !== '' && !attributes.has(attribute)) attributes.set(attribute, value);
  }
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? '')) at += 1;
  return at;
}

function close(stack: Open[], text: string, start: number): { root?: XmlNode; next: number } {
  const end = text.indexOf('>', start);
  if (end < 0) throw new XmlError(start, 'a closing tag without >');
  const name = /^[^\s>]*/.exec(text.slice(start + 2, end))?.[0] ?? '';
  const element = stack.pop();
  if (element?.name !== name) {
    const inside = element === undefined ? '' : ` inside of <${element.name}>`;
    throw new XmlError(start, `</${name}>${inside}`);
  }
  const parent = stack.at(-1);
  if (parent === undefined) return { root: element, next: end + 1 };
  parent.children.push(element);
  return { next: end + 1 };
}

function decode(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, '\n');
  if (!lines.includes('&')) return lines;
  return lines.replaceAll(
    /&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([A-Za-z]+));/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return (Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined) ?? whole;
      const code = hex === undefined ? Number.parseInt(decimal ?? '', 10) : Number.parseInt(hex, 16);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

/** The first child of that name. */
export function childOf(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((child) => child.name === name);
}

export function childrenOf(node: XmlNode | undefined, name: string): XmlNode[] {
  return node?.children.filter((child) => child.name === name) ?? [];
}

/** switch_xml_find_child(): the first child whose attribute has that value, in any case. */
export function findChild(
  node: XmlNode | undefined,
  name: string,
  attribute: string,
  value: string,
): XmlNode | undefined {
  const wanted = value.toLowerCase();
  return childrenOf(node, name).find((child) => child.attributes.get(attribute)?.toLowerCase() === wanted);
}
