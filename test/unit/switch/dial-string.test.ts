import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import type { DialEndpoint } from '../../../src/switch/dial-endpoint.js';
import type { DialString, DialVariable } from '../../../src/switch/dial-string.js';
import { formatDialString, legsOf, parseDialString } from '../../../src/switch/dial-string.js';

function parsed(text: string): DialString {
  const result = parseDialString(text);
  if (!result.ok) throw new Error(`${text}: ${result.detail}`);
  return result.dialString;
}

function only(text: string): DialEndpoint | undefined {
  return legsOf(parsed(text))[0]?.endpoint;
}

describe('endpoints', () => {
  it.each<[string, DialEndpoint]>([
    ['user/10001', { type: 'user', user: '10001' }],
    ['USER/10001@example.org', { type: 'user', user: '10001', domain: 'example.org' }],
    ['group/sales', { type: 'group', group: 'sales' }],
    ['group/sales@example.org+F', { type: 'group', group: 'sales', domain: 'example.org', order: 'F' }],
    ['sofia/gateway/carrier/+493012', { type: 'gateway', gateway: 'carrier', number: '+493012' }],
    ['sofia/Gateway/carrier/1', { type: 'gateway', gateway: 'carrier', number: '1' }],
    ['sofia/internal/1@10.0.0.1:5060', { type: 'sofia', profile: 'internal', uri: '1@10.0.0.1:5060' }],
    ['sofia/internal/1@[2001:db8::1]', { type: 'sofia', profile: 'internal', uri: '1@[2001:db8::1]' }],
    ['loopback/9664', { type: 'loopback', extension: '9664' }],
    ['loopback/9664/public/XML', { type: 'loopback', extension: '9664', context: 'public', dialplan: 'XML' }],
    ['loopback/app=park', { type: 'loopback_app', application: 'park', data: '' }],
    ['loopback/APP=system:reboot', { type: 'loopback_app', application: 'system', data: 'reboot' }],
    ['error/USER_BUSY', { type: 'error', cause: 'USER_BUSY' }],
    ['pickup/1001', { type: 'pickup', key: '1001' }],
    ['verto.rtc/1001@example.org', { type: 'verto', endpoint: 'verto.rtc', user: '1001@example.org' }],
    ['freetdm/1/a/123', { type: 'other', endpoint: 'freetdm', data: '1/a/123' }],
  ])('%s', (text, endpoint) => {
    expect(only(text)).toEqual(endpoint);
  });
});

describe('dial strings', () => {
  it('are read with every kind of prefix and separator', () => {
    expect(parsed('<a=1>{b=2,c=3}{d=4}[e=5][f=6]user/1,user/2|[g=7]user/3:_:{h=8}user/4')).toEqual({
      variables: [{ name: 'a', value: '1' }],
      groups: [
        {
          variables: [
            { name: 'b', value: '2' },
            { name: 'c', value: '3' },
            { name: 'd', value: '4' },
          ],
          attempts: [
            [
              {
                variables: [
                  { name: 'e', value: '5' },
                  { name: 'f', value: '6' },
                ],
                endpoint: { type: 'user', user: '1' },
              },
              { variables: [], endpoint: { type: 'user', user: '2' } },
            ],
            [{ variables: [{ name: 'g', value: '7' }], endpoint: { type: 'user', user: '3' } }],
          ],
        },
        {
          variables: [{ name: 'h', value: '8' }],
          attempts: [[{ variables: [], endpoint: { type: 'user', user: '4' } }]],
        },
      ],
    });
  });

  // Each of these was read the same way by FreeSWITCH 1.10.12 ("Parsing variable" in its log).
  it.each<[string, readonly DialVariable[]]>([
    [
      "{a='1,2',b=3}user/1",
      [
        { name: 'a', value: '1,2' },
        { name: 'b', value: '3' },
      ],
    ],
    [
      '{^^:a=1,2:b=3}user/1',
      [
        { name: 'a', value: '1,2' },
        { name: 'b', value: '3' },
      ],
    ],
    ['{a=1\\,2}user/1', [{ name: 'a', value: '1,2' }]],
    ['{a= x }user/1', [{ name: 'a', value: 'x' }]],
    ['{a=b=c}user/1', [{ name: 'a', value: 'b=c' }]],
    ["{a='x}user/1", [{ name: 'a', value: "'x" }]],
    ["{a=it\\\\\\'s}user/1", [{ name: 'a', value: "it's" }]],
    ["{a=it\\\\'s}user/1", [{ name: 'a', value: "it's" }]],
    ['{}user/1', []],
  ])('%s', (text, variables) => {
    expect(parsed(text).groups[0]?.variables).toEqual(variables);
  });

  it.each([
    ['', 'an empty leg'],
    ['user/1,', 'an empty leg'],
    ['user/1||user/2', 'an empty leg'],
    ['user/1:_:', 'an empty leg'],
    ['park', 'is not an endpoint'],
    ['{a=1user/1', 'no } for a {'],
    ['{a={b=1}}user/1', 'a { inside {}'],
    ['{a=1} {b=2}user/1', 'is not an endpoint'],
    ['<a=1> {b=2}user/1', 'a blank between prefixes'],
    ['{a}user/1', 'not a variable with a value'],
    ['{a=}user/1', 'not a variable with a value'],
    ['{=a}user/1', 'is not the name of a variable'],
    ['{a[0]=1}user/1', 'is not the name of a variable'],
    ['{a=1:_:b=2}user/1', 'no } for a {'],
    ['<a=1:_:b=2>user/1', ':_: inside a prefix'],
    ['{a=x\\nVia: y}user/1', 'a control character'],
    ['{a=1\n}user/1', 'a control character'],
    ['{a=\udc00}user/1', 'a control character'],
    ["['a=1']user/1", 'inside []'],
    ['[a=1|b=2]user/1', 'inside []'],
    ['[a=1]]user/1', 'a bracket without its partner'],
    ['^^:user/1:user/2', 'is not an endpoint'],
    ["user/'1'", 'is not an endpoint'],
    ['user/1\\,user/2', 'is not an endpoint'],
    ['user/1 user/2', 'is not an endpoint'],
    ['user/\uff11', 'is not an endpoint'],
    ['user/${system(id)}', 'is not an endpoint'],
    ['group/a)}b', 'is not an endpoint'],
    ['user/@example.org', 'is not complete'],
    ['sofia/gateway/carrier', 'is not complete'],
    ['{^^\u00e9a=1}user/1', 'an unusual delimiter'],
    ['{^^:^^;a=1}user/1', 'a stray ^^'],
    ['{a=1\\}user/1', 'a stray ^^ or backslash'],
  ])('refuses %j', (text, detail) => {
    const result = parseDialString(text);
    expect(result.ok).toBe(false);
    expect(result.ok ? '' : result.detail).toContain(detail);
  });

  it('refuses what is too long or has too many legs', () => {
    expect(parseDialString(`user/${'1'.repeat(9000)}`).ok).toBe(false);
    expect(parseDialString(Array.from({ length: 200 }, () => 'user/1').join(',')).ok).toBe(false);
    expect(parseDialString(Array.from({ length: 200 }, () => 'user/1').join(':_:')).ok).toBe(false);
  });

  it('does not write what cannot be read back', () => {
    const leg = (value: string): DialString => ({
      variables: [],
      groups: [
        {
          variables: [],
          attempts: [[{ variables: [{ name: 'a', value }], endpoint: { type: 'user', user: '1' } }]],
        },
      ],
    });
    expect(() => formatDialString(leg("it's"))).toThrow(AppError);
    expect(() => formatDialString(leg('a|b'))).toThrow(AppError);
    expect(() => formatDialString(leg('a]'))).toThrow(AppError);
    expect(formatDialString(leg('a,b'))).toBe('[^^:a=a,b]user/1');
  });
});

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,12}$/);
const word = fc.stringMatching(/^[A-Za-z0-9_.+-]{1,12}$/);
const plain = fc.stringMatching(/^[A-Za-z0-9_.+*#-]{1,12}$/);

function variables(value: fc.Arbitrary<string>): fc.Arbitrary<DialVariable[]> {
  const usable = value.filter((text) => text !== '' && !text.includes(':_:'));
  return fc.array(fc.record({ name, value: usable }), { maxLength: 4 });
}

const text = fc.string({
  unit: fc.constantFrom(...Array.from(' abcXYZ019_.,:;=\'"\\|/@%()é€^~!')),
  maxLength: 16,
});
const inLeg = fc
  .string({ unit: fc.constantFrom(...Array.from(' abcXYZ019_.,:;="/@%()é€^~!')), maxLength: 16 })
  .map((value) => value.trim());

const endpoint: fc.Arbitrary<DialEndpoint> = fc.oneof(
  fc.record({ type: fc.constant('user' as const), user: word, domain: word }),
  word.map((user): DialEndpoint => ({ type: 'user', user })),
  plain.map((number): DialEndpoint => ({ type: 'gateway', gateway: 'carrier', number })),
  word.map((uri): DialEndpoint => ({ type: 'sofia', profile: 'internal', uri: `${uri}@[::1]:5080` })),
  fc.constant<DialEndpoint>({ type: 'group', group: 'sales', order: 'A' }),
  fc.constant<DialEndpoint>({ type: 'loopback', extension: '1', context: 'public', dialplan: 'XML' }),
  fc.constant<DialEndpoint>({ type: 'loopback_app', application: 'park', data: '' }),
  fc.constant<DialEndpoint>({ type: 'error', cause: 'USER_BUSY' }),
  fc.constant<DialEndpoint>({ type: 'other', endpoint: 'freetdm', data: '1/a/2' }),
);

const dialString: fc.Arbitrary<DialString> = fc.record({
  variables: variables(text),
  groups: fc.array(
    fc.record({
      variables: variables(text),
      attempts: fc.array(
        fc.array(fc.record({ variables: variables(inLeg), endpoint }), { minLength: 1, maxLength: 3 }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

describe('dial strings as properties', () => {
  it('come back from being written', () => {
    let written = 0;
    fc.assert(
      fc.property(dialString, (structure) => {
        let line: string;
        try {
          line = formatDialString(structure);
        } catch (error) {
          // No delimiter is free for these values: said, not written wrongly.
          if (error instanceof AppError) return;
          throw error;
        }
        written++;
        expect(parsed(line)).toEqual(structure);
      }),
      { numRuns: 2000 },
    );
    expect(written).toBeGreaterThan(1000);
  });

  it('never throw, and what is accepted is stable', () => {
    const unit = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '<',
      '>',
      ',',
      '|',
      ':_:',
      "'",
      '\\',
      '^^',
      '=',
      ' ',
      'a',
      'user/1',
      '1',
      ':',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 24 }), (line) => {
        const result = parseDialString(line);
        if (!result.ok) return;
        expect(parsed(formatDialString(result.dialString))).toEqual(result.dialString);
      }),
      { numRuns: 5000 },
    );
  });
});
