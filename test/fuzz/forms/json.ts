import type { Random } from '../random.js';
import type { Form } from '../target.js';
import { shorter } from './bytes.js';
import { textForm } from './text.js';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

const SCALARS: readonly JsonValue[] = [
  null, true, false, 0, -0, -1, 1, 0.5, 1e21, 1e308, 2 ** 31, 2 ** 53, '', ' ', '0', '__proto__', [], {}, [[]], [null], [{}],
]; // prettier-ignore
const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  'toJSON',
  'length',
  '',
  '0',
  'a.b',
  '$ref',
];
const MAX_NODES = 5_000;
/** Of all texts together, names too. What is larger is told by its length alone, before anything is read of it. */
const MAX_CHARACTERS = 128 * 1024;

/** Structures; `dictionary` are the keys, words and texts of the language that the target reads. */
export function jsonForm<Input extends JsonValue = JsonValue>(
  dictionary: readonly string[] = [],
): Form<Input> {
  const text = textForm(dictionary);
  const keys = [...KEYS, ...dictionary];

  function changedText(value: string, random: Random): string {
    return random.chance(0.3) && dictionary.length > 0
      ? random.pick(dictionary)
      : text.mutate(value, random, dictionary);
  }

  function changed(value: JsonValue, random: Random, others: readonly JsonValue[]): JsonValue {
    switch (random.below(8)) {
      case 0:
        return random.pick(SCALARS);
      case 1:
        return changedText(typeof value === 'string' ? value : '', random);
      case 2:
        return random.chance(0.5) ? [value] : own([[random.pick(keys), value]]);
      case 3:
        return others.length === 0 ? value : somePart(random.pick(others), random);
      case 4: {
        let deep = value;
        const wrap = random.chance(0.5);
        const key = random.pick(keys);
        for (let times = random.chance(0.1) ? 2_000 : random.size(60); times > 0; times--) {
          deep = wrap ? [deep] : own([[key, deep]]);
        }
        return deep;
      }
      default:
        return changedWithin(value, random, others);
    }
  }

  function changedWithin(value: JsonValue, random: Random, others: readonly JsonValue[]): JsonValue {
    if (typeof value === 'string') return changedText(value, random);
    if (typeof value === 'number') {
      return random.pick([
        value + 1,
        value - 1,
        -value,
        value * 1000,
        value / 3,
        random.below(2 ** 32),
        String(value),
      ]);
    }
    if (value === null || typeof value === 'boolean') return random.pick(SCALARS);
    const entries: [string, JsonValue][] = Object.entries(value);
    const at = random.below(entries.length);
    const entry = entries[at];
    const part = (): JsonValue =>
      others.length === 0 ? random.pick(SCALARS) : somePart(random.pick(others), random);
    switch (random.below(6)) {
      case 0:
        entries.splice(at, 1);
        break;
      case 1:
        entries.splice(random.below(entries.length + 1), 0, [random.pick(keys), part()]);
        break;
      case 2:
        if (entry !== undefined) entries[at] = [changedText(entry[0], random), entry[1]];
        break;
      case 3:
        if (entry !== undefined) {
          const times = random.chance(0.1) ? 500 : random.size(8);
          for (let i = 0; i < times; i++) entries.push([`${entry[0]}${i}`, entry[1]]);
        }
        break;
      case 4:
        if (entry !== undefined) entries[at] = [entry[0], part()];
        break;
      default: {
        const other = entries[random.below(entries.length)];
        if (entry !== undefined && other !== undefined) entries[at] = [entry[0], other[1]];
      }
    }
    return Array.isArray(value) ? entries.map(([, item]) => item) : own(entries);
  }

  function at(value: JsonValue, random: Random, others: readonly JsonValue[], depth: number): JsonValue {
    if (typeof value !== 'object' || value === null || depth > 40 || random.chance(0.25)) {
      return changed(value, random, others);
    }
    const entries: [string, JsonValue][] = Object.entries(value);
    const which = random.below(entries.length);
    const entry = entries[which];
    if (entry === undefined) return changed(value, random, others);
    entries[which] = [entry[0], at(entry[1], random, others, depth + 1)];
    return Array.isArray(value) ? entries.map(([, item]) => item) : own(entries);
  }

  return {
    mutate(input, random, others) {
      let value: JsonValue = input;
      for (let times = random.size(6); times > 0; times--) value = at(value, random, others, 0);
      return (isLarge(value) ? input : value) as Input;
    },
    *smaller(input) {
      yield* smallerValues(input, 0) as Generator<Input>;
    },
    write: (input) => Buffer.from(`${JSON.stringify(input)}\n`),
    read: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')) as Input,
  };
}

/** With keys of its own, whatever they are called: `{ __proto__: 1 }` would set the prototype. */
function own(entries: readonly (readonly [string, JsonValue])[]): { [key: string]: JsonValue } {
  const made: { [key: string]: JsonValue } = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

function somePart(value: JsonValue, random: Random): JsonValue {
  let part = value;
  for (
    let depth = 0;
    depth < 12 && typeof part === 'object' && part !== null && random.chance(0.7);
    depth++
  ) {
    const parts: JsonValue[] = Object.values(part);
    if (parts.length === 0) break;
    part = random.pick(parts);
  }
  return part;
}

function isLarge(value: JsonValue): boolean {
  let count = 0;
  let characters = 0;
  const open: JsonValue[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one === 'string') characters += one.length;
    if (++count > MAX_NODES || characters > MAX_CHARACTERS) return true;
    if (typeof one !== 'object' || one === null) continue;
    for (const [key, part] of Object.entries(one)) {
      characters += Array.isArray(one) ? 0 : key.length;
      open.push(part);
    }
  }
  return false;
}

function* smallerValues(value: JsonValue, depth: number): Generator<JsonValue> {
  if (typeof value === 'string') {
    if (value.length > 0) yield* shorter(value.length, (from, to) => value.slice(0, from) + value.slice(to));
    return;
  }
  if (typeof value !== 'object' || value === null || depth > 200) return;
  const entries: [string, JsonValue][] = Object.entries(value);
  const made = (list: readonly (readonly [string, JsonValue])[]): JsonValue =>
    Array.isArray(value) ? list.map(([, item]) => item) : own(list);
  if (entries.length > 0) {
    yield* shorter(entries.length, (from, to) => made([...entries.slice(0, from), ...entries.slice(to)]));
  }
  for (const [, part] of entries) if (typeof part === 'object' && part !== null) yield part;
  for (const [i, [key, part]] of entries.entries()) {
    for (const less of smallerValues(part, depth + 1)) yield made(entries.with(i, [key, less]));
  }
}

/** The own property of that name, where there is one. */
export function partOf(value: JsonValue | undefined, key: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, JsonValue>>)[key];
}

/** A text as it is, all else as JSON; nothing as `''`. */
export function asText(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

/** The values as texts by their own names. */
export function asTexts(value: JsonValue | undefined): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, JsonValue]) => [name, asText(one)]),
  );
}
