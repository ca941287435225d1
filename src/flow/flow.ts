import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { checked } from '../checked.js';
import type { BlockType, Exit, Values } from './block.js';
import { blockType } from './blocks/table.js';
import { BLOCK_TYPES } from './blocks/table.js';
import { isDeeperThan } from './depth.js';
import { blockSchema, flowHeadSchema } from './schema.js';

/** A flow that was read: every block has its type, its parameters and its exits. */
export interface Flow {
  readonly name: string;
  readonly source: FlowSource;
  /** Hash of its content; comments and spacing don't count. */
  readonly version: string;
  readonly description: string | undefined;
  readonly language: string | undefined;
  readonly start: string;
  readonly error: string | undefined;
  readonly inputs: readonly string[];
  readonly flowInputs: readonly string[];
  readonly publicKeys: Values;
  readonly blocks: ReadonlyMap<string, Block>;
}

export interface Block {
  readonly name: string;
  readonly type: BlockType<unknown>;
  readonly note: string | undefined;
  readonly parameters: unknown;
  readonly ways: ReadonlyMap<string, Way>;
  /** Exits that the file names and the block does not have. */
  readonly unknownExits: readonly string[];
}

/** An exit and where it leads. */
export interface Way {
  readonly exit: Exit;
  /** Undefined: nowhere. */
  readonly target: string | undefined;
  /** It leads to the `error` block of the flow because the block wires nothing itself. */
  readonly byDefault: boolean;
  /** Where the target stands, below the block. */
  readonly at: readonly (string | number)[];
}

/** A place in a flow's document. */
export type DocumentPath = readonly (string | number)[];

/** A file as somebody has read and parsed it. */
export interface FlowSource {
  readonly name: string;
  readonly file: string;
  /** The parsed YAML. */
  readonly document: unknown;
  /** Line and column, from 1, of what is at the path (a key of a map, an item of a list). */
  readonly place: (path: DocumentPath) => { readonly line: number; readonly column: number } | undefined;
}

export interface Problem {
  /** For programs: `dangling_exit`, `unset_attribute`, … */
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly flow: string;
  readonly file: string;
  readonly path: DocumentPath;
  readonly line?: number;
  readonly column?: number;
}

export function problem(
  source: FlowSource,
  rule: string,
  path: DocumentPath,
  message: string,
  severity: 'error' | 'warning' = 'error',
): Problem {
  let place: { readonly line: number; readonly column: number } | undefined;
  // The place itself, or the nearest above it that the document has.
  for (let length = path.length; length >= 0 && place === undefined; length -= 1) {
    place = source.place(path.slice(0, length));
  }
  return { rule, severity, message, flow: source.name, file: source.file, path, ...(place ?? {}) };
}

export type ReadFlow =
  { readonly ok: true; readonly flow: Flow } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Deeper ones are a mistake, and could not be walked through. */
const MAX_DEPTH = 64;

/** Reads a flow by its schema. What needs more than one block to be seen is for the checker. */
export function readFlow(source: FlowSource): ReadFlow {
  if (isDeeperThan(source.document, MAX_DEPTH)) {
    const message = `nested more than ${MAX_DEPTH} levels deep`;
    return { ok: false, problems: [problem(source, 'schema', [], message)] };
  }
  const head = checked(flowHeadSchema, source.document);
  if (!head.success) return { ok: false, problems: schemaProblems(source, [], head.error, source.document) };
  const problems: Problem[] = [];
  const blocks = new Map<string, Block>();
  for (const [name, given] of Object.entries(head.data.blocks)) {
    const block = readBlock(source, name, given, head.data.error, problems);
    if (block !== undefined) blocks.set(name, block);
  }
  if (blocks.size === 0 && problems.length === 0)
    problems.push(problem(source, 'schema', ['blocks'], 'the flow has no blocks'));
  if (problems.length > 0) return { ok: false, problems };
  const {
    description,
    language,
    start,
    error,
    inputs,
    flow_inputs: flowInputs,
    public_keys: publicKeys,
  } = head.data;
  const flow: Flow = {
    name: source.name,
    source,
    version: contentVersion(source.document),
    description,
    language,
    start,
    error,
    inputs,
    flowInputs,
    publicKeys,
    blocks,
  };
  return { ok: true, flow };
}

/** The content's hash: the first twelve characters of the SHA-256 of its JSON. */
export function contentVersion(document: unknown): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 12);
}

function readBlock(
  source: FlowSource,
  name: string,
  given: unknown,
  errorBlock: string | undefined,
  problems: Problem[],
): Block | undefined {
  const path = ['blocks', name];
  const typeName =
    typeof given === 'object' && given !== null ? (given as { type?: unknown }).type : undefined;
  const type = typeof typeName === 'string' ? blockType(typeName) : undefined;
  if (type === undefined) {
    const known = BLOCK_TYPES.map((one) => one.type).join(', ');
    const what =
      typeof typeName === 'string' ? `"${typeName}" is not a type of block` : 'the block has no type';
    problems.push(
      problem(
        source,
        'schema',
        typeof typeName === 'string' ? [...path, 'type'] : path,
        `${what}; there are ${known}`,
      ),
    );
    return undefined;
  }
  const parsed = checked(blockSchema(type), given);
  if (!parsed.success) {
    problems.push(...schemaProblems(source, path, parsed.error, given));
    return undefined;
  }
  const { note, next, exits, ...parameters } = parsed.data as {
    note?: string;
    next?: string;
    exits: Readonly<Record<string, string>>;
  };
  const all = type.exits(parameters);
  const named = (exit: string): Pick<Way, 'target' | 'at'> | undefined => {
    if (Object.hasOwn(exits, exit)) return { target: exits[exit], at: ['exits', exit] };
    return exit === 'next' && next !== undefined ? { target: next, at: ['next'] } : undefined;
  };
  const follow = (exit: Exit, seen: readonly string[] = []): Way => {
    const own =
      named(exit.name) ??
      (exit.target === undefined ? undefined : { target: exit.target, at: exit.at ?? [] });
    if (own !== undefined) return { exit, byDefault: false, ...own };
    const other = all.find((one) => one.name === exit.instead && !seen.includes(one.name));
    if (other !== undefined) return { ...follow(other, [...seen, exit.name]), exit };
    const byDefault = exit.name === 'error' && errorBlock !== undefined && errorBlock !== name;
    return { exit, target: byDefault ? errorBlock : undefined, byDefault, at: [] };
  };
  return {
    name,
    type,
    note,
    parameters,
    ways: new Map(all.map((exit) => [exit.name, follow(exit)])),
    unknownExits: Object.keys(exits).filter((exit) => !all.some((one) => one.name === exit)),
  };
}

/** zod's issues as problems; inside a union the branch that fits best speaks. */
function schemaProblems(
  source: FlowSource,
  base: DocumentPath,
  error: z.ZodError,
  given: unknown,
): Problem[] {
  return error.issues.map((issue) => {
    const { path, message } = deepest(issue, given);
    const at = [...base, ...path.map((part) => (typeof part === 'number' ? part : String(part)))];
    return problem(source, 'schema', at, message);
  });
}

type Issue = z.core.$ZodIssue;

function deepest(issue: Issue, given: unknown): { path: readonly PropertyKey[]; message: string } {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return { path: [...issue.path, key], message: `"${issue.keys.join('", "')}" is not known here` };
  }
  if (issue.code === 'invalid_key') {
    return { path: issue.path, message: issue.issues[0]?.message ?? issue.message };
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch that most of the value fits is the one that was meant.
    const ranked = issue.errors
      .map((issues) => ({ issues, strange: strangeness(issues) }))
      .sort((a, b) => a.strange - b.strange || a.issues.length - b.issues.length);
    const meant = ranked[0]?.issues ?? [];
    // A key that is mistyped is also one that is missing; the first says more.
    const strange = meant.find(({ code }) => code === 'unrecognized_keys');
    const inner = strange ?? meant[0];
    if (inner !== undefined) {
      const found = deepest(inner, given);
      const mistyped = strange !== undefined && meant.some(isMissing);
      const wanted = new Set(issue.errors.flat().filter(isMissing).map(nameOf));
      const known = mistyped ? `; there are ${[...wanted].join(', ')}` : '';
      return { path: [...issue.path, ...found.path], message: `${found.message}${known}` };
    }
  }
  if (isMissing(issue)) return { path: issue.path, message: `"${nameOf(issue)}" is missing` };
  return { path: issue.path, message: lowerFirst(issue.message) };
}

function isMissing({ code, path, message }: Issue): boolean {
  return code === 'invalid_type' && typeof path.at(-1) === 'string' && message.endsWith('received undefined');
}

function nameOf({ path }: Issue): string {
  return String(path.at(-1));
}

/** How little of a value fits: a text where an object is expected is further off than a key too many. */
function strangeness(issues: readonly Issue[]): number {
  const atTop = issues.filter(({ path }) => path.length === 0);
  return atTop.reduce(
    (sum, { code }) => sum + (code === 'invalid_type' ? 2 : code === 'unrecognized_keys' ? 1 : 0),
    0,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
