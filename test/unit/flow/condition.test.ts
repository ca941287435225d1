import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/flow/condition.js';
import { conditionSchema, holds } from '../../../src/flow/condition.js';
import { newState } from '../../../src/flow/state.js';

const STATE = { ...newState('s', 'f', 0), attributes: { city: 'Berlin', level: '3', empty: '' } };
const SCOPE = { state: STATE, call: { uuid: 'u', get: () => undefined, now: () => 0 }, language: 'en' };

function asks(condition: unknown): boolean {
  return holds(conditionSchema.parse(condition), SCOPE);
}

const city = '$.Attributes.city';
const level = '$.Attributes.level';
const missing = '$.Attributes.nobody';

describe('holds', () => {
  it.each<[string, unknown, boolean]>([
    ['equals', { value: city, equals: 'Berlin' }, true],
    ['equals in another case', { value: city, equals: 'berlin' }, false],
    ['equals, ignoring case', { value: city, equals: 'BERLIN', ignore_case: true }, true],
    ['equals a number', { value: level, equals: 3 }, true],
    ['equals another attribute', { value: city, equals: '$.Attributes.city' }, true],
    ['not_equals', { value: city, not_equals: 'Bonn' }, true],
    ['not_equals of what is missing', { value: missing, not_equals: 'x' }, true],
    ['contains', { value: city, contains: 'erl' }, true],
    ['contains not', { value: city, contains: 'x' }, false],
    ['starts_with', { value: city, starts_with: 'Ber' }, true],
    ['ends_with', { value: city, ends_with: 'lin' }, true],
    ['ends_with not', { value: city, ends_with: 'Ber' }, false],
    ['greater_than', { value: level, greater_than: 2 }, true],
    ['greater_than itself', { value: level, greater_than: 3 }, false],
    ['at_least', { value: level, at_least: '3' }, true],
    ['less_than', { value: level, less_than: 3.5 }, true],
    ['less_than itself', { value: level, less_than: 3 }, false],
    ['at_most', { value: level, at_most: 3 }, true],
    ['a range', { value: level, at_least: 1, at_most: 2 }, false],
    ['as numbers, not as texts', { value: '10', greater_than: 9 }, true],
    ['a number against a text', { value: city, greater_than: 1 }, false],
    ['numbers of other kinds', { value: '0x10', greater_than: 1 }, false],
    ['in', { value: city, in: ['Bonn', 'Berlin'] }, true],
    ['in not', { value: city, in: ['Bonn'] }, false],
    ['exists', { value: city, exists: true }, true],
    ['exists, empty', { value: '$.Attributes.empty', exists: true }, true],
    ['exists not', { value: missing, exists: true }, false],
    ['does not exist', { value: missing, exists: false }, true],
    ['missing equals nothing', { value: missing, equals: '' }, false],
    ['missing is less than nothing', { value: missing, less_than: 100 }, false],
    ['missing contains nothing', { value: missing, contains: '' }, false],
    [
      'any',
      {
        any: [
          { value: city, equals: 'x' },
          { value: level, equals: 3 },
        ],
      },
      true,
    ],
    ['any of none', { any: [{ value: city, equals: 'x' }] }, false],
    [
      'all',
      {
        all: [
          { value: city, equals: 'Berlin' },
          { value: level, equals: 3 },
        ],
      },
      true,
    ],
    [
      'all but one',
      {
        all: [
          { value: city, equals: 'Berlin' },
          { value: level, equals: 4 },
        ],
      },
      false,
    ],
    ['not', { not: { value: city, equals: 'Bonn' } }, true],
    ['nested', { not: { any: [{ all: [{ value: city, exists: true }] }] } }, false],
  ])('%s', (_title, condition, expected) => {
    expect(asks(condition)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['nothing to compare with', { value: city }],
    ['an unknown comparison', { value: city, equal: 'x' }],
    ['an empty list', { any: [] }],
    ['two kinds at once', { any: [{ value: city, exists: true }], not: { value: city, exists: true } }],
  ])('refuses %s', (_title, condition) => {
    expect(conditionSchema.safeParse(condition).success).toBe(false);
  });

  it('compares hostile values as text', () => {
    const state = { ...STATE, attributes: { city: '$.Attributes.level' } };
    const condition: Condition = conditionSchema.parse({ value: city, equals: 3 });
    expect(holds(condition, { ...SCOPE, state })).toBe(false);
  });
});
