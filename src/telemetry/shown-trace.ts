import { withoutDigits } from './log.js';

/** An entry of a call's trace as it may be shown: keys in snake_case, what callers entered masked. */
export function shownTrace(
  { atMs, ...entry }: { readonly type: string; readonly atMs: number },
  showsDigits: boolean,
): { readonly type: string; readonly at_ms: number } {
  const shown = snakeCase(entry) as { readonly type: string };
  return { at_ms: atMs, ...(showsDigits ? shown : (withoutDigits(shown) as typeof shown)) };
}

/** Keys only, and not those of channel variables. */
function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      key === 'variables' ? item : snakeCase(item),
    ]),
  );
}
