import { z } from 'zod';
import type { Json } from './port.js';
import type { Scope } from './references.js';
import { fill, soleReference, textOf, valueOf } from './references.js';

/** What a branch asks. */

const operand = z.union([z.string(), z.number(), z.boolean()]);

const comparisonSchema = z.strictObject({
  value: operand.describe('What is compared; usually a reference.'),
  equals: operand.optional(),
  not_equals: operand.optional(),
  contains: operand.optional(),
  starts_with: operand.optional(),
  ends_with: operand.optional(),
  greater_than: operand.optional(),
  at_least: operand.optional(),
  less_than: operand.optional(),
  at_most: operand.optional(),
  in: z.array(operand).min(1).max(1000).optional(),
  exists: z.boolean().optional(),
  ignore_case: z.boolean().default(false),
});

export type Comparison = z.output<typeof comparisonSchema>;
export type Condition =
  | Comparison
  | { readonly any: readonly Condition[] }
  | { readonly all: readonly Condition[] }
  | { readonly not: Condition };

const OPERATORS = [
  'equals',
  'not_equals',
  'contains',
  'starts_with',
  'ends_with',
  'greater_than',
  'at_least',
  'less_than',
  'at_most',
  'in',
  'exists',
] as const;

export const conditionSchema: z.ZodType<Condition> = z
  .lazy(() =>
    z.union([
      comparisonSchema.refine(
        (given) => OPERATORS.some((operator) => given[operator] !== undefined),
        `expected one of ${OPERATORS.join(', ')}`,
      ),
      z.strictObject({ any: z.array(conditionSchema).min(1).max(100) }),
      z.strictObject({ all: z.array(conditionSchema).min(1).max(100) }),
      z.strictObject({ not: conditionSchema }),
    ]),
  )
  .meta({ id: 'condition' });

export function holds(condition: Condition, scope: Scope): boolean {
  if ('any' in condition) return condition.any.some((one) => holds(one, scope));
  if ('all' in condition) return condition.all.every((one) => holds(one, scope));
  if ('not' in condition) return !holds(condition.not, scope);
  return compares(condition, scope);
}

/** A value that is not set equals nothing, not even an empty text: only `exists: false` and `not_equals` hold. */
function compares(given: Comparison, scope: Scope): boolean {
  const value = known(given.value, scope);
  if (given.exists !== undefined && given.exists !== (value !== undefined)) return false;
  const fold = (text: string): string => (given.ignore_case ? text.toLowerCase() : text);
  const left = value === undefined ? undefined : fold(textOf(value));
  const right = (side: string | number | boolean): string => fold(textOf(known(side, scope)));
  const text = (
    side: string | number | boolean | undefined,
    test: (left: string, right: string) => boolean,
  ): boolean => side === undefined || (left !== undefined && test(left, right(side)));
  const number = (
    side: string | number | boolean | undefined,
    test: (left: number, right: number) => boolean,
  ): boolean =>
    text(side, (one, other) => isNumber(one) && isNumber(other) && test(Number(one), Number(other)));
  return (
    text(given.equals, same) &&
    (given.not_equals === undefined || left === undefined || !same(left, right(given.not_equals))) &&
    text(given.contains, (one, other) => one.includes(other)) &&
    text(given.starts_with, (one, other) => one.startsWith(other)) &&
    text(given.ends_with, (one, other) => one.endsWith(other)) &&
    number(given.greater_than, (one, other) => one > other) &&
    number(given.at_least, (one, other) => one >= other) &&
    number(given.less_than, (one, other) => one < other) &&
    number(given.at_most, (one, other) => one <= other) &&
    (given.in === undefined || (left !== undefined && given.in.some((side) => same(left, right(side)))))
  );
}

function known(side: string | number | boolean, scope: Scope): Json | undefined {
  if (typeof side !== 'string') return side;
  return soleReference(side) === undefined ? fill(side, scope) : valueOf(side, scope);
}

function same(one: string, other: string): boolean {
  return one === other;
}

function isNumber(text: string): boolean {
  return /^\s*[+-]?(?:\d{1,30}(?:\.\d{1,30})?|\.\d{1,30})\s*$/.test(text);
}
