import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { separate } from '../../../../src/simulator/text.js';
import { EventData, placeOf, withVariables } from '../../../../src/switch/attached/event-data.js';
import { readDump } from '../../../../src/switch/dump.js';
import { CallGuard } from '../../../../src/switch/attached/guard.js';
import { isPlainUuid, waitsForProgram } from '../../../../src/switch/attached/parked.js';
import {
  isTargetWord,
  readReleaseTarget,
  targetText,
} from '../../../../src/switch/attached/release-target.js';
import { setVariables } from '../../../../src/switch/attached/set-variables.js';
import { defaultInstance } from '../../../../src/switch/instance.js';

const headers = (values: Readonly<Record<string, string>>): { get(name: string): string | undefined } =>
  new Map(Object.entries(values));

describe('variables that are set from outside', () => {
  test('arrive as they are, whatever is in them', () => {
    const value = fc
      .string({ unit: fc.constantFrom(...Array.from(`ab1 \\';"=,|^~!&%{}[]()$`)) })
      .filter((text) => text.trim() === text);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 9 }), (values) => {
        const pairs = values.map((text, at): [string, string] => [`v${at}`, text]);
        const [command, ...more] = setVariables('u', pairs);
        expect(more).toEqual([]);
        const begin = 'api uuid_setvar_multi u ';
        expect(command?.line.startsWith(begin)).toBe(true);
        const items = separate(command?.line.slice(begin.length) ?? '', ';', 64);
        expect(items).toEqual(pairs.map(([name, text]) => `${name}=${text}`));
      }),
    );
  });

  test('go in as many commands as FreeSWITCH takes', () => {
    const pairs = Array.from({ length: 150 }, (_, at): [string, string] => [`v${at}`, 'x']);
    expect(setVariables('u', pairs)).toHaveLength(3);
    expect(setVariables('u', [])).toEqual([]);
  });
});

describe('where a call goes', () => {
  test('is read with its defaults', () => {
    expect(readReleaseTarget('100')).toEqual({ extension: '100', dialplan: 'XML', context: 'default' });
    expect(readReleaseTarget(' 100  XML  sales ')).toEqual({
      extension: '100',
      dialplan: 'XML',
      context: 'sales',
    });
    expect(targetText({ extension: '100', dialplan: 'XML', context: 'sales' })).toBe('100 XML sales');
  });

  test('is nothing that FreeSWITCH would read as more than a word', () => {
    for (const text of [
      '',
      'a b c d',
      "a'b",
      'a~hangup',
      'a:b',
      '${x}',
      'a\\sb',
      'a\nb',
      'a,b',
      'a!b',
      'a;b',
    ])
      expect(readReleaseTarget(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (word) => {
        if (isTargetWord(word)) expect(word).toMatch(/^[\w.+*#@-]+$/);
      }),
    );
  });

  test('is carried by the guard as one argument', () => {
    const guard = new CallGuard('u1', { extension: '100', dialplan: 'XML', context: 'sales' }, 30);
    expect(guard.task).toMatch(/^\+30 cti_guard_u1 uuid_transfer u1 /);
    const [, list, dialplan] = separate(guard.release('daemon_lost').slice('uuid_transfer '.length), ' ', 5);
    expect(list).toMatch(/^m:~:multiset:.*cti_error=daemon_lost.*~transfer:100 XML sales$/);
    expect(dialplan).toBe('inline');
    expect(new CallGuard('u1', undefined, 5).release('x')).toContain('~hangup:NORMAL_CLEARING inline');
  });
});

describe('a parked channel', () => {
  const parked = (values: Readonly<Record<string, string>>): boolean =>
    waitsForProgram(
      new EventData(
        headers(Object.fromEntries(Object.entries(values).map(([name, text]) => [`variable_${name}`, text]))),
      ),
    );

  test('waits for a program when it carries one and was never under control', () => {
    expect(parked({ cti_curl: 'http://x/' })).toBe(true);
    expect(parked({ cti_flow: 'support' })).toBe(true);
    expect(parked({})).toBe(false);
    expect(parked({ cti_curl: '' })).toBe(false);
    for (const mark of ['cti_status', 'cti_state', 'cti_o1', 'cti_owner', 'socket_host'])
      expect(parked({ cti_curl: 'http://x/', [mark]: 'x' })).toBe(false);
    expect(parked({ cti_curl: 'http://x/', current_application: 'socket' })).toBe(false);
  });

  test('has a uuid that is one word everywhere', () => {
    expect(isPlainUuid('0dd8b0f2-0000-4000-8000-000000000000')).toBe(true);
    expect(isPlainUuid('call-1@10.0.0.1')).toBe(false);
    for (const uuid of ['', '-x', 'a b', 'a/b', 'a;b', "a'b", 'a~b', '${x}', 'a\nb', 'x'.repeat(200)])
      expect(isPlainUuid(uuid)).toBe(false);
  });
});

describe('what is told of a channel', () => {
  test('is read from a dump, arrays too', () => {
    const dump = readDump('{"Unique-ID":"u","variable_a":"b","variable_x":["1","2"],"n":1}');
    expect(dump?.get('variable_x')).toBe('ARRAY::1|:2');
    expect(dump?.get('VARIABLE_A')).toBe('b');
    expect(dump?.get('n')).toBeUndefined();
    for (const text of ['-ERR No such channel!', '', '[]', 'null', '1'])
      expect(readDump(text)).toBeUndefined();
  });

  test('can be overlaid, and forgotten', () => {
    const data = new EventData(
      withVariables(headers({ variable_a: '1', variable_b: '2' }), { a: '', c: '3' }),
    );
    expect([data.variable('a'), data.variable('b'), data.variable('c')]).toEqual([undefined, '2', '3']);
    expect([data.variable('A'), data.variable('C')]).toEqual([undefined, '3']);
    data.forget();
    expect(data.variable('b')).toBeUndefined();
    expect(placeOf(headers({ 'Channel-State': 'CS_PARK', 'Caller-Profile-Index': '2' }))).toBe('CS_PARK/2');
  });
});

test('the host name becomes a legal name', () => {
  expect(defaultInstance('ivr-1.example')).toBe('ivr-1.example');
  expect(defaultInstance('_x y')).toBe('x-y');
  expect(defaultInstance('---')).toBe('switchhook');
});
