import { MAX_MATCHED_LENGTH, patternFault } from '../safe-pattern.js';

/** Which flow a dialled number belongs to. */

/** A number as it stands in the configuration: itself, or a `/regular expression/` for the whole of it. */
export interface Claim {
  readonly number: string;
  readonly flow: string;
}

/** Why a number of the configuration can't be used, or undefined. */
export function numberFault(number: string): string | undefined {
  const pattern = patternOf(number);
  if (pattern === undefined)
    return /^[^\s/]{1,128}$/.test(number) ? undefined : 'expected a number without blanks, or /a pattern/';
  try {
    new RegExp(pattern, 'u');
  } catch {
    return 'not a regular expression';
  }
  // Callers choose what it is tried on.
  const fault = patternFault(pattern);
  return fault === undefined ? undefined : `the pattern ${fault}`;
}

function patternOf(number: string): string | undefined {
  return number.length > 2 && number.startsWith('/') && number.endsWith('/')
    ? number.slice(1, -1)
    : undefined;
}

/** The flow of a number as it stands goes before patterns, and among those the first. */
export class ClaimedNumbers {
  readonly #plain = new Map<string, string>();
  readonly #patterns: { readonly pattern: RegExp; readonly flow: string }[] = [];

  constructor(claims: readonly Claim[]) {
    for (const { number, flow } of claims) {
      const pattern = patternOf(number);
      if (pattern === undefined) this.#plain.set(number, flow);
      else this.#patterns.push({ pattern: new RegExp(`^(?:${pattern})$`, 'u'), flow });
    }
  }

  flowFor(dialled: string): string | undefined {
    if (dialled.length > 128) return undefined;
    const plain = this.#plain.get(dialled);
    if (plain !== undefined || dialled.length > MAX_MATCHED_LENGTH) return plain;
    return this.#patterns.find(({ pattern }) => pattern.test(dialled))?.flow;
  }
}
