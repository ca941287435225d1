import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/flow/port.js';
import type { Scope } from '../../../src/flow/references.js';
import { fill, isMasked, template, valueOf } from '../../../src/flow/references.js';
import type { FlowState } from '../../../src/flow/state.js';
import { newState } from '../../../src/flow/state.js';

function scope(change: Partial<FlowState> = {}, variables: Readonly<Record<string, string>> = {}): Scope {
  const call = { uuid: 'c0ffee', get: (name: string) => variables[name], now: () => 0 };
  return { state: { ...newState('s', 'f', 0), ...change }, call, language: 'en-US' };
}

const FULL = scope(
  {
    attributes: { name: 'Ann', 'a-b': 'c', empty: '' },
    flowAttributes: { name: 'local' },
    external: { city: 'Bonn', deep: { er: { n: 5, yes: true, none: null } }, list: [1, 2] },
    storedInput: '4711',
    queue: 'support@default',
    error: 'USER_BUSY',
  },
  { caller_id_number: '+4930', destination_number: '100', sip_call_id: 'x@y' },
);

describe('fill', () => {
  it.each([
    ['$.Attributes.name', 'Ann'],
    ['Hello $.Attributes.name.', 'Hello Ann.'],
    ['$.Attributes.name, $.Attributes.name!', 'Ann, Ann!'],
    ["$.Attributes['a-b']", 'c'],
    ['$.Attributes.a-b', 'c'],
    ['$.FlowAttributes.name', 'local'],
    ['$.External.city', 'Bonn'],
    ['$.External.deep.er.n', '5'],
    ['$.External.deep.er.yes', 'true'],
    ['$.StoredInput', '4711'],
    ['$.StoredInput.wav', '4711.wav'],
    ['{$.StoredInput}wav', '4711wav'],
    ["$.StoredInput['x y']", "4711['x y']"],
    ["$.Queue.Name['']", "support@default['']"],
    ["$.Queue.Name['$$.']", "support@default['$.']"],
    ["$.StoredInput.x['$.Error.Code']['{$.Attributes.name}']", "4711.x['USER_BUSY']['Ann']"],
    ['$.CustomerEndpoint.Address', '+4930'],
    ['$.CustomerEndpoint.Type', 'TELEPHONE_NUMBER'],
    ['$.SystemEndpoint.Address', '100'],
    ['$.ContactId', 'c0ffee'],
    ['$.Queue.Name', 'support@default'],
    ['$.Channel.sip_call_id', 'x@y'],
    ['$.Error.Code', 'USER_BUSY'],
    ['$.LanguageCode', 'en-US'],
    ['${start.caller}', '+4930'],
    ['${start.callee}', '100'],
    ['${start.contactId}', 'c0ffee'],
    ['${ask.name}', 'Ann'],
    ['it costs $5 and $.50', 'it costs $5 and $.50'],
    ['$$.Attributes.name', '$.Attributes.name'],
    ['', ''],
    ['plain', 'plain'],
  ])('makes %s into %s', (text, expected) => {
    expect(fill(text, FULL)).toBe(expected);
  });

  it.each([
    '$.Attributes.nobody',
    '$.External.nothing',
    '$.External.deep',
    '$.External.list',
    '$.External.list.0',
    '$.External.deep.er.none',
    '$.External.toString',
    '$.External.constructor.name',
    '$.Attributes.__proto__',
    '$.Attributes.hasOwnProperty',
    '$.Nonsense.x',
    '$.Channel.unknown',
    '${start.nonsense}',
  ])('leaves nothing where %s stands', (text) => {
    expect(fill(`<${text}>`, FULL)).toBe('<>');
  });

  it('swaps the endpoints of a call that FreeSWITCH placed', () => {
    const placed = scope({}, { direction: 'outbound', caller_id_number: '100', destination_number: '+4930' });
    expect(fill('$.CustomerEndpoint.Address $.SystemEndpoint.Address', placed)).toBe('+4930 100');
  });

  it('never looks into what a reference brings', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const text = `a ${value} b`;
        expect(fill('a $.Attributes.x b', scope({ attributes: { x: value }, storedInput: 'secret' }))).toBe(
          text,
        );
      }),
    );
    const inner = '$.StoredInput ${start.caller} {$.ContactId}';
    expect(fill('$.Attributes.x', scope({ attributes: { x: inner }, storedInput: 'secret' }))).toBe(inner);
  });

  it('encodes values and leaves what the flow wrote', () => {
    expect(fill('x=&y=$.Attributes.name', FULL, encodeURIComponent)).toBe('x=&y=Ann');
    const hostile = scope({ attributes: { name: 'a&b=c' } });
    expect(fill('y=$.Attributes.name', hostile, encodeURIComponent)).toBe('y=a%26b%3Dc');
  });

  it('reads any text without failing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('$', '.', '{', '}', "['", "']", 'Attributes', 'External', 'a', ' ', '$.')),
        (parts) => {
          const text = parts.join('');
          expect(typeof fill(text, FULL)).toBe('string');
          expect(template(text).parts.length).toBeLessThanOrEqual(text.length + 1);
        },
      ),
    );
  });
});

describe('valueOf', () => {
  it.each<[string, Json | undefined]>([
    ['$.External.list', [1, 2]],
    ['$.External.deep.er', { n: 5, yes: true, none: null }],
    ['$.External.deep.er.n', 5],
    ['{$.External.deep.er.n}', 5],
    ['$.Attributes.nobody', undefined],
    ['$.Attributes.empty', ''],
    ['x $.Attributes.nobody', 'x '],
  ])('keeps the kind of %s', (text, expected) => {
    expect(valueOf(text, FULL)).toEqual(expected);
  });
});

it('knows which texts hold masked values', () => {
  const masked = scope({ masked: ['StoredInput', 'Attributes.pin'] });
  expect(isMasked('pin: $.StoredInput', masked)).toBe(true);
  expect(isMasked('$.Attributes.pin', masked)).toBe(true);
  expect(isMasked('$.Attributes.pin2', masked)).toBe(false);
});

it.each([
  ['$.Atributes.x', 'there is no $.Atributes'],
  ['$.Attributes', 'expected $.Attributes.<name>'],
  ['{$.Attributes.a.b}', 'expected $.Attributes.<name>'],
  ['$.CustomerEndpoint.Adress', 'expected $.CustomerEndpoint.Address or .Type'],
  ['$.Queue.ARN', 'expected $.Queue.Name'],
  ['${start.nobody}', 'of start there are caller'],
])('tells that %s means nothing', (text, expected) => {
  expect(template(text).faults.join()).toContain(expected);
});
