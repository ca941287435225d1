import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { AppError } from '../../errors.js';
import { readCaseFile } from '../../flow-test/case-file.js';
import type { CaseOfFile } from '../../flow-test/suite.js';
import { shownPlace } from './workplace.js';

interface TestCases {
  readonly cases: readonly CaseOfFile[];
  /** The files of them, parsed and otherwise as they are. */
  readonly contents: readonly { readonly name: string; readonly content: unknown }[];
}

/**
 * @param paths files of cases, or folders of them
 * @param only cases with that in their name
 * @param mayBeNone for somebody else to have some
 * @throws AppError `usage` when there is no case; `config_unreadable`, `config_invalid` for a file that is none
 */
export function testCases(paths: readonly string[], only: string | undefined, mayBeNone = false): TestCases {
  const files = paths.flatMap(filesAt);
  const cases = files
    .flatMap((file) => readCaseFile(file).map((one): CaseOfFile => ({ file: shownPlace(file), one })))
    .filter(({ one }) => only === undefined || one.name.includes(only));
  if (cases.length === 0 && !mayBeNone) throw new AppError('usage', `no test case in ${paths.join(', ')}`);
  const contents = files.map((file) => ({
    name: shownPlace(file),
    content: parse(readFileSync(file, 'utf8')) as unknown,
  }));
  return { cases, contents };
}

function filesAt(path: string): string[] {
  const whole = resolve(path);
  if (!existsSync(whole)) throw new AppError('config_unreadable', `${path} can't be read (ENOENT)`);
  if (!statSync(whole).isDirectory()) return [whole];
  return readdirSync(whole)
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(whole, name));
}
