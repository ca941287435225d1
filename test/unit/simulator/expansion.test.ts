import { afterAll, describe, expect, it } from 'vitest';
import { expandIn, type ExpansionScope } from '../../../src/simulator/expansion.js';
import { Simulator } from '../../../src/simulator/simulator.js';

const simulator = new Simulator({ globals: { domain: 'example' } });
afterAll(() => simulator.stop());

const VALUES: Readonly<Record<string, string>> = {
  direction: 'inbound',
  x: 'direction',
  again: '${direction}',
};
const scope: ExpansionScope = {
  core: simulator.core,
  channel: undefined,
  lookUp: (name) => VALUES[name] ?? simulator.core.globals.get(name),
};

/** Each was seen on FreeSWITCH 1.10.12. */
describe('variable expansion', () => {
  it.each([
    ['${direction}', 'inbound'],
    ['\\${direction}', '${direction}'],
    ['\\${direction}\\${direction}', '${direction}${direction}'],
    ['${direction}\\${direction}', 'inbound\\inbound'],
    [
      '${direction:2}|${direction:0:3}|${direction:-4}|${direction:-4:2}|${direction:99}',
      'bound|inb|ound|ou|',
    ],
    ['${${x}}', 'inbound'],
    ['${again}', 'inbound'],
    ['$${domain}|$$|$x|$ ${direction}', 'example|$|$x|$ inbound'],
    ['[${nope}]', '[]'],
    ['${eval(hi)}|${eval hi}|${url_encode(a b)}', 'hi|hi|a%20b'],
    ['${eval(${eval(a(b)c)})}', 'a(b)c'],
    ['${cond(1 == 1 ? y : n)}', 'y'],
    ['${nosuch(x)}', ''],
    ["it's \\'x\\' ${direction}", "it's x inbound"],
    ['a\\\\b', 'a\\b'],
    ['plain \\ text', 'plain \\ text'],
    ['${direction', 'inbound'],
    ['100% $5 {a} $', '100% $5 {a} $'],
  ])('%s gives %s', (text, expected) => expect(expandIn(scope, text)).toBe(expected));

  it('runs nothing of this machine', () => {
    expect(expandIn(scope, '${system(echo hi)}')).toBe('');
  });
});
