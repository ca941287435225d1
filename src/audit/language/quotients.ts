import { NONE, both, concat, derivative, either, exhausted, not, star } from './language.js';
import type { Language } from './language.js';
import { MAX_STATES, representatives } from './questions.js';

/** What has been turned around: parts are shared, `a?b?c?` has its end in it eight times. */
const reversed = new WeakMap<Language, Language>();

/** All texts backwards, unless the effort is exhausted. */
export function reverse(language: Language): Language {
  if (exhausted()) return language;
  const known = reversed.get(language);
  if (known !== undefined) return known;
  const turned = turn(language);
  reversed.set(language, turned);
  return turned;
}

function turn(language: Language): Language {
  switch (language.kind) {
    case 'none':
    case 'empty':
    case 'set':
      return language;
    case 'concat':
      return concat(...partsInOrder(language).reverse().map(reverse));
    case 'either':
      return either(...language.parts.map(reverse));
    case 'both':
      return both(...language.parts.map(reverse));
    case 'not':
      return not(reverse(language.parts[0] ?? NONE));
    case 'star':
      return star(reverse(language.parts[0] ?? NONE));
  }
}

/** Of a text written letter by letter as many as it has letters: each nested in the one before. */
function partsInOrder(language: Language): Language[] {
  const parts: Language[] = [];
  let rest = language;
  for (; rest.kind === 'concat'; rest = rest.parts[1] ?? NONE) parts.push(rest.parts[0] ?? NONE);
  return [...parts, rest];
}

const MAX_QUOTIENT = 200;

/**
 * What may follow a text of `prefix` in the texts of `language`.
 * @returns undefined when it would be too large
 */
export function after(language: Language, prefix: Language): Language | undefined {
  const seen = new Set<string>();
  const found = new Set<Language>();
  const queue: [Language, Language][] = [[language, prefix]];
  for (let step = queue.pop(); step !== undefined; step = queue.pop()) {
    const [rest, path] = step;
    const key = `${rest.id}/${path.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_STATES || found.size > MAX_QUOTIENT || exhausted()) return undefined;
    if (path.nullable) found.add(rest);
    for (const code of representatives(concat(path, rest))) {
      const next = derivative(path, code);
      const following = derivative(rest, code);
      if (next !== NONE && following !== NONE) queue.push([following, next]);
    }
  }
  return either(...found);
}

/** What may stand before a text of `suffix` in the texts of `language`. */
export function before(language: Language, suffix: Language): Language | undefined {
  const found = after(reverse(language), reverse(suffix));
  return found === undefined ? undefined : reverse(found);
}
