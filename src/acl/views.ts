import type { AclDocument } from './document.js';
import { shown } from './document.js';
import type { Note } from './effect.js';
import type { Finding } from './finding.js';
import type { AclEntry, AclList } from './lists.js';
import { hasPorts } from './rule.js';
import type { Ports } from './rule.js';

/** How lists are told to people and programs; plain JSON. */

export type Word = 'allow' | 'deny';

export interface ListView {
  readonly name: string;
  readonly default: Word;
  readonly entries: number;
  readonly file?: string;
  readonly line?: number;
  /** FreeSWITCH makes it itself. */
  readonly builtin: boolean;
  /** A later list of the same name takes its place. */
  readonly replaced: boolean;
  /** How many errors and warnings `check` has about it. */
  readonly problems: number;
}

export interface EntryView {
  readonly type: Word;
  readonly kind: 'cidr' | 'host' | 'domain' | 'nothing';
  /** As it is written. */
  readonly text: string;
  readonly ports?: string;
  readonly file: string;
  readonly line: number;
}

export interface ListContent {
  readonly list: ListView;
  readonly entries: readonly EntryView[];
  readonly findings: readonly Finding[];
}

export interface EditView {
  readonly file: string;
  readonly list: string;
  /** Whether the file is another now. */
  readonly changed: boolean;
  readonly notes: readonly Note[];
  /** The lines that differ: `-` before, `+` after. */
  readonly diff: string;
  /** Where the file as it was before is kept. */
  readonly backup?: string;
}

export interface TestView {
  readonly address: string;
  readonly port?: number;
  readonly list: string;
  readonly builtin: boolean;
  /** `unknown`: it depends on what only FreeSWITCH knows. */
  readonly answer: Word | 'unknown';
  /** What decides, in words. */
  readonly because: string;
  /** The entry that decides. */
  readonly entry?: EntryView;
  /** Further entries that are for the address and do not decide. */
  readonly outranked: readonly EntryView[];
  /** What FreeSWITCH itself says, when it was asked. */
  readonly freeswitch?: Word;
  /** Whether both say the same; nothing when one of them says nothing. */
  readonly agrees?: boolean;
}

export interface TestAnswer {
  readonly tests: readonly TestView[];
  /** Why FreeSWITCH was not asked, or what a difference means. */
  readonly notes: readonly string[];
}

export interface CheckView {
  readonly file: string;
  readonly findings: readonly Finding[];
  readonly errors: number;
  readonly warnings: number;
  /** What could not be looked at. */
  readonly notes: readonly string[];
}

export interface ApplyView {
  readonly file: string;
  /** What FreeSWITCH said. */
  readonly answer: string;
  /** How many of its answers were compared with what the file says. */
  readonly compared: number;
  readonly differences: readonly TestView[];
}

export function word(allow: boolean): Word {
  return allow ? 'allow' : 'deny';
}

export function listView(document: AclDocument, list: AclList, findings: readonly Finding[]): ListView {
  const name = shown(list.name);
  const place = document.lineOf(list.element);
  return {
    name,
    default: word(list.allowByDefault),
    entries: list.entries.length,
    ...place,
    builtin: false,
    replaced: document.list(list.name) !== list,
    problems: findings.filter((one) => one.list === name && one.severity !== 'info').length,
  };
}

export function entryView(document: AclDocument, entry: AclEntry): EntryView {
  const ports = portsText(entry.ports);
  return {
    type: word(entry.allow),
    kind: entry.kind,
    text: shown(entry.text),
    ...(ports === undefined ? {} : { ports }),
    ...document.lineOf(entry.element),
  };
}

function portsText(ports: Ports): string | undefined {
  if (!hasPorts(ports)) return undefined;
  const parts = [
    ...(ports.port === 0 ? [] : [String(ports.port)]),
    ...ports.ports.map(String),
    ...(ports.min === 0 && ports.max === 0 ? [] : [`${ports.min}-${ports.max}`]),
  ];
  return parts.join(',');
}

/** The lines that an edit touches, before and after. Bytes in, text out. */
export function diffOf(before: string, after: string): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const lines: string[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < now.length) {
    if (old[left] === now[right]) {
      left += 1;
      right += 1;
      continue;
    }
    // The nearest place where both go on alike. Edits are a few lines, so looking near is enough.
    const [skipOld, skipNew] = nearest(old, now, left, right);
    lines.push(`@@ line ${right + 1} @@`);
    for (const line of old.slice(left, left + skipOld)) lines.push(`-${shownLine(line)}`);
    for (const line of now.slice(right, right + skipNew)) lines.push(`+${shownLine(line)}`);
    left += skipOld;
    right += skipNew;
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

const NEAR = 50;

function nearest(
  old: readonly string[],
  now: readonly string[],
  left: number,
  right: number,
): [number, number] {
  for (let distance = 1; distance <= 2 * NEAR; distance += 1) {
    for (let skip = 0; skip <= distance; skip += 1) {
      const [a, b] = [skip, distance - skip];
      const ended = left + a >= old.length && right + b >= now.length;
      if (ended || (left + a < old.length && old[left + a] === now[right + b])) return [a, b];
    }
  }
  return [old.length - left, now.length - right];
}

function linesOf(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}

function shownLine(line: string): string {
  return Buffer.from(line.replace(/(?<![\r\n])[\r\n]+$/, ''), 'latin1')
    .toString('utf8')
    .replaceAll('\t', '    ')
    .replaceAll(/\p{Cc}/gu, '\u00b7');
}
