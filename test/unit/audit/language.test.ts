import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { both, either, literal, without } from '../../../src/audit/language/language.js';
import {
  accepts,
  contains,
  countUpTo,
  example,
  isNothing,
  meets,
  onlyText,
} from '../../../src/audit/language/questions.js';
import { after, reverse } from '../../../src/audit/language/quotients.js';
import { matcherOf } from '../../../src/audit/language/match.js';

/** Expressions that JavaScript and PCRE understand alike. */
const atom = fc.constantFrom('a', 'b', '1', '\\d', '.', '[ab]', '[^a]', '\\*', '\\w', '[0-4b]');
const { expression } = fc.letrec<{ expression: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    fc
      .tuple(tie('part'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?'))
      .map(([part, count]) => `(?:${part})${count}`),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => `${a}${b}`),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => `(?!${a})${b}`),
    fc.tuple(tie('part'), tie('part')).map(([a, b]) => `(?=${a})${b}`),
  ),
  expression: fc
    .tuple(fc.constantFrom('', '^'), tie('part'), fc.constantFrom('', '$', '|^b$', '|1$'))
    .map((all) => all.join('')),
}));
const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '7', '*', 'Z', 'é'), maxLength: 8 });

describe('an expression', () => {
  it('matches what JavaScript says that it matches', () => {
    fc.assert(
      fc.property(expression, text, (source, sample) => {
        const { matches, exact } = matcherOf(source);
        const real = new RegExp(source, 's').test(sample);
        if (exact || real) expect(accepts(matches, sample)).toBe(real);
      }),
      { numRuns: 3000 },
    );
  });

  it('captures at least what JavaScript captures', () => {
    fc.assert(
      fc.property(expression, text, (source, sample) => {
        const found = new RegExp(source, 's').exec(sample);
        const groups: readonly (string | undefined)[] = found ?? [];
        for (const [number, group] of groups.entries()) {
          if (group === undefined || number === 0) continue;
          const { capture, matches } = matcherOf(source);
          expect(accepts(capture(number, matches), group)).toBe(true);
          expect(accepts(capture(number, literal(sample)), group)).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('has an example when it has any text, and it is one', () => {
    fc.assert(
      fc.property(expression, expression, text, (a, b, sample) => {
        const language = without(matcherOf(a).matches, matcherOf(b).matches);
        const found = example(language);
        if (found === undefined) expect(accepts(language, sample)).toBe(false);
        else if (found !== 'unknown') expect(accepts(language, found.text)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('is understood as FreeSWITCH writes it', () => {
    const matches = (source: string, sample: string): boolean => accepts(matcherOf(source).matches, sample);
    expect(matches('/^abc$/i', 'ABC')).toBe(true);
    expect(matches('(?i)^abc$', 'aBc')).toBe(true);
    expect(matches('^vmain$|^4000$|^\\*98$', '*98')).toBe(true);
    expect(matches('^((1222.*)$|^(1747.*))$', '17475')).toBe(true);
    expect(matches('^[[:digit:]]+$', '42')).toBe(true);
    expect(matches('^\\Q1+1\\E$', '1+1')).toBe(true);
    // PCRE refuses these, so FreeSWITCH finds no match.
    for (const wrong of ['(', 'a)', '*a', '[b-a]', '[a', 'a{3,1}', '(?<=a'])
      expect(matches(wrong, 'a')).toBe(false);
    // These it does not know exactly; then it matches more, never less.
    for (const source of ['^(a)\\1$', '^(?<!b)aa$', '\\baa\\b', '^a{1,900}$', '^a++$']) {
      expect(matcherOf(source).exact).toBe(false);
      expect(matches(source, 'aa')).toBe(true);
    }
  });
});

describe('languages', () => {
  const numbers = matcherOf('^(10[01][0-9])$').matches;

  it('are compared', () => {
    expect(meets(numbers, matcherOf('^\\d{7}$').matches)).toBe(false);
    expect(meets(numbers, matcherOf('^100').matches)).toBe(true);
    expect(contains(matcherOf('^\\d{4}$').matches, numbers)).toBe(true);
    expect(contains(numbers, matcherOf('^\\d{4}$').matches)).toBe(false);
    expect(isNothing(both(numbers, literal('1020')))).toBe(true);
  });

  it('are counted', () => {
    expect(countUpTo(numbers, 1000)).toBe(20);
    expect(countUpTo(matcherOf('^\\d+$').matches, 1000)).toBe(1000);
    expect(onlyText(matcherOf('^5551234$').matches)).toBe('5551234');
    expect(onlyText(either(literal('1'), literal('2')))).toBeUndefined();
  });

  it('are cut and turned around', () => {
    const rest = after(numbers, literal('10'));
    expect(rest !== undefined && accepts(rest, '07')).toBe(true);
    expect(rest !== undefined && accepts(rest, '27')).toBe(false);
    expect(accepts(reverse(literal('abc')), 'cba')).toBe(true);
  });

  it('give a capture that fits the text', () => {
    const capture = matcherOf('^9(.*)$').capture(1, matcherOf('^9\\d{3}$').matches);
    expect(accepts(capture, '123')).toBe(true);
    expect(accepts(capture, '1234')).toBe(false);
    expect(accepts(capture, 'abc')).toBe(false);
  });
});
