import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Target } from './target.js';

const FOLDER = path.join(import.meta.dirname, 'targets');
/** Faulty on purpose, to see that what is wrong is found: their names begin with `planted-`. */
const PLANTED = path.join(import.meta.dirname, 'planted');

/** Names of all targets, in order. */
export function targetNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}

/** @throws Error when the file does not export a target of that name */
export async function loadTarget(name: string): Promise<Target> {
  const folder = name.startsWith('planted-') ? PLANTED : FOLDER;
  const file = pathToFileURL(path.join(folder, `${name}.ts`)).href;
  const { target } = (await import(file)) as { readonly target?: Target };
  if (target?.name !== name) throw new Error(`${file} does not export a target called ${name}`);
  return target;
}
