import { expect, it } from 'vitest';
import { ClaimedNumbers, numberFault } from '../../../src/flow/numbers.js';

const CLAIMED = new ClaimedNumbers([
  { number: String.raw`/\+4930\d+/`, flow: 'berlin' },
  { number: '/.*/', flow: 'rest' },
  { number: '+49301', flow: 'one' },
]);

it.each([
  ['+49301', 'one'],
  ['+49302', 'berlin'],
  ['0049302', 'rest'],
  ['x+49302', 'rest'],
  ['9'.repeat(200), undefined],
  ['9'.repeat(65), undefined],
  ['9'.repeat(64), 'rest'],
])('gives %s to %s', (dialled, flow) => {
  expect(CLAIMED.flowFor(dialled)).toBe(flow);
});

it('has no flow for a number that nobody claims', () => {
  expect(new ClaimedNumbers([{ number: '/1../', flow: 'x' }]).flowFor('1000')).toBeUndefined();
});

it.each([
  ['100', undefined],
  ['/1../', undefined],
  ['/(/', 'not a regular expression'],
  [String.raw`/(\d+)+x/`, 'repeats a group'],
  [String.raw`/\d*\d*\d*\d*\d*x/`, 'too many repetitions'],
  ['1 2', 'expected a number'],
  ['', 'expected a number'],
])('judges the number %s', (number, fault) => {
  if (fault === undefined) expect(numberFault(number)).toBeUndefined();
  else expect(numberFault(number)).toContain(fault);
});
