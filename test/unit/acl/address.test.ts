import { describe, expect, it } from 'vitest';
import { formatNetwork, parseAddress, readNetwork } from '../../../src/acl/address.js';
import { atoi, isTrue, separate } from '../../../src/acl/c-text.js';

function network(text: string): string {
  const read = readNetwork(text);
  return 'problem' in read ? `problem: ${read.problem}` : formatNetwork(read.network);
}

describe('a network as users write it', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7/32'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.0/255.0.0.0', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::1', '2001:db8::1/128'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::ffff:10.1.2.3', '10.1.2.3/32'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:a01:203', '10.1.2.3/32'],
    [' 192.0.2.7 ', '192.0.2.7/32'],
  ])('%s is %s', (text, expected) => {
    expect(network(text)).toBe(expected);
  });

  it.each([
    '',
    '/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/255.0.255.0',
    '10.0.0',
    '010.0.0.1',
    'fe80::1%eth0',
    '::/129',
    '2001:db8::/255.0.0.0',
    'example.org',
    '10.0.0.0/ 8',
    '::ffff:10.0.0.0/8',
  ])('%j is none', (text) => {
    expect(network(text)).toMatch(/^problem: /);
  });

  it('says that it was rewritten', () => {
    expect(readNetwork('10.1.2.3/8')).toMatchObject({
      note: expect.stringContaining('10.0.0.0/8') as string,
    });
    expect(readNetwork('10.0.0.0/8')).not.toHaveProperty('note');
  });
});

describe('an address', () => {
  it('in IPv4 is IPv4 however it is written', () => {
    const plain = parseAddress('10.1.2.3');
    expect(plain).toEqual({ family: 4, value: 0x0a010203n });
    expect(parseAddress('::ffff:10.1.2.3')).toEqual(plain);
    expect(parseAddress('::ffff:a01:203')).toEqual(plain);
  });

  it.each(['', '1.2.3', '1.2.3.4.5', '1.2.3.4/32', 'fe80::1%lo', '[::1]', 'localhost'])(
    '%j is none',
    (text) => {
      expect(parseAddress(text)).toBe(undefined);
    },
  );
});

describe("C's reading", () => {
  it.each([
    ['8', 8],
    [' \t8', 8],
    ['+8', 8],
    ['-1', -1],
    ['8abc', 8],
    ['', 0],
    ['abc', 0],
    ['4294967304', 8],
    ['99999999999999999999', -1],
    ['255.0.0.0', 255],
  ])('of the number %j is %d', (text, expected) => {
    expect(atoi(text)).toBe(expected);
  });

  it.each(['allow', 'ALLOW', 'true', 'yes', 'on', 't', 'enabled', 'active', '1', '-1', '1.5'])(
    'of %j is yes',
    (text) => {
      expect(isTrue(text)).toBe(true);
    },
  );

  it.each(['deny', '', '0', 'alow', 'accept', 'y', '0.5', '+', 'permit'])('of %j is no', (text) => {
    expect(isTrue(text)).toBe(false);
  });

  it.each([
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a,,b', ['a', '', 'b']],
    ['a,', ['a']],
    ["'a,b',c", ['a,b', 'c']],
    ['a\\,b', ['a,b']],
    ['^^;a;b,c', ['a', 'b,c']],
    ['a,b,c,d', ['a', 'b', 'c,d']],
  ])('of %j are the parts %j', (text, expected) => {
    expect(separate(text, ',', 3)).toEqual(expected);
  });
});
