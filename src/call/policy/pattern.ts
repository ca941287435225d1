import { MAX_MATCHED_LENGTH } from '../../safe-pattern.js';

export function matchesAny(patterns: readonly RegExp[], text: string): boolean {
  return text.length <= MAX_MATCHED_LENGTH && patterns.some((pattern) => pattern.test(text));
}

/** Names of variables: exact, or with one `*` at the end. FreeSWITCH does not tell upper from lower case in them. */
export interface NameList {
  readonly exact: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

export function compileNames(names: readonly string[]): NameList {
  const lower = names.map((name) => name.toLowerCase());
  return {
    exact: new Set(lower.filter((name) => !name.endsWith('*'))),
    prefixes: lower.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1)),
  };
}
