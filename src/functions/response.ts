import type { ErrorCode } from '../errors.js';
import { isJsonObject } from './json.js';
import type { JsonObject, JsonValue } from './json.js';

/** Of UTF-8; what Connect allows. */
export const MAX_RESPONSE_BYTES = 32 * 1024;

/** Deeper ones could not be written down again. */
const MAX_DEPTH = 32;

const MAX_DETAIL = 500;

export interface ResponseRules {
  readonly kind: 'string_map' | 'json';
  /** Turn numbers and booleans of a string map into strings instead of refusing them. */
  readonly coerce: boolean;
  /** Names that have to be there. */
  readonly required: readonly string[];
}

export type ResponseResult =
  | { readonly ok: true; readonly values: JsonObject }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

/** Reads what a function answered. The detail never repeats more of it than the names of its keys. */
export function readResponse(body: Buffer | string, rules: ResponseRules): ResponseResult {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  if (bytes > MAX_RESPONSE_BYTES) {
    return {
      ok: false,
      code: 'function_too_large',
      detail: `${bytes} bytes, at most ${MAX_RESPONSE_BYTES} are allowed`,
    };
  }
  const parsed = parseJson(body);
  if (typeof parsed === 'string') return notUnderstood(parsed);
  const { value } = parsed;
  const exception = exceptionOf(value);
  if (exception !== undefined) return { ok: false, code: 'function_exception', detail: exception };
  if (!isJsonObject(value)) return notUnderstood(`expected an object, got ${kindOf(value)}`);
  const values = rules.kind === 'json' ? nested(value) : stringMap(value, rules.coerce);
  if (typeof values === 'string') return notUnderstood(values);
  const missing = rules.required.filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0) return notUnderstood(`without ${missing.map(quoted).join(', ')}`);
  return { ok: true, values };
}

/**
 * What an exception of a Lambda function looks like from outside: `{"errorMessage", "errorType", …}`.
 * @returns its text, or undefined when the value is something else
 */
export function exceptionOf(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const message = Object.hasOwn(value, 'errorMessage') ? value['errorMessage'] : undefined;
  if (typeof message !== 'string') return undefined;
  const type = Object.hasOwn(value, 'errorType') ? value['errorType'] : undefined;
  return (typeof type === 'string' ? `${type}: ${message}` : message).slice(0, MAX_DETAIL);
}

/** @returns the value, or what is wrong with the text */
export function parseJson(body: Buffer | string): { readonly value: JsonValue } | string {
  let text: string;
  try {
    text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return 'not UTF-8';
  }
  if (text.trim() === '') return 'empty';
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return 'not JSON';
  }
}

function nested(value: JsonObject): JsonObject | string {
  return isDeeperThan(value, MAX_DEPTH) ? `nested more than ${MAX_DEPTH} levels deep` : value;
}

function isDeeperThan(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item: JsonValue) => isDeeperThan(item, levels - 1));
}

function stringMap(value: JsonObject, coerce: boolean): JsonObject | string {
  const entries: [string, string][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === 'string') entries.push([name, item]);
    else if (coerce && (typeof item === 'number' || typeof item === 'boolean')) {
      entries.push([name, String(item)]);
    } else {
      const hint = typeof item === 'number' || typeof item === 'boolean' ? '; coerce allows it' : '';
      return `${quoted(name)} is ${kindOf(item)}, a string map holds strings alone${hint}`;
    }
  }
  return Object.fromEntries(entries);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}

function notUnderstood(detail: string): ResponseResult {
  return { ok: false, code: 'function_not_understood', detail: detail.slice(0, MAX_DETAIL) };
}
