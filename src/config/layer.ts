import { isAlias, isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { Document, Node } from 'yaml';
import { readYaml } from '../yaml-document.js';
import type { Path, Problem } from './problem.js';

/** Where something was found, and how much of the path that was asked for (0: nothing). */
export interface Found {
  readonly depth: number;
  readonly place: string;
}

/** One source of configuration: a file, or the environment. Later layers win. */
export interface Layer {
  readonly value: unknown;
  /** The folder against which the relative paths in it are meant. */
  readonly folder: string;
  find(path: Path): Found;
}

/**
 * @param name how messages call the file
 * @returns the layer, or what is wrong with the YAML; all of it, each with its line
 */
export function yamlLayer(
  text: string,
  name: string,
  folder: string,
): { readonly layer: Layer } | { readonly problems: Problem[] } {
  const lines = new LineCounter();
  const document = readYaml(text, lines);
  const place = (offset: number): string => `${name}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map((error) => ({
        at: [],
        message: `YAML: ${error.message}`,
        place: place(error.pos[0]),
      })),
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof RangeError ? 'nested too deep' : (error as Error).message;
    return { problems: [{ at: [], message: `YAML: ${message}`, place: name }] };
  }
  if (value === null || value === undefined) value = {};
  if (!isPlainMap(value)) {
    return { problems: [{ at: [], message: 'the file must hold keys and values', place: `${name}:1` }] };
  }
  const find = (path: Path): Found => {
    const found = locate(document, path);
    return { depth: found.depth, place: place(found.offset) };
  };
  return { layer: { value, folder, find } };
}

/** Follows the path through the document as far as it goes. */
function locate(document: Document, path: Path): { depth: number; offset: number } {
  let node = resolved(document.contents, document);
  let offset = document.contents?.range?.[0] ?? 0;
  let depth = 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = resolved(pair.value as Node | null, document);
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      const item = node.items[part] as Node | null;
      offset = item?.range?.[0] ?? offset;
      node = resolved(item, document);
    } else {
      break;
    }
    depth += 1;
  }
  return { depth, offset };
}

function resolved(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}

export function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maps are merged key by key; lists and everything else are replaced. Keys like `__proto__` are ordinary ones. */
export function merge(base: unknown, over: unknown): unknown {
  if (!isPlainMap(base) || !isPlainMap(over)) return over;
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    result.set(key, result.has(key) ? merge(result.get(key), value) : value);
  }
  return Object.fromEntries(result);
}
