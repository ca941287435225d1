/**
 * Regular expressions that an operator writes and that meet what callers and HTTP apps send: that part of them that
 * cannot be made to run for long. Anchored at both ends, tried on short texts only, no repeated groups, no
 * look-around, no back references, and a bound on the ways in which a text can be tried.
 */

/** The longest text that a pattern is tried on; a longer one never matches. */
export const MAX_MATCHED_LENGTH = 64;
const MAX_SOURCE_LENGTH = 200;
/** Steps of the worst text; a step is some nanoseconds. */
const MAX_STEPS = 1_000_000;

/** Why a pattern is not acceptable; undefined when it is. */
export function patternFault(source: string): string | undefined {
  if (source === '') return 'is empty';
  if (source.length > MAX_SOURCE_LENGTH) return `is longer than ${MAX_SOURCE_LENGTH} characters`;
  if (/\\[1-9k]/.test(source)) return 'has a back reference';
  if (/\(\?(?!:)/.test(source)) return 'has a look-around, a named group or a flag; use (…) or (?:…)';
  // Escapes and classes out of the way, so that what is left of ( ) * + ? { } | is an operator.
  const bare = source
    .replace(/\\./g, 'x')
    .replace(/\[[^\]]*\]/g, 'x')
    .replaceAll('(?:', '(');
  if (/\)(?:[*+]|\{)/.test(bare)) return 'repeats a group';
  if ((bare.match(/\{(\d+)/g) ?? []).some((count) => Number(count.slice(1)) > MAX_MATCHED_LENGTH)) {
    return `repeats more than ${MAX_MATCHED_LENGTH} times`;
  }
  if (worstSteps(bare) > MAX_STEPS) return 'has too many repetitions and alternatives in a row';
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A bound on the ways to try one text: repetitions share its characters, `?` and `|` in groups multiply. */
function worstSteps(bare: string): number {
  const varying = bare.match(/[*+]|\{\d*,\d*\}/g)?.length ?? 0;
  const optional = bare.match(/\?/g)?.length ?? 0;
  let steps = 2 ** optional;
  for (let k = 1; k <= varying; k++) steps *= (MAX_MATCHED_LENGTH + k) / k;
  const open: number[] = [];
  for (const character of bare) {
    if (character === '(') open.push(1);
    else if (character === '|' && open.length > 0) open.push((open.pop() ?? 0) + 1);
    else if (character === ')') steps *= open.pop() ?? 1;
  }
  return steps;
}

/** Anchored at both ends, whether the configuration says so or not. */
export function compilePattern(source: string): RegExp {
  return new RegExp(`^(?:${source})$`);
}
