import { asText, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import type { Random } from '../random.js';
import { compiled, partsOf, writtenExpressions } from '../support/regular-expressions.js';
import { defineTarget } from '../target.js';

const EXPRESSIONS = new Map(
  writtenExpressions().map(({ text }) => [text, { pattern: compiled(text), parts: partsOf(text) }]),
);
const TEXTS = [...EXPRESSIONS.keys()];

/** Quadratic takes some ten seconds on this, linear a millisecond. */
const LENGTH = 200_000;

/** Those that take the square of the length, on texts that are never long: how long, and why. */
const BOUNDED: ReadonlyMap<string, number> = new Map([
  // safe-pattern.ts: MAX_SOURCE_LENGTH.
  [String.raw`/\[[^\]]*\]/g`, 200],
  // acl/preprocess.ts: MAX_DIRECTIVE; switch-config/preprocess.ts: MAX_SHOWN.
  [String.raw`/<\/?include>|<\?[^]*?\?>/g`, 4_096],
  [String.raw`/<\/?include>|<\?[^>]*>|<!--.*-->/g`, 4_096],
  // cli/call/actions-input.ts: what JSON.parse says of an error.
  [String.raw`/position \d+[^"]*$/`, 500],
]);

const gone = [...BOUNDED.keys()].filter((text) => !EXPRESSIONS.has(text));
if (gone.length > 0) throw new Error(`not in the source any more: ${gone.join(' ')}`);

const ENDS = ['', '\0', '!', ' ', '\n', 'x', '/', '"'];

function some(random: Random, parts: readonly string[], most: number): string {
  if (parts.length === 0) return '';
  // Mostly parts that follow each other.
  const at = random.below(parts.length);
  const length = random.below(most + 1);
  if (random.chance(0.7)) return parts.slice(at, at + length).join('');
  return Array.from({ length }, () => random.pick(parts)).join('');
}

function attack(random: Random): JsonValue {
  const text = random.pick(TEXTS);
  const parts = EXPRESSIONS.get(text)?.parts ?? [];
  const pump = some(random, parts, 5) || random.pick(['a', ' ', '\n', '/', '"']);
  const before = random.chance(0.5)
    ? parts.slice(0, random.below(parts.length + 1)).join('')
    : some(random, parts, 4);
  return { expression: text, before, pump, after: random.pick(ENDS) };
}

export const target = defineTarget<JsonValue>({
  name: 'regular-expressions',
  about: `Every regular expression in the source, on ${LENGTH.toLocaleString('en-US')} characters made of a piece of its own language over and over: none takes longer than in proportion, and the four that would are only used on texts with a limit.`,
  covers: [],
  form: jsonForm([]),
  seeds: TEXTS.map((expression) => ({
    expression,
    before: '',
    pump: partsOf(expression).at(-1) ?? 'a',
    after: '\0',
  })),
  generate: attack,
  found: [
    'none is exponential; 24 took the square of the length or more: rewritten, but for four that are only used on texts with a limit (`switch/fs-commands.ts`, `switch/dial-string.ts`, `flow/speech/ssml.ts`, `acl/preprocess.ts`, `switch-config/preprocess.ts` and others)',
  ],
  run(input) {
    const known = EXPRESSIONS.get(asText(partOf(input, 'expression')));
    const pump = asText(partOf(input, 'pump'));
    // A case of an expression that has been mended since, or a mutation of its text.
    if (known === undefined || pump === '') return;
    const length = BOUNDED.get(asText(partOf(input, 'expression'))) ?? LENGTH;
    const times = Math.ceil(length / pump.length);
    const text = `${asText(partOf(input, 'before'))}${pump.repeat(times)}${asText(partOf(input, 'after'))}`;
    known.pattern.lastIndex = 0;
    if (known.pattern.global) text.replace(known.pattern, '');
    else known.pattern.test(text);
  },
});
