import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../errors.js';

/** So many names are looked at: five `*` in a row are the whole disk, and `*` and `..` by turns never come to an end. */
const MAX_NAMES = 200_000;

/**
 * The files that a pattern of FreeSWITCH's includes names, in FreeSWITCH's order (the bytes of their names).
 * `*`, `?` and `[…]` may stand in every part of the path; a leading dot must be written. Nothing matches in a folder
 * that cannot be read. A name without a pattern is taken as it is when something is there.
 * @throws AppError switch_config_invalid when very many names would have to be looked at
 */
export function glob(pattern: string): string[] {
  const absolute = path.isAbsolute(pattern);
  const parts = pattern.split('/').filter((part) => part !== '');
  let found = [absolute ? '/' : '.'];
  let looked = 0;
  const namesIn = (folder: string): readonly string[] => {
    const names = namesOf(folder);
    looked += names.length + 1;
    if (looked <= MAX_NAMES) return names;
    throw new AppError(
      'switch_config_invalid',
      `"${pattern.slice(0, 200)}" means more than ${MAX_NAMES} names to look at`,
    );
  };
  for (const part of parts) {
    found = /[*?[]/.test(part)
      ? found.flatMap((folder) => matching(folder, namesIn(folder), part))
      : found.map((folder) => path.join(folder, part)).filter(exists);
  }
  return found;
}

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function matching(folder: string, names: readonly string[], part: string): string[] {
  const pieces = piecesOf(part);
  return names
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && fits(pieces, name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => path.join(folder, name));
}

const ANY = '*';
/** One character. */
type One = (character: string) => boolean;
type Piece = typeof ANY | One;

/** No regular expression is made of it: several `*` would take one very long on some names. */
function piecesOf(part: string): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < part.length; at += 1) {
    const character = part.charAt(at);
    const end = character === '[' ? endOfSet(part, at) : -1;
    if (end > 0) {
      pieces.push(setOf(part.slice(at + 1, end)));
      at = end;
    } else if (character !== ANY) pieces.push((other) => character === '?' || other === character);
    else if (pieces.at(-1) !== ANY) pieces.push(ANY);
  }
  return pieces;
}

/** A `]` right at the beginning is one of the set. Without an end, the bracket stands for itself. */
function endOfSet(part: string, open: number): number {
  const first = /[!^]/.test(part.charAt(open + 1)) ? open + 2 : open + 1;
  return part.indexOf(']', first + 1);
}

/** `a-z_`, `!a-z`, `^a-z` */
function setOf(text: string): One {
  const isNot = /^[!^]/.test(text);
  const listed = isNot ? text.slice(1) : text;
  return (character) => {
    for (let at = 0; at < listed.length; at += 1) {
      const isRange = listed.charAt(at + 1) === '-' && at + 2 < listed.length;
      const last = isRange ? listed.charAt(at + 2) : listed.charAt(at);
      if (character >= listed.charAt(at) && character <= last) return !isNot;
      if (isRange) at += 2;
    }
    return isNot;
  };
}

/** Only the last `*` that was passed need be tried again: the steps are at most pieces times characters. */
function fits(pieces: readonly Piece[], name: string): boolean {
  let piece = 0;
  let at = 0;
  let star = -1;
  let from = 0;
  while (at < name.length) {
    const next = pieces[piece];
    if (next === ANY) {
      star = piece;
      from = at;
      piece += 1;
    } else if (next?.(name.charAt(at)) === true) {
      piece += 1;
      at += 1;
    } else if (star >= 0) {
      piece = star + 1;
      from += 1;
      at = from;
    } else return false;
  }
  return pieces.slice(piece).every((rest) => rest === ANY);
}

/** Nothing has such a name: below a file, too long, in a circle of links, with a NUL. */
const NO_NAME: ReadonlySet<unknown> = new Set(['ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE']);

/** Where it can't be told (a folder that must not be looked into), whoever reads the file gets to know why. */
function exists(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return !NO_NAME.has((error as NodeJS.ErrnoException).code);
  }
}
