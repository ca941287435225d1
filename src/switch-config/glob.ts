import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * The files that a pattern of FreeSWITCH's includes names, in FreeSWITCH's order (the bytes of their names).
 * `*`, `?` and `[…]` may stand in every part of the path; a leading dot must be written. Nothing matches in a folder
 * that cannot be read. A name without a pattern is taken as it is when something is there.
 */
export function glob(pattern: string): string[] {
  const absolute = path.isAbsolute(pattern);
  const parts = pattern.split('/').filter((part) => part !== '');
  let found = [absolute ? '/' : '.'];
  for (const part of parts) {
    found = /[*?[]/.test(part)
      ? found.flatMap((folder) => matching(folder, part))
      : found.map((folder) => path.join(folder, part)).filter(exists);
  }
  return found;
}

function matching(folder: string, part: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const expression = expressionOf(part);
  if (expression === undefined) return [];
  return names
    .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && expression.test(name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map((name) => path.join(folder, name));
}

/** @returns undefined when the brackets make no sense */
function expressionOf(part: string): RegExp | undefined {
  const source = part
    .replaceAll(/\[!/g, '[^')
    .replaceAll(/[.+${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return undefined;
  }
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
