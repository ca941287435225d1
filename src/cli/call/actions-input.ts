import { readFileSync } from 'node:fs';
import { AppError } from '../../errors.js';
import type { Cli } from '../cli.js';

/**
 * A list of actions from a file, or from standard input (`-`), or written on the command line itself (`[…]`). What is
 * in it is for the daemon to judge.
 * @throws AppError `usage`
 */
export async function readActions(cli: Cli, from: string): Promise<unknown> {
  const text = from.startsWith('[') ? from : from === '-' ? await cli.readInput() : readText(from);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const place = error instanceof Error ? (/position \d+[^"]*$/.exec(error.message)?.[0] ?? '') : '';
    throw new AppError('usage', `${nameOf(from)}: not a JSON text ${place}`.trim());
  }
  if (!Array.isArray(value)) throw new AppError('usage', `${nameOf(from)}: expected a JSON array of actions`);
  return value;
}

function nameOf(from: string): string {
  return from === '-' ? 'standard input' : from.startsWith('[') ? 'the list' : from;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new AppError('usage', `${file} can't be read (${code})`);
  }
}
