import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checked } from '../checked.js';
import { crossCheck, remarks } from './cross-check.js';
import { environmentLayer } from './environment.js';
import { problemsOf } from './issues.js';
import { isPlainMap, merge, yamlLayer } from './layer.js';
import type { Layer } from './layer.js';
import { ConfigError, pathText } from './problem.js';
import type { Problem } from './problem.js';
import { configSchema } from './schema.js';
import type { Config } from './schema.js';
import { resolveReferences } from './secret.js';
import { Shape } from './shape.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration and where it comes from. */
export interface ReadConfig {
  readonly config: Config;
  /** Files that were read, in order; later ones win. */
  readonly files: readonly string[];
  /** Environment variables that were used. */
  readonly variables: readonly string[];
  /** What is allowed but worth a look. */
  readonly warnings: readonly string[];
}

/**
 * The configuration in force: the file, `conf.d/*.yaml` beside it in the order of their names, the environment.
 * Frozen through and through.
 *
 * @param path undefined: defaults and environment only
 * @throws ConfigError with every problem there is, each with its place
 */
export function loadConfig(path: string | undefined, env: Environment = {}): Config {
  return readConfig(path, env).config;
}

/** As `loadConfig`, and tells what was read and what is worth a remark. */
export function readConfig(path: string | undefined, env: Environment = {}): ReadConfig {
  const shape = Shape.of(configSchema);
  const files = path === undefined ? [] : filesOf(path);
  const { layers, problems } = readLayers(files, shape, env);
  const below = layers.reduce<unknown>((merged, layer) => merge(merged, layer.value), {});

  const environment = environmentLayer(env, shape, below, process.cwd());
  layers.push({
    ...environment,
    value: resolveReferences(environment.value, shape, { folder: environment.folder, env }, problems),
  });
  problems.push(...environment.problems);

  const merged = withoutEmpty(merge(below, layers.at(-1)?.value), shape);
  const result = checked(configSchema, merged);
  const told = new Set(problems.map(({ at }) => pathText(at)));
  const found = [
    ...(result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, shape, merged))),
    ...crossCheck(merged),
  ].filter(({ at }) => !told.has(pathText(at)));
  problems.push(...found.map((problem) => placed(problem, layers)));
  if (!result.success || problems.length > 0) throw new ConfigError('config_invalid', problems);
  return {
    config: deepFreeze(result.data),
    files: files.map(({ path }) => path),
    variables: environment.variables,
    warnings: [...environment.warnings, ...remarks(result.data)],
  };
}

interface ConfigFile {
  readonly path: string;
  readonly name: string;
}

function filesOf(path: string): ConfigFile[] {
  const main = resolve(path);
  const folder = join(dirname(main), 'conf.d');
  const more = listFolder(folder)
    .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
    .sort();
  return [
    { path: main, name: basename(main) },
    ...more.map((name) => ({ path: join(folder, name), name: `conf.d/${name}` })),
  ];
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new ConfigError('config_unreadable', [{ at: [], message: `${folder} can't be read (${code})` }]);
  }
}

/** @throws ConfigError `config_unreadable` for files that can't be read or are not YAML; all of them at once */
function readLayers(
  files: readonly ConfigFile[],
  shape: Shape,
  env: Environment,
): { readonly layers: Layer[]; readonly problems: Problem[] } {
  const layers: Layer[] = [];
  const problems: Problem[] = [];
  const unreadable: Problem[] = [];
  for (const { path, name } of files) {
    const text = readText(path);
    if (typeof text !== 'string') {
      unreadable.push({ at: [], message: `${path} can't be read (${text.code})` });
      continue;
    }
    const read = yamlLayer(text, name, dirname(path));
    if ('problems' in read) {
      unreadable.push(...read.problems);
      continue;
    }
    const found: Problem[] = [];
    const value = resolveReferences(read.layer.value, shape, { folder: read.layer.folder, env }, found);
    const layer: Layer = { ...read.layer, value };
    layers.push(layer);
    problems.push(...found.map((problem) => ({ ...problem, place: layer.find(problem.at).place })));
  }
  if (unreadable.length > 0) throw new ConfigError('config_unreadable', unreadable);
  return { layers, problems };
}

function readText(path: string): string | { readonly code: string } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'error' };
  }
}

/** A key with nothing behind it (`endpoints:` with everything below commented out) counts as not written. */
function withoutEmpty(value: unknown, shape: Shape | undefined): unknown {
  if (!isPlainMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => item !== null || shape?.hasKey(key) !== true)
      .map(([key, item]) => [key, withoutEmpty(item, shape?.child(key))]),
  );
}

/** Adds the place: the last layer among those that have most of the path. */
function placed(problem: Problem, layers: readonly Layer[]): Problem {
  let best: { readonly depth: number; readonly place: string } = { depth: 0, place: '' };
  for (const layer of layers) {
    const found = layer.find(problem.at);
    if (found.depth > 0 && found.depth >= best.depth) best = found;
  }
  return best.depth === 0 ? problem : { ...problem, place: best.place };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
