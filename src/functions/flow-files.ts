import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, visit } from 'yaml';
import type { Document, Scalar, YAMLMap } from 'yaml';
import { isPlainMap } from '../config/layer.js';
import { readYaml } from '../yaml-document.js';
import type { FileChange, FlowUses, FunctionUse } from './uses.js';

interface Found extends FunctionUse {
  readonly function: string;
  /** Where the name of the function stands in the file. */
  readonly range: readonly [number, number];
  readonly quote: string;
}

interface FlowFile {
  readonly path: string;
  readonly text: string;
  readonly found: readonly Found[];
}

/**
 * The uses of functions in a folder of flows, by the files alone: every map with `type: invoke_function`. Works
 * also where a flow is not valid otherwise.
 */
export class FlowFiles implements FlowUses {
  readonly #folder: string | undefined;

  /** @param folder undefined: there are no flows */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  flowsUsing(name: string): {
    readonly uses: readonly FunctionUse[];
    readonly unreadable: readonly string[];
  } {
    const { files, unreadable } = this.#read();
    const uses = files
      .flatMap(({ found }) => found)
      .filter((use) => use.function === name)
      .map(({ flow, block, place, parameters, outputs }) => ({ flow, block, place, parameters, outputs }));
    return { uses, unreadable };
  }

  renameInFlows(from: string, to: string): readonly FileChange[] {
    return this.#read().files.flatMap(({ path, text, found }) => {
      const here = found.filter((use) => use.function === from).sort((a, b) => b.range[0] - a.range[0]);
      if (here.length === 0) return [];
      const after = here.reduce(
        (now, { range, quote }) => `${now.slice(0, range[0])}${quote}${to}${quote}${now.slice(range[1])}`,
        text,
      );
      return [{ path, before: text, after }];
    });
  }

  #read(): { readonly files: readonly FlowFile[]; readonly unreadable: readonly string[] } {
    const files: FlowFile[] = [];
    const unreadable: string[] = [];
    for (const path of this.#paths()) {
      const read = readFlow(path);
      if (typeof read === 'string') unreadable.push(read);
      else files.push(read);
    }
    return { files, unreadable };
  }

  #paths(): string[] {
    if (this.#folder === undefined) return [];
    const folder = this.#folder;
    try {
      return readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
        .sort()
        .map((name) => join(folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

/** @returns the flow, or why it can't be read */
function readFlow(path: string): FlowFile | string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return `${path} (${(error as NodeJS.ErrnoException).code ?? 'error'})`;
  }
  const lines = new LineCounter();
  const document = readYaml(text, lines);
  const [broken] = document.errors;
  if (broken !== undefined) return `${path}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`;

  const flow = basename(path, extname(path));
  const found: Found[] = [];
  visit(document, {
    Map(_key, node, ancestors) {
      const name = scalarOf(node, 'function');
      const value = name?.value;
      if (scalarOf(node, 'type')?.value !== 'invoke_function') return;
      if (typeof value !== 'string' || name?.range == null) return;
      const [begin, end] = name.range;
      const { line, col } = lines.linePos(begin);
      const parent = ancestors.at(-1);
      const first = text.charAt(begin);
      found.push({
        function: value,
        flow,
        block:
          parent !== undefined && 'key' in parent && isScalar(parent.key) ? String(parent.key.value) : '',
        place: `${path}:${line}:${col}`,
        parameters: keysOf(document, node, 'parameters'),
        outputs: takenBy(document, node),
        range: [begin, end],
        quote: first === '"' || first === "'" ? first : '',
      });
    },
  });
  const referred = outputsIn(text, found);
  return {
    path,
    text,
    found: found.map((use) => ({ ...use, outputs: [...new Set([...use.outputs, ...referred])] })),
  };
}

/** `$.External.x` is of the latest function: with several in a flow, which one can't be told from the text. */
function outputsIn(text: string, found: readonly Found[]): string[] {
  if (new Set(found.map((use) => use.function)).size !== 1) return [];
  const names = Array.from(text.matchAll(/\$\.External\.([\w-]+)/g), ([, name]) => name ?? '');
  return [...new Set(names)];
}

/** `outputs` of the block: a list of names, or attribute → name (`a.b` reaches into `a`). */
function takenBy(document: Document, map: YAMLMap): string[] {
  const node = map.get('outputs', true);
  const value: unknown = isNode(node) ? node.toJS(document) : undefined;
  const names: unknown[] = Array.isArray(value) ? value : isPlainMap(value) ? Object.values(value) : [];
  return names.filter((name) => typeof name === 'string').map((name) => name.split('.', 1)[0] ?? '');
}

function scalarOf(map: YAMLMap, key: string): Scalar | undefined {
  const node = map.get(key, true);
  return isScalar(node) ? node : undefined;
}

function keysOf(document: Document, map: YAMLMap, key: string): string[] {
  const node = map.get(key, true);
  if (!isMap(node)) return [];
  const value: unknown = node.toJS(document);
  return isPlainMap(value) ? Object.keys(value) : [];
}
