import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Inputs that once did what must not happen: `cases/<target>/<name>`. */

const FOLDER = path.join(import.meta.dirname, 'cases');

export interface Case {
  readonly name: string;
  readonly input: Uint8Array;
}

export function casesOf(target: string): readonly Case[] {
  const folder = path.join(FOLDER, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, input: readFileSync(path.join(folder, name)) }));
}

/** @returns the path of the file */
export function saveCase(target: string, input: Uint8Array): string {
  const folder = path.join(FOLDER, target);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, createHash('sha256').update(input).digest('hex').slice(0, 12));
  writeFileSync(file, input);
  return file;
}
