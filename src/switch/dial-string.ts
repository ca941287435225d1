import { AppError } from '../errors.js';
import { splitArguments } from './arguments.js';
import { formatEndpoint, parseEndpoint, quoted } from './dial-endpoint.js';
import type { DialEndpoint } from './dial-endpoint.js';

/** A variable of a `{}`, `[]` or `<>` prefix, its quotes and escapes taken off. */
export interface DialVariable {
  readonly name: string;
  readonly value: string;
}

export interface DialLeg {
  /** `[…]`: for this leg alone. */
  readonly variables: readonly DialVariable[];
  readonly endpoint: DialEndpoint;
}

/** What is dialled together: `{…}a,b|c`. */
export interface DialGroup {
  /** `{…}`: for all its legs. */
  readonly variables: readonly DialVariable[];
  /** One after the other (`|`), each called at once (`,`). Neither list is ever empty. */
  readonly attempts: readonly (readonly DialLeg[])[];
}

/** A dial string: `<…>{…}[…]user/1,[…]user/2|user/3:_:{…}user/4`. */
export interface DialString {
  /** `<…>`: for everything. */
  readonly variables: readonly DialVariable[];
  /** Dialled independently of each other (`:_:`); never empty. */
  readonly groups: readonly DialGroup[];
}

export type DialStringResult =
  { readonly ok: true; readonly dialString: DialString } | { readonly ok: false; readonly detail: string };

const MAX_LENGTH = 8192;
/** switch_ivr_originate.c: MAX_PEERS is 128; what is beyond is read differently there. */
const MAX_PARTS = 100;
const THREADS = ':_:';
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
/** What may follow `^^`. */
const DELIMITER = /^[:;~!#%&*+/?@^|.,-]$/;
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u;

/** A backslash with nothing after it: FreeSWITCH reads beyond the end of the text there. */
const DANGLING = /(?<!\\)(?:\\\\)*\\$/;

class DialStringError extends Error {}

function fail(detail: string): never {
  throw new DialStringError(detail);
}

/**
 * Parses a dial string as FreeSWITCH reads it (switch_ivr_originate.c, switch_event.c:
 * switch_event_create_brackets), and refuses what FreeSWITCH reads in a way that cannot be accounted for: brackets
 * inside brackets of the same kind, quotes and backslashes outside `{}` and `<>`, blanks between prefixes, `^^`
 * outside brackets, variables without a value, empty legs, control characters even when written as `\n`.
 */
export function parseDialString(text: string): DialStringResult {
  try {
    if (text.length > MAX_LENGTH) fail('longer than 8192 characters');
    if (CONTROL.test(text)) fail('a control character');
    let rest = text.replace(/^ +/, '');
    const variables: DialVariable[] = [];
    while (rest.startsWith('<')) rest = readPrefix(rest, '<', '>', variables);
    if (/^ +[<{]/.test(rest)) fail('a blank between prefixes');
    const parts = rest.split(THREADS);
    if (parts.length > MAX_PARTS) fail('too many parts joined by :_:');
    return { ok: true, dialString: { variables, groups: parts.map(readGroup) } };
  } catch (error) {
    if (error instanceof DialStringError) return { ok: false, detail: error.message };
    throw error;
  }
}

function readGroup(text: string): DialGroup {
  let rest = text.replace(/^ +/, '');
  const variables: DialVariable[] = [];
  while (rest.startsWith('<')) rest = readPrefix(rest, '<', '>', variables);
  while (rest.startsWith('{')) rest = readPrefix(rest, '{', '}', variables);
  const attempts = separate(rest, '|').map((attempt) => separate(attempt, ',').map(readLeg));
  return { variables, attempts };
}

/** Splits outside of `[]`; FreeSWITCH splits at `|` even inside, which is why readPrefix refuses it there. */
function separate(text: string, separator: '|' | ','): string[] {
  const pieces: string[] = [];
  let start = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '[') depth++;
    else if (c === ']') depth--;
    else if (c === separator && depth === 0) {
      pieces.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (depth !== 0) fail('a bracket without its partner');
  pieces.push(text.slice(start));
  if (pieces.length > MAX_PARTS) fail('too many legs');
  return pieces;
}

function readLeg(text: string): DialLeg {
  let rest = text.replace(/^ +/, '').replace(/(?<! ) +$/, '');
  const variables: DialVariable[] = [];
  while (rest.startsWith('[')) rest = readPrefix(rest, '[', ']', variables);
  const result = parseEndpoint(rest.replace(/^ +/, ''));
  if (!result.ok) return fail(result.detail);
  return { variables, endpoint: result.endpoint };
}

/** Reads one bracketed prefix into `into` and returns what comes after it. */
function readPrefix(text: string, open: string, close: string, into: DialVariable[]): string {
  const end = text.indexOf(close);
  if (end < 0) return fail(`no ${close} for a ${open}`);
  let content = text.slice(1, end);
  if (content.includes(open)) return fail(`a ${open} inside ${open}${close}`);
  if (content.includes(THREADS)) return fail(':_: inside a prefix');
  if (open === '[' && /['\\|]/.test(content)) return fail("one of ' \\ | inside []");
  let delimiter = ',';
  if (content.startsWith('^^')) {
    delimiter = content.charAt(2);
    content = content.slice(3);
    if (!DELIMITER.test(delimiter)) return fail('an unusual delimiter after ^^');
  }
  if (content.startsWith('^^') || DANGLING.test(content)) return fail('a stray ^^ or backslash in a prefix');
  for (const piece of splitArguments(content, delimiter, 1025)) into.push(readVariable(piece));
  return text.slice(end + 1);
}

function readVariable(piece: string): DialVariable {
  if (piece.startsWith('^^') || DANGLING.test(piece)) return fail('a stray ^^ or backslash in a prefix');
  const [name, value, ...more] = splitArguments(piece, '=', 2);
  if (name === undefined || value === undefined || value === '' || more.length > 0) {
    return fail(`${quoted(piece)} in a prefix is not a variable with a value`);
  }
  if (!NAME.test(name)) return fail(`${quoted(name)} is not the name of a variable`);
  if (CONTROL.test(value)) return fail(`a control character in the value of ${name}`);
  return { name, value };
}

/** All legs, in the order in which they are written. */
export function legsOf(dialString: DialString): DialLeg[] {
  return dialString.groups.flatMap((group) => group.attempts.flat());
}

/**
 * Writes a dial string that FreeSWITCH, and parseDialString, read back as the same structure.
 * @throws AppError `internal` when a value cannot be written in its kind of prefix at all
 */
export function formatDialString(dialString: DialString): string {
  const groups = dialString.groups.map(
    (group) =>
      formatPrefix(group.variables, '{', '}') +
      group.attempts.map((legs) => legs.map(formatLeg).join(',')).join('|'),
  );
  return formatPrefix(dialString.variables, '<', '>') + groups.join(THREADS);
}

function formatLeg(leg: DialLeg): string {
  return formatPrefix(leg.variables, '[', ']') + formatEndpoint(leg.endpoint);
}

function formatPrefix(variables: readonly DialVariable[], open: string, close: string): string {
  if (variables.length === 0) return '';
  for (const { name, value } of variables) {
    const unfit =
      !NAME.test(name) ||
      value === '' ||
      CONTROL.test(value) ||
      value.includes(open) ||
      value.includes(close) ||
      (open === '[' && (/['\\|]/.test(value) || value.trim() !== value));
    if (unfit) throw new AppError('internal', `variable ${name} cannot be written in ${open}${close}`);
  }
  const raw = variables.map(({ name, value }) => ({
    name,
    value: open === '[' ? value : escapeValue(value),
  }));
  const delimiter = raw.some(({ value }) => value.includes(',')) ? freeDelimiter(raw) : ',';
  if (delimiter === undefined) throw new AppError('internal', `no delimiter is free for ${open}${close}`);
  const content = raw.map(({ name, value }) => `${name}=${value}`).join(delimiter);
  const text = `${open}${delimiter === ',' ? '' : `^^${delimiter}`}${content}${close}`;
  if (text.includes(THREADS)) throw new AppError('internal', `:_: cannot be written in ${open}${close}`);
  return text;
}

/** Two layers, because FreeSWITCH takes quotes and backslashes off twice: between variables and at the `=`. */
function escapeValue(value: string): string {
  const blanks = value.replace(/^ +|(?<! ) +$/g, (run) => '\u0000'.repeat(run.length));
  const once = blanks.replace(/['\\]/g, '\\$&').replaceAll('\u0000', '\\s');
  return once.replace(/['\\]/g, '\\$&');
}

function freeDelimiter(variables: readonly DialVariable[]): string | undefined {
  return Array.from(':;~!#%&*+/?@').find(
    (delimiter) =>
      !variables.some(({ name, value }) => name.includes(delimiter) || value.includes(delimiter)),
  );
}
