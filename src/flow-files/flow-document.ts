import { basename, extname } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import type { DocumentPath, FlowSource, Problem } from '../flow/flow.js';
import { readYaml } from '../yaml-document.js';

/** A file of conf/flows: parsed, or what is wrong with its YAML. */
export type ParsedFlowFile =
  | { readonly ok: true; readonly source: FlowSource }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The flow has the name of its file. */
export function flowNameOf(file: string): string {
  return basename(file, extname(file));
}

export function parseFlowFile(text: string, file: string): ParsedFlowFile {
  const name = flowNameOf(file);
  const lines = new LineCounter();
  const document = readYaml(text, lines);
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = (message: string, place: object): Problem => ({
    rule: 'yaml',
    severity: 'error',
    message,
    flow: name,
    file,
    path: [],
    ...place,
  });
  // What follows from the first is no news.
  const [wrong] = document.errors;
  if (wrong !== undefined) return { ok: false, problems: [broken(wrong.message, at(wrong.pos[0]))] };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof RangeError ? 'nested too deep' : (error as Error).message;
    return { ok: false, problems: [broken(message, { line: 1, column: 1 })] };
  }
  const place: FlowSource['place'] = (path) => {
    const offset = offsetOf(document, path);
    return offset === undefined ? undefined : at(offset);
  };
  return { ok: true, source: { name, file, document: value, place } };
}

const pairsOf = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** By name; a message per block of a large flow would search all of them each time. */
function pairIn(map: YAMLMap, name: string): Pair | undefined {
  let pairs = pairsOf.get(map);
  if (pairs === undefined) {
    const named = map.items.filter(({ key }) => isScalar(key));
    pairs = new Map(named.map((pair) => [String((pair.key as Scalar).value), pair]));
    pairsOf.set(map, pairs);
  }
  return pairs.get(name);
}

/** Where the key of a map, or the item of a list, begins. */
function offsetOf(document: Document, path: DocumentPath): number | undefined {
  let node = resolved(document.contents, document);
  let offset = document.contents?.range?.[0];
  for (const part of path) {
    if (isMap(node)) {
      const pair = pairIn(node, String(part));
      if (pair === undefined) return undefined;
      offset = (pair.key as Node).range?.[0];
      node = resolved(pair.value as Node | null, document);
    } else if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      const item = node.items[part] as Node | null;
      offset = item?.range?.[0] ?? offset;
      node = resolved(item, document);
    } else return undefined;
  }
  return offset;
}

function resolved(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node;
}
