import { ANYTHING, EMPTY, concat, either, literal } from '../language/language.js';
import { onlyText } from '../language/questions.js';
import type { Language } from '../language/language.js';

/** Who decides what stands there: the configuration, somebody that cannot be told, or the caller. */
export type Origin = 'fixed' | 'unknown' | 'caller';

/** A part of a text that is not known before a call. */
export interface Hole {
  readonly language: Language;
  readonly origin: 'unknown' | 'caller';
  /** How it is written: `${destination_number}`, `$1`. */
  readonly label: string;
  /** `${name(arguments)}`. */
  readonly call?: { readonly name: string; readonly argument: Text };
}

/** A text with holes. */
export type Text = readonly (string | Hole)[];

/** What a variable may hold: one of these. */
export type Value = readonly Text[];

/** With more alternatives than this, a value becomes one hole. */
const MAX_ALTERNATIVES = 6;

export function fixed(text: string): Value {
  return [text === '' ? [] : [text]];
}

export function hole(label: string, origin: Hole['origin'], language: Language = ANYTHING): Value {
  return [[{ label, origin, language }]];
}

/** What is known to be in a language: a constant when that holds just one text. */
export function valueIn(language: Language, origin: Origin, label: string): Value {
  const only = language === ANYTHING ? undefined : onlyText(language);
  if (only !== undefined) return fixed(only);
  return hole(label, origin === 'caller' ? 'caller' : 'unknown', language);
}

export function joinTexts(...texts: readonly Text[]): Text {
  const out: (string | Hole)[] = [];
  for (const part of texts.flat()) {
    const last = out.at(-1);
    if (typeof part === 'string' && typeof last === 'string') out[out.length - 1] = last + part;
    else if (part !== '') out.push(part);
  }
  return out;
}

/** The text, when there is no hole in it. */
export function constantOf(text: Text): string | undefined {
  return text.every((part) => typeof part === 'string') ? text.join('') : undefined;
}

export function constantOfValue(value: Value): string | undefined {
  const [only] = value;
  return value.length === 1 && only !== undefined ? constantOf(only) : undefined;
}

export function languageOf(text: Text): Language {
  return concat(EMPTY, ...text.map((part) => (typeof part === 'string' ? literal(part) : part.language)));
}

export function languageOfValue(value: Value): Language {
  return either(...value.map(languageOf));
}

export function originOf(text: Text): Origin {
  let origin: Origin = 'fixed';
  for (const part of text) {
    if (typeof part === 'string') continue;
    if (part.origin === 'caller') return 'caller';
    origin = 'unknown';
  }
  return origin;
}

export function originOfValue(value: Value): Origin {
  const origins = value.map(originOf);
  if (origins.includes('caller')) return 'caller';
  return origins.includes('unknown') ? 'unknown' : 'fixed';
}

/** As it is shown: constants in place, holes by their names. */
export function show(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? part : part.label)).join('');
}

/** What distinguishes a text from another. */
export function keyOf(text: Text): string {
  return text
    .map((part) => {
      if (typeof part === 'string') return JSON.stringify(part);
      return `<${part.origin} ${part.language.id} ${part.call?.name ?? ''}>`;
    })
    .join('');
}

export function keyOfValue(value: Value): string {
  return value.map(keyOf).sort().join('|');
}

/** One or the other. */
export function eitherValue(...values: readonly Value[]): Value {
  const texts = new Map<string, Text>();
  for (const text of values.flat()) texts.set(keyOf(text), text);
  const all = [...texts.values()];
  if (all.length <= MAX_ALTERNATIVES) return all;
  const label = all.flat().find((part) => typeof part !== 'string')?.label ?? '…';
  const origin = originOfValue(all);
  return hole(label, origin === 'fixed' ? 'unknown' : origin, languageOfValue(all));
}

/** All ways to join one text of each. */
export function product(values: readonly Value[]): Value {
  let out: Text[] = [[]];
  for (const value of values) {
    out = out.flatMap((start) => value.map((end) => joinTexts(start, end)));
    if (out.length > MAX_ALTERNATIVES * MAX_ALTERNATIVES) out = [...eitherValue(out)];
  }
  return eitherValue(out);
}
