import type { AclDocument } from './document.js';
import type { AclEntry, AclList } from './lists.js';
import type { Element } from './markup.js';

/** A stretch of a file and what is to stand there instead. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** How a `<node>` is written in this file, so that a new one looks like its neighbours. */
interface Habit {
  readonly quote: string;
  readonly typeFirst: boolean;
  /** How an element without content ends: `/>` or ` />`. */
  readonly ending: string;
}

const COMMENT_TO_END = /^[ \t]*(?:<!--(?:(?!--)[^\r\n])*-->[ \t]*)?(?:\r\n|\r|\n)/;

/** What is to be written: attributes beside `type`, in order. */
export interface NewNode {
  readonly allow: boolean;
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** Bytes, one per character. */
  readonly comment?: string | undefined;
}

/**
 * Where a new entry of a list goes: behind its last one, on a line of its own where the others have theirs.
 * @returns nothing when the list does not stand in this file
 */
export function spliceForNode(document: AclDocument, list: AclList, node: NewNode): Splice | undefined {
  const { text } = document;
  const element = list.element;
  const start = document.ownOffset(element.start);
  const openEnd = document.ownOffset(element.openEnd - 1);
  const end = document.ownOffset(element.end - 1);
  if (start === undefined || openEnd === undefined || end === undefined) return undefined;
  const last = lastOwnNode(document, element);
  const written = write(node, habitOf(document, last?.element ?? element));
  if (last !== undefined) {
    const rest = COMMENT_TO_END.exec(text.slice(last.end));
    if (rest === null) return { start: last.end, end: last.end, text: written };
    const at = last.end + rest[0].length;
    const indent = indentOf(text, last.start) ?? childIndent(document, element);
    return { start: at, end: at, text: `${indent}${written}${eolOf(rest[0])}` };
  }
  const eol = eolOf(text);
  const outer = indentOf(text, start);
  const inner = childIndent(document, element);
  if (element.selfClosed) {
    const close = `</${element.name}>`;
    // The last two characters of the element are "/>".
    const body = outer === undefined ? written : `${eol}${inner}${written}${eol}${outer}`;
    return { start: end - 1, end: end + 1, text: `>${body}${close}` };
  }
  const rest = COMMENT_TO_END.exec(text.slice(openEnd + 1));
  if (rest !== null) {
    const at = openEnd + 1 + rest[0].length;
    return { start: at, end: at, text: `${inner}${written}${eolOf(rest[0])}` };
  }
  const at = openEnd + 1;
  const closeAt = document.ownOffset(element.closeStart);
  const empty = closeAt === at && outer !== undefined;
  return { start: at, end: at, text: empty ? `${eol}${inner}${written}${eol}${outer}` : written };
}

/** A whole new list with nothing in it, at the end of the file's `<network-lists>`. */
export function spliceForList(
  document: AclDocument,
  attributes: readonly (readonly [string, string])[],
): Splice | undefined {
  const { text, container } = document;
  if (container === undefined) return undefined;
  const end = document.ownOffset(container.end - 1);
  const closeStart = container.selfClosed ? undefined : document.ownOffset(container.closeStart);
  if (end === undefined) return undefined;
  const { quote } = habitOf(document, container.children.at(-1) ?? container);
  const eol = eolOf(text);
  const indent = childIndent(document, container);
  const open = attributes.map(([name, value]) => ` ${name}=${quote}${value}${quote}`).join('');
  const lines = `${indent}<list${open}>${eol}${indent}</list>${eol}`;
  const outer = indentOf(text, document.ownOffset(container.start) ?? -1) ?? '';
  if (container.selfClosed)
    return { start: end - 1, end: end + 1, text: `>${eol}${lines}${outer}</${container.name}>` };
  if (closeStart === undefined) return undefined;
  const lineStart = indentOf(text, closeStart) === undefined ? undefined : lineStartOf(text, closeStart);
  if (lineStart !== undefined) return { start: lineStart, end: lineStart, text: lines };
  return { start: closeStart, end: closeStart, text: `${eol}${lines}${outer}` };
}

/** Takes an entry away: its whole line, when only a comment is beside it. */
export function spliceForRemoval(document: AclDocument, entry: AclEntry): Splice | undefined {
  const { text } = document;
  const start = document.ownOffset(entry.element.start);
  const last = document.ownOffset(entry.element.end - 1);
  if (start === undefined || last === undefined) return undefined;
  const end = last + 1;
  const rest = COMMENT_TO_END.exec(text.slice(end));
  if (indentOf(text, start) === undefined || rest === null) return { start, end, text: '' };
  return { start: lineStartOf(text, start), end: end + rest[0].length, text: '' };
}

function lastOwnNode(
  document: AclDocument,
  list: Element,
): { readonly element: Element; readonly start: number; readonly end: number } | undefined {
  for (const element of list.children.toReversed()) {
    if (element.name !== 'node') continue;
    const start = document.ownOffset(element.start);
    const last = document.ownOffset(element.end - 1);
    if (start !== undefined && last !== undefined) return { element, start, end: last + 1 };
  }
  return undefined;
}

function write(node: NewNode, { quote, typeFirst, ending }: Habit): string {
  const type = ['type', node.allow ? 'allow' : 'deny'] as const;
  const attributes = typeFirst ? [type, ...node.attributes] : [...node.attributes, type];
  const inside = attributes.map(([name, value]) => ` ${name}=${quote}${value}${quote}`).join('');
  return `<node${inside}${ending}${node.comment === undefined ? '' : ` <!-- ${node.comment} -->`}`;
}

function habitOf(document: AclDocument, element: Element): Habit {
  const text = document.preprocessed.text;
  const quoted = element.attributes.find(({ start }) => start > 0);
  const names = element.attributes.map(({ name }) => name);
  const [type, first] = [names.indexOf('type'), names.findIndex((name) => name !== 'type')];
  return {
    quote: quoted === undefined ? '"' : text.charAt(quoted.start - 1),
    typeFirst: element.name !== 'node' || type < 0 || first < 0 || type < first,
    ending: element.selfClosed && / \/>$/.test(text.slice(element.start, element.openEnd)) ? ' />' : '/>',
  };
}

/** The indentation of what stands in an element: as its first child's, or one step deeper than its own. */
function childIndent(document: AclDocument, element: Element): string {
  const { text } = document;
  for (const child of element.children) {
    const start = document.ownOffset(child.start);
    const indent = start === undefined ? undefined : indentOf(text, start);
    if (indent !== undefined) return indent;
  }
  const own = indentAt(document, element) ?? '';
  const outer = element.parent === undefined ? undefined : indentAt(document, element.parent);
  const step = outer !== undefined && own.startsWith(outer) ? own.slice(outer.length) : '';
  return own + (step === '' ? (own.includes('\t') ? '\t' : '  ') : step);
}

function indentAt(document: AclDocument, element: Element): string | undefined {
  const start = document.ownOffset(element.start);
  return start === undefined ? undefined : indentOf(document.text, start);
}

/** The white space before something that is the first on its line. */
function indentOf(text: string, at: number): string | undefined {
  const before = text.slice(lineStartOf(text, at), Math.max(at, 0));
  return at >= 0 && /^[ \t]*$/.test(before) ? before : undefined;
}

function lineStartOf(text: string, at: number): number {
  return Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1;
}

function eolOf(text: string): string {
  return /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
}
