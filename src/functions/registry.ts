import type { Document } from 'yaml';
import { isPlainMap } from '../config/layer.js';
import { AppError } from '../errors.js';
import { suggestion } from '../config/suggestion.js';
import { editedFunctionsFile, readFunctionsFile } from './functions-file.js';
import type { Environment, FunctionsFile } from './functions-file.js';
import { redacted } from './redact.js';
import { FUNCTION_NAME } from './settings.js';
import type { FunctionSettings } from './settings.js';
import { misfits } from './uses.js';
import type { FlowUses, FunctionUse, Misfit } from './uses.js';
import { writeFiles } from './write-files.js';

export interface FunctionRegistryOptions {
  /** functions.yaml; absolute. */
  readonly file: string;
  readonly env: Environment;
  readonly flows: FlowUses;
  /** Called after a change was written. */
  readonly onChanged?: (functions: ReadonlyMap<string, FunctionSettings>) => void;
}

export interface FunctionSummary {
  readonly name: string;
  readonly description: string;
  /** `http` or `local`. */
  readonly kind: 'http' | 'local';
  /** URL (secrets masked) or file. */
  readonly target: string;
  readonly response: 'string_map' | 'json';
  readonly timeoutMs: number;
}

export interface FunctionView {
  readonly name: string;
  readonly place: string;
  /** With all defaults; secrets masked. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly uses: readonly FunctionUse[];
  readonly misfits: readonly Misfit[];
  /** Flows that can't be read. */
  readonly unreadable: readonly string[];
}

export interface FunctionChange {
  readonly name: string;
  /** Files that were written. */
  readonly files: readonly string[];
  /** Flows that don't fit the function as it is now. */
  readonly misfits: readonly Misfit[];
}

/**
 * The functions by name: looks and edits. Reads the file anew for each question, so that what was edited by hand
 * counts; writes it at once or not at all.
 */
export class FunctionRegistry {
  readonly #options: FunctionRegistryOptions;

  constructor(options: FunctionRegistryOptions) {
    this.#options = options;
  }

  /** @throws ConfigError */
  read(): FunctionsFile {
    return readFunctionsFile(this.#options.file, this.#options.env);
  }

  /** @throws ConfigError */
  list(): FunctionSummary[] {
    return [...this.read().functions].map(([name, settings]) => {
      const shown = redacted(settings);
      return {
        name,
        description: settings.description ?? '',
        kind: settings.url === undefined ? 'local' : 'http',
        target: String(shown['url'] ?? shown['file']),
        response: settings.response,
        timeoutMs: settings.timeout_ms,
      };
    });
  }

  /** @throws AppError `no_such_function`, ConfigError */
  show(name: string): FunctionView {
    const file = this.read();
    const settings = settingsOf(file, name);
    const { uses, unreadable } = this.#options.flows.flowsUsing(name);
    return {
      name,
      place: file.placeOf(name),
      settings: redacted(settings),
      uses,
      misfits: misfits(settings, uses),
      unreadable,
    };
  }

  /**
   * @param settings as they would be written; secrets as `{env: NAME}` or `{file: path}`
   * @throws AppError `function_exists`, `usage`; ConfigError
   */
  add(name: string, settings: unknown): FunctionChange {
    checkName(name);
    const file = readFunctionsFile(this.#options.file, this.#options.env, 'empty');
    if (file.functions.has(name)) throw new AppError('function_exists', quoted(name));
    return this.#change(name, file, (document) =>
      document.setIn(['functions', name], document.createNode(settings)),
    );
  }

  /**
   * @param patch what changes, as JSON Merge Patch (RFC 7396): null takes a key away, objects are merged
   * @throws AppError `no_such_function`; ConfigError
   */
  set(name: string, patch: unknown): FunctionChange {
    const file = this.read();
    settingsOf(file, name);
    return this.#change(name, file, (document) => patchIn(document, ['functions', name], patch));
  }

  /** @throws AppError `no_such_function`, `function_in_use` with the places; ConfigError */
  remove(name: string): FunctionChange {
    const file = this.read();
    settingsOf(file, name);
    const { uses, unreadable } = this.#options.flows.flowsUsing(name);
    refuseUse(name, uses.map(placeText), unreadable);
    const change = editedFunctionsFile(
      file,
      this.#options.env,
      (document) => void document.deleteIn(['functions', name]),
    );
    this.#write([change]);
    return { name, files: [change.path], misfits: [] };
  }

  /**
   * @param options.updateFlows change the flows that use it, too; otherwise they are a reason to refuse
   * @throws AppError `no_such_function`, `function_exists`, `function_in_use`; ConfigError
   */
  rename(from: string, to: string, options: { readonly updateFlows: boolean }): FunctionChange {
    checkName(to);
    const file = this.read();
    const settings = settingsOf(file, from);
    if (file.functions.has(to)) throw new AppError('function_exists', quoted(to));
    const { flows, env } = this.#options;
    const { uses, unreadable } = flows.flowsUsing(from);
    refuseUse(from, options.updateFlows ? [] : uses.map(placeText), unreadable);
    const change = editedFunctionsFile(file, env, (document) => renameIn(document, from, to));
    const changes = [change, ...flows.renameInFlows(from, to)];
    this.#write(changes);
    return { name: to, files: changes.map(({ path }) => path), misfits: misfits(settings, uses) };
  }

  #change(name: string, file: FunctionsFile, edit: (document: Document) => void): FunctionChange {
    const change = editedFunctionsFile(file, this.#options.env, edit);
    this.#write([change]);
    const { uses } = this.#options.flows.flowsUsing(name);
    return { name, files: [change.path], misfits: misfits(settingsOf(this.read(), name), uses) };
  }

  #write(changes: Parameters<typeof writeFiles>[0]): void {
    writeFiles(changes);
    this.#options.onChanged?.(this.read().functions);
  }
}

/** @throws AppError `no_such_function` with what was probably meant */
export function settingsOf(file: FunctionsFile, name: string): FunctionSettings {
  const settings = file.functions.get(name);
  if (settings !== undefined) return settings;
  const meant = suggestion(name, file.functions.keys());
  throw new AppError(
    'no_such_function',
    meant === undefined ? quoted(name) : `${quoted(name)}; did you mean ${meant}?`,
  );
}

function checkName(name: string): void {
  if (!FUNCTION_NAME.test(name)) {
    throw new AppError('usage', 'a name is letters, digits, ".", "_" and "-", at most 64 of them');
  }
}

function refuseUse(name: string, places: readonly string[], unreadable: readonly string[]): void {
  const unclear = unreadable.map((reason) => `${reason}: can't be read, so it might use it`);
  if (places.length + unclear.length === 0) return;
  throw new AppError('function_in_use', [`${name} is used by`, ...places, ...unclear].join('\n'));
}

function placeText({ flow, block, place }: FunctionUse): string {
  return `${place}: block ${block} of flow ${flow}`;
}

function patchIn(document: Document, path: readonly string[], patch: unknown): void {
  if (!isPlainMap(patch)) {
    document.setIn(path, document.createNode(patch));
    return;
  }
  const now = document.getIn(path);
  const isEmpty = typeof now !== 'object' || now === null;
  if (isEmpty) document.setIn(path, document.createNode({}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) document.deleteIn([...path, key]);
    else if (isReference(value)) document.setIn([...path, key], document.createNode(value));
    else patchIn(document, [...path, key], value);
  }
}

/** `{env: A}` instead of `{file: b}` is a replacement: merged, it would be both. */
function isReference(value: unknown): boolean {
  return isPlainMap(value) && Object.keys(value).length === 1 && ('env' in value || 'file' in value);
}

/** In its place, with everything that stands around it. */
function renameIn(document: Document, from: string, to: string): void {
  const functions = document.get('functions') as { items: { key: { value?: unknown } }[] };
  for (const { key } of functions.items) if (key.value === from) key.value = to;
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
