import { readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { checked } from '../checked.js';
import { problemsOf } from '../config/issues.js';
import { isPlainMap, yamlLayer } from '../config/layer.js';
import type { Layer } from '../config/layer.js';
import { ConfigError, pathText } from '../config/problem.js';
import type { Problem } from '../config/problem.js';
import { resolveReferences } from '../config/secret.js';
import { Shape } from '../config/shape.js';
import { functionsFileSchema } from './settings.js';
import type { FunctionSettings } from './settings.js';
import type { FileChange } from './uses.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** functions.yaml as it is. */
export interface FunctionsFile {
  readonly path: string;
  readonly text: string;
  /** Ready to be used: secrets are read, paths are absolute. */
  readonly functions: ReadonlyMap<string, FunctionSettings>;
  /** As it is written: `{env: NAME}` stays that. */
  readonly written: Readonly<Record<string, unknown>>;
  /** `functions.yaml:12` */
  placeOf(name: string): string;
}

let shape: Shape | undefined;

/**
 * @param whenMissing what to do when there is no such file
 * @throws ConfigError `config_unreadable`, `config_invalid`, with everything that is wrong
 */
export function readFunctionsFile(
  path: string,
  env: Environment,
  whenMissing: 'fail' | 'empty' = 'fail',
): FunctionsFile {
  return parseFunctionsFile(textOf(path, whenMissing), path, env);
}

/** @throws ConfigError `config_unreadable`, `config_invalid` */
export function parseFunctionsFile(text: string, path: string, env: Environment): FunctionsFile {
  const read = yamlLayer(text, basename(path), dirname(path));
  if ('problems' in read) throw new ConfigError('config_unreadable', read.problems);
  const { layer } = read;
  shape ??= Shape.of(functionsFileSchema);
  const problems: Problem[] = [];
  const written = withoutNull(layer.value);
  const value = resolveReferences(written, shape, { folder: layer.folder, env }, problems);
  const result = checked(functionsFileSchema, value);
  const schema = shape;
  if (!result.success) {
    const told = new Set(problems.map(({ at }) => pathText(at)));
    const found = result.error.issues.flatMap((issue) => problemsOf(issue, schema, value));
    problems.push(...found.filter(({ at }) => !told.has(pathText(at))));
  }
  if (!result.success || problems.length > 0) {
    throw new ConfigError(
      'config_invalid',
      problems.map((problem) => ({ ...problem, place: problem.place ?? placeIn(layer, problem.at) })),
    );
  }
  const functions = isPlainMap(written) && isPlainMap(written['functions']) ? written['functions'] : {};
  return {
    path,
    text,
    functions: new Map(Object.entries(result.data.functions)),
    written: functions,
    placeOf: (name) => placeIn(layer, ['functions', name]),
  };
}

/**
 * The file as it would be after `edit`. Comments, order and quotes stay; blanks become those of the YAML library.
 * Writes nothing.
 * @param edit may use `functions` of the document: it is a map
 * @throws ConfigError when it would not be valid
 */
export function editedFunctionsFile(
  file: FunctionsFile,
  env: Environment,
  edit: (document: Document) => void,
): FileChange {
  const document = parseDocument(file.text, { logLevel: 'error', uniqueKeys: false });
  // Nothing but an anchor or a tag is in the file.
  if (document.contents !== null && !isMap(document.contents)) document.contents = null;
  if (!isMap(document.get('functions'))) document.set('functions', document.createNode({}));
  const functions = document.get('functions');
  // An empty map is written as {}; what is added to it shall stand below each other.
  if (isMap(functions) && functions.items.length === 0) functions.flow = false;
  edit(document);
  const after = document.toString({ lineWidth: 0 });
  parseFunctionsFile(after, file.path, env);
  return { path: file.path, before: file.text, after };
}

function textOf(path: string, whenMissing: 'fail' | 'empty'): string {
  try {
    if (statSync(path).isFile()) return readFileSync(path, 'utf8');
    throw new ConfigError('config_unreadable', [{ at: [], message: `${path} is not a file` }]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code = 'error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && whenMissing === 'empty') return '';
    throw new ConfigError('config_unreadable', [{ at: [], message: `${path} can't be read (${code})` }]);
  }
}

/** `functions:` with nothing behind it is no mistake. */
function withoutNull(value: unknown): unknown {
  if (!isPlainMap(value) || value['functions'] !== null) return value;
  return { ...value, functions: {} };
}

function placeIn(layer: Layer, path: readonly (string | number)[]): string {
  return layer.find(path).place;
}
