import { isWhole } from '../support/plain.js';
import type { Form } from '../target.js';
import { bytesForm, HOSTILE_TOKENS, shorter } from './bytes.js';

/** Text; mutated as UTF-8, so that what stays is always a string but not always a sensible one. */
export function textForm(dictionary: readonly string[] = []): Form<string> {
  const bytes = bytesForm(dictionary);
  return {
    mutate(input, random, others) {
      // Lone surrogates have no UTF-8: they are put in afterwards.
      const mixed = others.slice(0, 8).map((other) => Buffer.from(other));
      const text = bytes.mutate(Buffer.from(input), random, mixed).toString('utf8');
      if (!random.chance(0.03)) return text;
      const at = random.below(text.length + 1);
      return text.slice(0, at) + random.pick(['\ud800', '\udc00', ...HOSTILE_TOKENS]) + text.slice(at);
    },
    *smaller(input) {
      yield* shorter(input.length, (from, to) => input.slice(0, from) + input.slice(to));
    },
    // As JSON where UTF-8 would lose something.
    write: (input) =>
      Buffer.from(isWhole(input) && !input.startsWith('json:') ? input : `json:${JSON.stringify(input)}`),
    read(written) {
      const text = Buffer.from(written).toString('utf8');
      return text.startsWith('json:') ? (JSON.parse(text.slice(5)) as string) : text;
    },
  };
}
