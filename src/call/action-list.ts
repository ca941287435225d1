import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { checked } from '../checked.js';
import type { Action } from './action.js';

/** Answers above either limit are refused whole: `too_large`. */
export const MAX_LIST_BYTES = 64 * 1024;
export const MAX_LIST_ACTIONS = 100;

/** An answer with a thousand unknown keys is worth one look, not a thousand log entries. */
const MAX_WARNINGS = 20;

export const actionSchema = z
  .object({
    application: z
      .string()
      .regex(/^[A-Za-z0-9_]{1,64}$/, 'expected the name of an application: letters, digits and "_"')
      .describe(
        "A FreeSWITCH dialplan application (`playback`, `bridge`), or one of the daemon's own: `cti_curl`, `cti_flow`.",
      ),
    data: z.string().default('').describe('The argument of the application.'),
    id: z
      .string()
      .max(200)
      .optional()
      .describe("The app's own name for this action; comes back in its outcome."),
    on_error: z
      .enum(['continue', 'stop'])
      .default('continue')
      .describe('`continue` goes on with the next action; `stop` ends the program as failed.'),
    timeout_ms: z
      .int()
      .min(1)
      .max(86_400_000)
      .optional()
      .describe('Stop the action after this many milliseconds.'),
  })
  .describe('One action.');

/** What an HTTP app answers; published as JSON Schema. */
export const actionListSchema = z
  .array(actionSchema)
  .max(MAX_LIST_ACTIONS)
  .describe('Actions that run on the call, one after the other. An empty list means: nothing (more) to do.');

/** The same for lists in the configuration, where an unknown key is a mistake and not a newer app. */
export const configuredActionListSchema = z.array(z.strictObject(actionSchema.shape)).max(MAX_LIST_ACTIONS);

const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.keys(actionSchema.shape));

export type ParsedActionList =
  | {
      readonly ok: true;
      readonly actions: readonly Action[];
      /** Remarks that did not stop it, each with the path: `[2].dta: unknown key, ignored`. */
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly code: 'not_json' | 'too_large' | 'invalid_actions';
      readonly detail: string;
    };

/**
 * Reads an action list as an app answered it: a JSON array in UTF-8 (a byte order mark is tolerated). Nothing of
 * the list is used when a part of it is wrong.
 */
export function parseActionList(input: string | Buffer): ParsedActionList {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (bytes > MAX_LIST_BYTES) {
    return { ok: false, code: 'too_large', detail: `${bytes} bytes, at most ${MAX_LIST_BYTES} are allowed` };
  }
  if (typeof input !== 'string' && !isUtf8(input)) {
    return { ok: false, code: 'not_json', detail: 'not UTF-8' };
  }
  const text = (typeof input === 'string' ? input : input.toString('utf8')).replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, code: 'not_json', detail: notJsonDetail(text, error) };
  }
  return checkList(value);
}

function checkList(value: unknown): ParsedActionList {
  if (!Array.isArray(value)) {
    return {
      ok: false,
      code: 'invalid_actions',
      detail: `expected an array of actions, got ${kindOf(value)}`,
    };
  }
  if (value.length > MAX_LIST_ACTIONS) {
    return {
      ok: false,
      code: 'too_large',
      detail: `${value.length} actions, at most ${MAX_LIST_ACTIONS} are allowed`,
    };
  }
  const result = checked(actionListSchema, value);
  if (!result.success) {
    const issue = result.error.issues[0];
    const detail =
      issue === undefined ? 'not a list of actions' : `${pathText(issue.path)}: ${issue.message}`;
    return { ok: false, code: 'invalid_actions', detail };
  }
  return { ok: true, actions: result.data.map(toAction), warnings: unknownKeys(value) };
}

/** From the words of the wire to those of the code. */
export function toAction(entry: z.output<typeof actionSchema>): Action {
  return {
    application: entry.application,
    data: entry.data,
    onError: entry.on_error,
    ...(entry.id !== undefined && { id: entry.id }),
    ...(entry.timeout_ms !== undefined && { timeoutMs: entry.timeout_ms }),
  };
}

function unknownKeys(list: readonly unknown[]): string[] {
  const warnings: string[] = [];
  let more = 0;
  list.forEach((entry, index) => {
    for (const key of Object.keys(entry as object)) {
      if (KNOWN_KEYS.has(key)) continue;
      if (warnings.length < MAX_WARNINGS) warnings.push(`${pathText([index, key])}: unknown key, ignored`);
      else more += 1;
    }
  });
  if (more > 0) warnings.push(`${more} more unknown keys, ignored`);
  return warnings;
}

/** `[2].data`; a key that isn't a plain word is quoted and shortened, for it comes from outside. */
function pathText(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      const key = String(part);
      return /^\w{1,40}$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 40))}]`;
    })
    .join('');
  return text === '' ? 'the answer' : text;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** V8's message may quote the answer; only the place is taken from it, and whether it looks like a web page. */
function notJsonDetail(text: string, error: unknown): string {
  if (text.trim() === '') return 'an empty answer; 204 or [] means nothing to do';
  if (/^\s*</.test(text)) return 'looks like HTML or XML';
  const position = error instanceof Error ? /position \d+/.exec(error.message)?.[0] : undefined;
  return position === undefined ? 'not a JSON text' : `not a JSON text, at ${position}`;
}
