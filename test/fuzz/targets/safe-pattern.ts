import { compilePattern, MAX_MATCHED_LENGTH, patternFault } from '../../../src/safe-pattern.js';
import { asText, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import type { Random } from '../random.js';
import { defineTarget, must } from '../target.js';

const PIECES = [
  'a', '1', '\\d', '\\w', '.', '[0-9]', '[^a]', '*', '+', '?', '{2}', '{1,}', '{0,9}', '{,3}', '*?', '+?', '(', ')', '(?:', '(a|a)', '(a|aa)', '|', '\\.', '\\+', '^', '$', '[', ']', '\\',
]; // prettier-ignore

function pieced(random: Random): JsonValue {
  const pattern = Array.from({ length: random.size(40) }, () => random.pick(PIECES)).join('');
  return { pattern, text: random.pick(['a', '1', 'a1', 'aa1']).repeat(64) };
}

export const target = defineTarget<JsonValue>({
  name: 'safe-pattern',
  about:
    'Patterns of policies and of dialled numbers: refused with a reason, or never long on any text that they are tried on.',
  covers: ['safe-pattern.ts'],
  form: jsonForm(PIECES),
  seeds: [
    { pattern: '\\+49\\d{6,13}', text: '+4930123456x' },
    { pattern: '(?:0800|0900)\\d+', text: '0800111' },
    { pattern: '.*.*.*1', text: 'a'.repeat(64) },
    { pattern: 'a?a?a?a?a?a?aaaaaa', text: 'aaaaaaa' },
    { pattern: '(a+)+$', text: 'a'.repeat(64) },
  ],
  generate: pieced,
  found: [
    'patterns of `flows.numbers` were not held to it: a caller could have made one of them run for ever (`flow/numbers.ts`)',
  ],
  run(input) {
    const pattern = asText(partOf(input, 'pattern'));
    const fault = patternFault(pattern);
    must(fault !== '', 'refused for no reason');
    if (fault !== undefined) return;
    const compiled = compilePattern(pattern);
    const text = asText(partOf(input, 'text')).slice(0, MAX_MATCHED_LENGTH);
    // The worst comes of a text that nearly matches.
    for (const end of ['', '\0', 'a', '1'])
      compiled.test(text.slice(0, MAX_MATCHED_LENGTH - end.length) + end);
  },
});
