import { AppError } from '../errors.js';
import { contiguousBits, formatNetwork, maskOf, printable } from './address.js';
import type { Network } from './address.js';
import { AclDocument, shown } from './document.js';
import type { ReadOptions } from './document.js';
import { spliceForList, spliceForNode, spliceForRemoval } from './layout.js';
import type { Splice } from './layout.js';
import type { AclEntry, AclList } from './lists.js';
import type { Element } from './markup.js';
import { rulesOfCidr } from './rule.js';
import type { Rule } from './rule.js';

/** How the attribute of ports is to be written; `5060`, `5060,5080` or `5060-5070`. */
export type PortsText = string;

export interface NewEntry {
  readonly network: Network;
  readonly allow: boolean;
  readonly comment?: string | undefined;
  readonly ports?: PortsText | undefined;
}

export interface Edited {
  readonly document: AclDocument;
  readonly splices: readonly Splice[];
}

/** @throws AppError `acl_edit_refused` when the file is laid out so that the edit would change something else */
export function addEntry(
  document: AclDocument,
  list: AclList,
  entry: NewEntry,
  options?: ReadOptions,
): Edited {
  const attributes: [string, string][] = [
    ['cidr', formatNetwork(entry.network)],
    ...portAttributes(entry.ports),
  ];
  const comment = entry.comment === undefined ? undefined : commentBytes(entry.comment);
  const splice = spliceForNode(document, list, { allow: entry.allow, attributes, comment });
  if (splice === undefined) throw elsewhere(document, list.element);
  const keys = keysOf(document);
  const before = list.element.children.filter(({ name }) => name === 'node');
  const own = before.findLast((node) => document.ownOffset(node.start) !== undefined);
  // In the order of their beginnings, a new element comes behind everything inside its predecessor.
  const behind = own === undefined ? list.element : lastInside(own);
  const at = document.markup.elements.indexOf(behind) + 1;
  const type = ['type', entry.allow ? 'allow' : 'deny'] as const;
  const key = keyOf(depthOf(list.element) + 1, 'node', [...attributes, type]);
  return checked(document, [splice], [...keys.slice(0, at), key, ...keys.slice(at)], options);
}

/** Takes away the entries, or the networks of one entry that has several. */
export function removeEntries(
  document: AclDocument,
  removals: readonly Removal[],
  options?: ReadOptions,
): Edited {
  const splices: Splice[] = [];
  const before = keysOf(document);
  const keys = new Map(document.markup.elements.map((element, index) => [element, before[index]]));
  for (const { entry, keep } of removals) {
    const [inside] = entry.element.children;
    if (inside !== undefined && keep === undefined)
      throw new AppError(
        'acl_edit_refused',
        `the entry is not closed before <${shown(inside.name)}> of line ${document.lineOf(inside).line}, which would go with it`,
      );
    const splice =
      keep === undefined ? spliceForRemoval(document, entry) : spliceForKeep(document, entry, keep);
    if (splice === undefined) throw elsewhere(document, entry.element);
    splices.push(splice);
    if (keep === undefined) keys.delete(entry.element);
    else {
      const attributes = entry.element.attributes.map(
        ({ name, value }) => [name, name === 'cidr' ? keep : value] as const,
      );
      keys.set(entry.element, keyOf(depthOf(entry.element), 'node', attributes));
    }
  }
  return checked(document, splices, [...keys.values()], options);
}

export interface Removal {
  readonly entry: AclEntry;
  /** What remains of its `cidr`; nothing: the entry goes. */
  readonly keep?: string | undefined;
}

/** A new list without entries. @param name bytes */
export function createList(
  document: AclDocument,
  name: string,
  allowByDefault: boolean,
  options?: ReadOptions,
): Edited {
  const attributes: [string, string][] = [
    ['name', name],
    ['default', allowByDefault ? 'allow' : 'deny'],
  ];
  const { container } = document;
  if (container === undefined)
    throw new AppError('acl_edit_refused', `${document.path}: it has no <network-lists> of acl.conf`);
  const splice = spliceForList(document, attributes);
  if (splice === undefined) throw elsewhere(document, container);
  const keys = keysOf(document);
  const at = document.markup.elements.indexOf(lastInside(container)) + 1;
  const key = keyOf(depthOf(container) + 1, 'list', attributes);
  return checked(document, [splice], [...keys.slice(0, at), key, ...keys.slice(at)], options);
}

/**
 * What has to go so that a list no longer holds a network, or an entry that is written so.
 * @param text as written by the user
 */
export function removalsOf(list: AclList, text: string, network: Network | undefined): Removal[] {
  return list.entries.flatMap((entry): Removal[] => {
    if (shown(entry.text) === text) return [{ entry }];
    const removal = network === undefined ? undefined : removalOf(entry, network);
    return removal === undefined ? [] : [removal];
  });
}

function removalOf(entry: AclEntry, network: Network): Removal | undefined {
  const others = entry.rules.filter((rule) => !isNetwork(rule, network));
  if (others.length === entry.rules.length) return undefined;
  if (others.length === 0 && entry.flaws.every(({ code }) => code !== 'skipped')) return { entry };
  const parts = entry.text.split(',');
  // Only what can be taken apart without a doubt: no quotes, escapes or other delimiters.
  if (!/^[0-9A-Fa-f.:/, ]*$/.test(entry.text) || parts.length > 32)
    throw new AppError(
      'acl_edit_refused',
      `"${printable(entry.text)}" holds several networks and is not plain: edit it by hand`,
    );
  const keep = parts.filter((part) => {
    const { rules } = rulesOfCidr(part.trim(), entry.allow, entry.ports);
    return !rules.some((rule) => isNetwork(rule, network));
  });
  return { entry, keep: keep.join(',').trimStart() };
}

/** Whether a rule is for exactly the addresses of the network. */
export function isNetwork(rule: Rule, network: Network): boolean {
  const { net, bits } = rule;
  if (net === undefined || bits !== network.bits) return false;
  if (rule.family === 'both' && (network.family !== 4 || contiguousBits(rule.mask) !== bits)) return false;
  if (rule.family !== 'both' && rule.family !== network.family) return false;
  return bits === 0 ? net === 0n : (net & maskOf(network.family, bits)) === network.value;
}

function spliceForKeep(document: AclDocument, entry: AclEntry, keep: string): Splice | undefined {
  const cidr = entry.element.attributes.find(({ name }) => name === 'cidr');
  if (cidr === undefined || cidr.end <= cidr.start) return undefined;
  const start = document.ownOffset(cidr.start);
  const last = document.ownOffset(cidr.end - 1);
  // What stands in the file must be what was read, without entities and variables.
  if (start === undefined || last === undefined || document.text.slice(start, last + 1) !== cidr.value)
    return undefined;
  return { start, end: last + 1, text: keep };
}

function portAttributes(ports: PortsText | undefined): [string, string][] {
  if (ports === undefined) return [];
  const range = /^([0-9]+)-([0-9]+)$/.exec(ports);
  const numbers = range === null ? ports.split(',') : [range[1] ?? '', range[2] ?? ''];
  const valid = numbers.every((one) => /^[0-9]{1,5}$/.test(one) && Number(one) >= 1 && Number(one) <= 65_535);
  const [first, last] = numbers.map(Number);
  if (!valid || numbers.length > 10 || (range !== null && (first ?? 0) > (last ?? 0)))
    throw new AppError(
      'acl_invalid_entry',
      `"${printable(ports)}" is not a port, up to ten ports, or a range of ports`,
    );
  if (range !== null)
    return [
      ['port-min', String(first)],
      ['port-max', String(last)],
    ];
  return [[numbers.length === 1 ? 'port' : 'ports', numbers.join(',')]];
}

/** FreeSWITCH's preprocessor searches for these in comments too. */
const OBEYED = /x-pre-process|<include>|<\/include>|<\?|\$\$\{|<!--/i;

/** @returns the bytes of a comment that changes nothing for FreeSWITCH */
function commentBytes(comment: string): string {
  const text = comment.trim();
  // eslint-disable-next-line no-control-regex -- they are what is refused
  const no = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)
    ? 'line breaks and control characters'
    : text.includes('--') || text.endsWith('-')
      ? '"--"'
      : OBEYED.test(text)
        ? "what FreeSWITCH's preprocessor looks for (X-PRE-PROCESS, <include>, <?, $${)"
        : text.length > 500
          ? 'more than 500 characters'
          : undefined;
  if (no !== undefined) throw new AppError('acl_invalid_entry', `a comment can't hold ${no}`);
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Writes, parses again, and holds the result against what it should be. */
function checked(
  document: AclDocument,
  splices: readonly Splice[],
  expected: readonly (string | undefined)[],
  options: ReadOptions | undefined,
): Edited {
  const text = spliced(document.text, splices);
  let after: AclDocument;
  try {
    after = AclDocument.parse(Buffer.from(text, 'latin1'), document.path, options);
  } catch (error) {
    throw new AppError('acl_edit_refused', `${document.path}: the edit would break the file`, {
      cause: error,
    });
  }
  const keys = keysOf(after);
  const same = keys.length === expected.length && keys.every((key, index) => key === expected[index]);
  const gaps = after.preprocessed.gaps.length === document.preprocessed.gaps.length;
  if (!same || !gaps)
    throw new AppError(
      'acl_edit_refused',
      `${document.path}: FreeSWITCH would read more than the edit differently, because of how the lines are laid out`,
    );
  return { document: after, splices };
}

function spliced(text: string, splices: readonly Splice[]): string {
  const sorted = splices.toSorted((a, b) => a.start - b.start);
  const pieces: string[] = [];
  let at = 0;
  for (const splice of sorted) {
    if (splice.start < at) throw new AppError('acl_edit_refused', 'two edits of the same place');
    pieces.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
  }
  return [...pieces, text.slice(at)].join('');
}

/** Every element with its depth and attributes, in order: what a parser sees. */
function keysOf(document: AclDocument): string[] {
  return document.markup.elements.map((element) =>
    keyOf(
      depthOf(element),
      element.name,
      element.attributes.map(({ name, value }) => [name, value] as const),
    ),
  );
}

function keyOf(depth: number, name: string, attributes: readonly (readonly [string, string])[]): string {
  const sorted = attributes.map((pair) => JSON.stringify(pair)).toSorted();
  return `${depth} ${name} ${sorted.join(' ')}`;
}

function depthOf(element: Element): number {
  let depth = 0;
  for (let one = element.parent; one !== undefined; one = one.parent) depth += 1;
  return depth;
}

function lastInside(element: Element): Element {
  let last = element;
  for (let child = last.children.at(-1); child !== undefined; child = last.children.at(-1)) last = child;
  return last;
}

function elsewhere(document: AclDocument, element: Element): AppError {
  const { file, line } = document.lineOf(element);
  const what =
    element.name === 'list'
      ? `list "${shown(element.attributes.find(({ name }) => name === 'name')?.value ?? '')}"`
      : `<${element.name}>`;
  return new AppError(
    'acl_edit_refused',
    `the ${what} stands in ${file}:${line}, made by the preprocessor: edit it there`,
  );
}
