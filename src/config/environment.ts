import { parse } from 'yaml';
import { isPlainMap } from './layer.js';
import type { Layer } from './layer.js';
import type { Problem } from './problem.js';
import { pathText } from './problem.js';
import { readSecret } from './secret.js';
import type { Shape } from './shape.js';

const PREFIX = 'SWITCHHOOK_';

export interface EnvironmentLayer extends Layer {
  /** The variables that were used. */
  readonly variables: readonly string[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

interface Assignment {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * `SWITCHHOOK_LISTEN__PORT=8084` sets `listen.port`; with `_FILE` at its end, the variable names a file that holds
 * the value. Two underscores stand between levels, so that what an orchestrator puts into the environment for a
 * service named switchhook (`SWITCHHOOK_PORT=tcp://…`) is not taken for configuration.
 *
 * @param below the configuration so far: names that users chose are found in it whatever their case
 */
export function environmentLayer(
  env: Readonly<Record<string, string | undefined>>,
  shape: Shape,
  below: unknown,
  folder: string,
): EnvironmentLayer {
  const assignments: Assignment[] = [];
  const problems: Problem[] = [];
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const rest = variable.slice(PREFIX.length);
    if (!rest.includes('__')) {
      const section = shape.keys().find((key) => rest.toLowerCase().startsWith(`${key}_`));
      if (section !== undefined) {
        warnings.push(
          `${variable} is not used: two underscores stand between levels (${PREFIX}${section.toUpperCase()}__…).`,
        );
      }
      continue;
    }
    const { path, fromFile } = pathOf(rest.split('__'), shape, below);
    const read = fromFile ? readSecret({ file: text }, folder, env) : { value: text };
    if ('problem' in read) {
      problems.push({ at: path, message: `${pathText(path)}: ${read.problem}`, place: variable });
    } else {
      assignments.push({ variable, path, value: typed(read.value, shape.at(path)) });
    }
  }
  const value = assignments.reduce<Record<string, unknown>>(
    (all, { path, value }) => assign(all, path, value),
    {},
  );
  return {
    value,
    folder,
    problems,
    warnings,
    variables: assignments.map(({ variable }) => variable),
    find(path) {
      // A problem below a value that a variable set as a whole is the variable's too.
      const hit = assignments.find((one) =>
        one.path.slice(0, path.length).every((part, index) => part === path[index]),
      );
      return hit === undefined ? { depth: 0, place: '' } : { depth: path.length, place: hit.variable };
    },
  };
}

function pathOf(
  segments: readonly string[],
  shape: Shape,
  below: unknown,
): { readonly path: string[]; readonly fromFile: boolean } {
  const path: string[] = [];
  let fromFile = false;
  let here: Shape | undefined = shape;
  let value = below;
  for (const [index, segment] of segments.entries()) {
    const known: string[] = [...(here?.keys() ?? []), ...(isPlainMap(value) ? Object.keys(value) : [])];
    let name = known.find((key) => folded(key) === folded(segment));
    const isLast = index === segments.length - 1;
    if (name === undefined && isLast && /._FILE$/i.test(segment)) {
      fromFile = true;
      const stem = segment.slice(0, -'_FILE'.length);
      name = known.find((key) => folded(key) === folded(stem)) ?? stem.toLowerCase();
    }
    name ??= segment.toLowerCase();
    path.push(name);
    here = here?.child(name);
    value = isPlainMap(value) ? value[name] : undefined;
  }
  return { path, fromFile };
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
}

/** Text stays text where the schema wants text; elsewhere it is read as YAML: numbers, booleans, `[a, b]`. */
function typed(text: string, shape: Shape | undefined): unknown {
  if (shape === undefined || shape.takesOnlyText) return text;
  if (shape.takesText && !/^\s*[[{]/.test(text)) return text;
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch {
    // The schema says what it expected instead.
    return text;
  }
}

function assign(
  all: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const [first, ...rest] = path;
  if (first === undefined) return all;
  const below = all[first];
  return { ...all, [first]: rest.length === 0 ? value : assign(isPlainMap(below) ? below : {}, rest, value) };
}
