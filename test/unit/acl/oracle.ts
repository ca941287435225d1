import { parseAddress, readNetwork } from '../../../src/acl/address.js';
import { decide } from '../../../src/acl/decide.js';
import type { AclDocument, ReadOptions } from '../../../src/acl/document.js';
import { addEntry, removalsOf, removeEntries } from '../../../src/acl/edit.js';
import { AppError } from '../../../src/errors.js';

export interface EditRequest {
  readonly operation: string;
  readonly cidr: string;
  readonly allow: boolean;
  readonly comment: string | null;
  readonly ports: string | undefined;
}

export type EditResult =
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'done'; readonly document: AclDocument; readonly problem: string | undefined };

/** Performs an edit and looks, without the editor's own means, whether anything else is different. */
export function apply(
  before: AclDocument,
  name: string,
  request: EditRequest,
  options: ReadOptions = {},
): EditResult {
  const list = before.list(Buffer.from(name).toString('latin1'));
  const read = readNetwork(request.cidr);
  if (list === undefined || 'problem' in read) return { kind: 'refused', code: 'none' };
  try {
    if (request.operation === 'add') {
      const { document } = addEntry(
        before,
        list,
        {
          network: read.network,
          allow: request.allow,
          comment: request.comment ?? undefined,
          ports: request.ports,
        },
        options,
      );
      return { kind: 'done', document, problem: problemOfAdding(before, document) };
    }
    const removals = removalsOf(list, request.cidr, read.network);
    if (removals.length === 0) return { kind: 'refused', code: 'acl_no_such_entry' };
    const { document } = removeEntries(before, removals, options);
    return { kind: 'done', document, problem: problemOfRemoving(before, document) };
  } catch (error) {
    if (error instanceof AppError) return { kind: 'refused', code: error.code };
    throw error;
  }
}

const NEW_NODE =
  /^\s*<node (?:type=(["'])(?:allow|deny)\1 cidr=\1[0-9a-f.:]+\/[0-9]+\1(?: port[a-z-]*=\1[0-9,]+\1){0,2}|cidr=(["'])[0-9a-f.:]+\/[0-9]+\2(?: port[a-z-]*=\2[0-9,]+\2){0,2} type=\2(?:allow|deny)\2) ?\/>(?: <!-- [^\r\n]* -->)?\s*$/;

function problemOfAdding(before: AclDocument, after: AclDocument): string | undefined {
  const inserted = withoutInsertion(before.text, after.text);
  if (inserted !== undefined && NEW_NODE.test(inserted)) return undefined;
  // A list that was closed in its own tag is opened: "/>" becomes ">…</list>".
  const opened = after.text.replace(
    />(\s*<node [^>]*>(?: <!-- [^\r\n]* -->)?\s*)<\/list>/g,
    (whole, inside: string, at: number) =>
      after.text.slice(0, at) === before.text.slice(0, at) &&
      before.text.startsWith('/>', at) &&
      NEW_NODE.test(inside)
        ? '/>'
        : whole,
  );
  return opened === before.text ? undefined : `added ${JSON.stringify(inserted ?? after.text)}`;
}

/** What stands in `after` and not in `before`, when it is one stretch. */
export function withoutInsertion(before: string, after: string): string | undefined {
  const length = after.length - before.length;
  if (length <= 0) return undefined;
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  for (let at = start; at >= 0 && start - at <= length; at -= 1)
    if (before.slice(at) === after.slice(at + length)) {
      const inserted = after.slice(at, at + length);
      if (NEW_NODE.test(inserted)) return inserted;
    }
  return undefined;
}

/** What may go: entries, with their line and a comment beside them; networks out of a `cidr`. */
const MAY_GO = [
  /<node[^<>]*(?:\/>|>\s*(?:<!-- inside -->)?<\/node>)/y,
  /[ \t]*<node[^<>]*(?:\/>|>\s*(?:<!-- inside -->)?<\/node>)[ \t]*(?:<!--(?:(?!--)[^\r\n])*-->[ \t]*)?(?:\r\n|\r|\n)/y,
  /[ ]*[0-9a-fA-F:.]+\/[0-9]+[ ]*,?[ ]*/y,
  /,[ ]*[0-9a-fA-F:.]+\/[0-9]+[ ]*/y,
  // Blanks at the start of a `cidr`.
  /(?<=["'])[ ]+/y,
];

/** Whether `after` is `before` without some things that may go. */
function problemOfRemoving({ text: before }: AclDocument, { text: after }: AclDocument): string | undefined {
  // Which places of `after` can be reached at each place of `before`.
  const reached = new Map<number, Set<number>>([[0, new Set([0])]]);
  const reach = (at: number, other: number): void => {
    const places = reached.get(at) ?? new Set();
    reached.set(at, places.add(other));
  };
  for (let at = 0; at < before.length; at += 1) {
    const places = reached.get(at);
    if (places === undefined) continue;
    reached.delete(at);
    const ends = MAY_GO.flatMap((unit) => {
      unit.lastIndex = at;
      return unit.test(before) ? [unit.lastIndex] : [];
    });
    for (const other of places) {
      if (before[at] === after[other]) reach(at + 1, other + 1);
      for (const end of ends) reach(end, other);
    }
  }
  return reached.get(before.length)?.has(after.length) === true ? undefined : `removed too much: ${after}`;
}

export function decisionsOf(document: AclDocument, addresses: readonly string[]): Record<string, string> {
  const decisions: Record<string, string> = {};
  for (const { name } of document.lists) {
    const list = document.list(name);
    for (const text of addresses) {
      const address = parseAddress(text);
      if (list === undefined || address === undefined) continue;
      decisions[`${text} ${Buffer.from(name, 'latin1').toString()}`] = String(decide(list, address).allowed);
    }
  }
  return decisions;
}
