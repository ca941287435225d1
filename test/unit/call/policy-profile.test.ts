import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { Policy } from '../../../src/call/policy.js';
import { matchesAny } from '../../../src/call/policy/pattern.js';
import { compilePattern, MAX_MATCHED_LENGTH, patternFault } from '../../../src/safe-pattern.js';

describe('patterns', () => {
  it.each([
    '.*',
    '\\+?[0-9]{3,20}',
    '(?:\\+49|0049)\\d+',
    '1\\d{3}|2\\d{3}',
    '[a-z]+@pbx\\.example\\.org',
    '[)(*+]\\(x',
    '(a|b|c)?x',
  ])('%s is acceptable', (source) => {
    expect(patternFault(source)).toBeUndefined();
  });

  it.each([
    ['', 'is empty'],
    ['(a+)+', 'repeats a group'],
    ['(?:a|aa)*b', 'repeats a group'],
    ['(a*){2,}', 'repeats a group'],
    ['(a)\\1', 'back reference'],
    ['(?=a)a', 'look-around'],
    ['(?<x>a)\\k<x>', 'back reference'],
    ['.*.*.*.*.*x', 'too many'],
    [`${'a?'.repeat(30)}${'a'.repeat(30)}`, 'too many'],
    ['(a|a)'.repeat(30), 'too many'],
    ['\\d{1,64}'.repeat(6), 'too many'],
    ['a{1000}', 'repeats more than'],
    ['x'.repeat(201), 'is longer'],
    ['(a', 'Invalid regular expression'],
    ['[a', 'Invalid regular expression'],
    ['a)', 'Invalid regular expression'],
  ])('%s is refused', (source, fault) => {
    expect(patternFault(source)).toContain(fault);
  });

  it('match the whole of a text', () => {
    expect(matchesAny([compilePattern('1|2')], '1')).toBe(true);
    expect(matchesAny([compilePattern('1|2')], '12')).toBe(false);
    expect(matchesAny([compilePattern('\\d+')], '1\n')).toBe(false);
    expect(matchesAny([compilePattern('1')], 'x1')).toBe(false);
    expect(matchesAny([], '')).toBe(false);
  });

  it('never look at long texts', () => {
    expect(matchesAny([compilePattern('.*')], 'x'.repeat(MAX_MATCHED_LENGTH))).toBe(true);
    expect(matchesAny([compilePattern('.*')], 'x'.repeat(MAX_MATCHED_LENGTH + 1))).toBe(false);
  });

  it('that are accepted compile', () => {
    const unit = fc.constantFrom(
      'a',
      '\\d',
      '[0-9]',
      '(',
      ')',
      '(?:',
      '|',
      '*',
      '+',
      '?',
      '{2,3}',
      '{',
      '}',
      '.',
      '\\',
      '[',
      ']',
      '^',
      '$',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (source) => {
        if (patternFault(source) === undefined) matchesAny([compilePattern(source)], 'a1'.repeat(32));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the profile', () => {
  it('is complete without being asked for anything', () => {
    const profile = policyProfileSchema.parse({});
    expect(profile.expansion.allow).toBe(false);
    expect(profile.dial.gateways).toEqual({});
    expect(profile.transfer.destinations).toEqual([]);
    expect(profile.variables.set).toContain('cti_*');
    expect(profile.applications).not.toContain('system');
  });

  it.each([
    [{ aplications: [] }, 'aplications'],
    [{ dial: { gatways: {} } }, 'gatways'],
    [{ applications: ['Playback'] }, 'lower case'],
    [{ variables: { set: ['a*b'] } }, 'followed by *'],
    [{ dial: { users: ['(a+)+'] } }, 'repeats a group'],
    [{ play: { roots: ['sounds'] } }, 'absolute folder'],
    [{ play: { roots: ['/a/../b'] } }, 'absolute folder'],
    [{ play: { roots: ['/a/'] } }, 'absolute folder'],
    [{ play: { urls: ['https://media.example.org'] } }, 'https://host'],
    [{ play: { streams: ['shell_stream'] } }, 'shell_stream'],
    [{ hangup: { causes: ['BUSY'] } }, 'hangup cause'],
    [{ record: { max_seconds: 0 } }, 'max_seconds'],
  ])('refuses %j', (input, message) => {
    const result = policyProfileSchema.safeParse(input);
    expect(result.success).toBe(false);
    const text = JSON.stringify(result.error?.issues);
    expect(text.includes(message) || text.includes('Invalid option')).toBe(true);
  });
});

describe('the examples of the guide', () => {
  const guide = readFileSync(new URL('../../../docs/guide/policy.md', import.meta.url), 'utf8');
  const configuration = z.strictObject({ policies: z.record(z.string(), policyProfileSchema) });
  const actions = z.array(z.strictObject({ application: z.string(), data: z.string() }));
  const blocks = Array.from(guide.matchAll(/```(yaml|json)\n([\s\S]*?)```/g), (block) => ({
    language: block[1],
    text: block[2] ?? '',
  }));

  it('are valid, and allow what they show', () => {
    let policy = new Policy('none', policyProfileSchema.parse({ applications: [] }));
    let shown = 0;
    for (const { language, text } of blocks) {
      if (language === 'yaml') {
        for (const [name, profile] of Object.entries(configuration.parse(parse(text)).policies)) {
          policy = new Policy(name, profile);
        }
        continue;
      }
      for (const action of actions.parse(JSON.parse(text))) {
        expect(policy.check(action, { get: () => undefined }).allowed).toBe(true);
        expect(
          new Policy('default', policyProfileSchema.parse({})).check(action, { get: () => undefined })
            .allowed,
        ).toBe(false);
        shown++;
      }
    }
    expect(shown).toBe(2);
  });
});
