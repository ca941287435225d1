import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isPlainMap } from './layer.js';
import type { Path, Problem } from './problem.js';
import { pathText } from './problem.js';
import type { Shape } from './shape.js';

/** `{env: NAME}` or `{file: path}`, written where a text is expected. */
export type SecretReference = { readonly env: string } | { readonly file: string };

const MAX_SECRET_BYTES = 64 * 1024;
/** What is no name may be the secret itself, and is not shown. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

function isSecretReference(value: unknown): value is SecretReference {
  if (!isPlainMap(value)) return false;
  const entries = Object.entries(value);
  const [key, name] = entries[0] ?? [];
  return entries.length === 1 && (key === 'env' || key === 'file') && typeof name === 'string';
}

/** One line break at the end of the file is not part of the secret. */
export function readSecret(
  reference: SecretReference,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly value: string } | { readonly problem: string } {
  if ('env' in reference) {
    const value = env[reference.env];
    if (value !== undefined && value !== '') return { value };
    return NAME.test(reference.env)
      ? { problem: `the environment variable ${reference.env} is not set` }
      : { problem: 'what stands behind env is no name of an environment variable' };
  }
  const file = resolve(folder, reference.file);
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text === '') return { problem: `the file ${file} is empty` };
    if (text.length > MAX_SECRET_BYTES) return { problem: `the file ${file} is larger than 64 kB` };
    return { value: text };
  } catch (error) {
    return {
      problem: `the file ${file} can't be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    };
  }
}

/**
 * Replaces references to secrets by what they refer to, and makes the paths that the schema marks absolute.
 * What the schema doesn't know is left as it is: validation reports it.
 */
export function resolveReferences(
  value: unknown,
  shape: Shape | undefined,
  context: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> },
  problems: Problem[],
  path: Path = [],
): unknown {
  if (shape === undefined) return value;
  if (isSecretReference(value) && shape.takesText && !shape.isOpen && shape.keys().length === 0) {
    const read = readSecret(value, context.folder, context.env);
    if ('value' in read) return read.value;
    problems.push({ at: path, message: `${pathText(path)}: ${read.problem}` });
    return value;
  }
  if (typeof value === 'string') return shape.isPath && value !== '' ? resolve(context.folder, value) : value;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) =>
      resolveReferences(item, shape.child(index), context, problems, [...path, index]),
    );
  }
  if (!isPlainMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      resolveReferences(item, shape.child(key), context, problems, [...path, key]),
    ]),
  );
}
