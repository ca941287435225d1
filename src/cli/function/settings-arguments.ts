import { parse } from 'yaml';
import { AppError } from '../../errors.js';

type Patch = Record<string, unknown>;

/**
 * `timeout_ms=5000 headers.X-Key={env: KEY} parameters.account.required=true` as settings. Values are YAML; one that
 * is not (a URL with a blank after a colon, say) is the text itself. `key=` takes the key away.
 * @throws AppError `usage`
 */
export function settingsFrom(pairs: readonly string[]): Patch {
  const patch: Patch = Object.create(null) as Patch;
  for (const pair of pairs) {
    const [, key, value] = /^([A-Za-z_][^=]*)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined) {
      throw new AppError('usage', `expected key=value, got ${JSON.stringify(pair)}`);
    }
    put(patch, key.split('.'), valueOf(value));
  }
  return patch;
}

/** `accountId=123 note=urgent` as parameters: texts, unless they are JSON that begins with `{` or `[`. */
export function parametersFrom(pairs: readonly string[]): Record<string, never> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw new AppError('usage', `expected name=value, got ${JSON.stringify(pair)}`);
      }
      return [name, jsonOrText(value) as never];
    }),
  );
}

function put(target: Patch, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  const below = target[first];
  const next =
    typeof below === 'object' && below !== null ? (below as Patch) : (Object.create(null) as Patch);
  target[first] = next;
  put(next, rest, value);
}

function valueOf(text: string): unknown {
  if (text === '') return null;
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}

function jsonOrText(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new AppError('usage', `not JSON: ${JSON.stringify(text.slice(0, 64))}`);
  }
}
