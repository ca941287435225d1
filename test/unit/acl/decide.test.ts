import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../src/acl/address.js';
import { autoList, listOfNetworks } from '../../../src/acl/auto-lists.js';
import { decide } from '../../../src/acl/decide.js';
import type { RuleList } from '../../../src/acl/decide.js';
import { documentOf, listOf } from './support.js';

function says(list: RuleList | undefined, ip: string, port = 0): string {
  const address = parseAddress(ip);
  if (list === undefined || address === undefined) throw new Error('no list or address');
  const { allowed, rule } = decide(list, address, port);
  const word = allowed === undefined ? 'unknown' : allowed ? 'allow' : 'deny';
  return rule === undefined ? word : `${word} by ${rule.text}`;
}

describe('a list', () => {
  it('lets the longest prefix decide, not the order', () => {
    const list = listOf(`
      <node type="deny" cidr="10.1.0.0/16"/>
      <node type="allow" cidr="10.1.2.0/24"/>
      <node type="allow" cidr="10.0.0.0/8"/>`);
    expect(says(list, '10.1.2.3')).toBe('allow by 10.1.2.0/24');
    expect(says(list, '10.1.9.9')).toBe('deny by 10.1.0.0/16');
    expect(says(list, '10.9.9.9')).toBe('allow by 10.0.0.0/8');
    expect(says(list, '192.0.2.1')).toBe('deny');
  });

  it('lets the first of equal prefixes decide', () => {
    const list = listOf(`<node type="deny" cidr="10.0.0.0/8"/><node type="allow" cidr="10.0.0.0/8"/>`);
    expect(says(list, '10.1.2.3')).toBe('deny by 10.0.0.0/8');
  });

  it('without a default allows, with a mistyped one denies', () => {
    expect(says(listOf('', ''), '192.0.2.1')).toBe('allow');
    expect(says(listOf('', 'default="alow"'), '192.0.2.1')).toBe('deny');
    expect(says(listOf('', 'default=allow'), '192.0.2.1')).toBe('deny');
    expect(says(listOf('', 'default="TRUE"'), '192.0.2.1')).toBe('allow');
  });

  it('gives an entry without a type the default', () => {
    expect(says(listOf('<node cidr="10.0.0.0/8"/>', 'default="allow"'), '10.1.1.1')).toBe(
      'allow by 10.0.0.0/8',
    );
    expect(says(listOf('<node cidr="10.0.0.0/8"/>'), '10.1.1.1')).toBe('deny by 10.0.0.0/8');
  });

  it('leaves out addresses without a prefix, and prefixes beyond the address', () => {
    const list = listOf('<node type="allow" cidr="10.1.2.3"/><node type="allow" cidr="10.0.0.0/255.0.0.0"/>');
    expect(says(list, '10.1.2.3')).toBe('deny');
    expect(list.entries.flatMap(({ flaws }) => flaws).map(({ code }) => code)).toEqual([
      'skipped',
      'skipped',
    ]);
  });

  it('takes 0.0.0.0/32 for everybody, and 10.1.2.3/0 for that address alone', () => {
    expect(says(listOf('<node type="allow" cidr="0.0.0.0/32"/>'), '192.0.2.1')).toBe('allow by 0.0.0.0/32');
    const zero = listOf('<node type="allow" cidr="10.1.2.3/0"/>');
    expect(says(zero, '10.1.2.3')).toBe('allow by 10.1.2.3/0');
    expect(says(zero, '10.1.2.4')).toBe('deny');
  });

  it('holds host and mask against IPv6 too', () => {
    const list = listOf('<node type="allow" host="10.0.0.0" mask="255.0.0.0"/>');
    expect(says(list, '10.9.9.9')).toBe('allow by 10.0.0.0 mask 255.0.0.0');
    expect(says(list, '2001:000a::1')).toBe('allow by 10.0.0.0 mask 255.0.0.0');
    expect(says(list, '2001:db8::1')).toBe('deny');
  });

  it('does not know what an address does that FreeSWITCH takes from its memory', () => {
    const list = listOf('<node type="allow" cidr="trunk.example/24"/><node type="deny" cidr="10.1.2.3/32"/>');
    expect(says(list, '10.9.9.9')).toBe('unknown');
    expect(says(list, '10.1.2.3')).toBe('deny by 10.1.2.3/32');
  });

  it('does not know variables and domains, unless they make no difference', () => {
    const list = listOf('<node type="allow" domain="example.org"/><node type="allow" cidr="10.0.0.0/8"/>');
    expect(says(list, '10.1.1.1')).toBe('allow by 10.0.0.0/8');
    expect(says(list, '192.0.2.1')).toBe('unknown');
    expect(says(listOf('<node type="allow" cidr="$${lan}"/>'), '10.1.1.1')).toBe('unknown');
  });

  it('looks at ports for IPv4 when it is asked with one', () => {
    const list = listOf(`
      <node type="allow" cidr="10.0.0.0/8" port="5060"/>
      <node type="allow" cidr="192.0.2.0/24" port-min="5000" port-max="5010"/>
      <node type="allow" cidr="198.51.100.0/24" ports="5060,5080"/>
      <node type="allow" cidr="2001:db8::/32" port="5060"/>`);
    expect(says(list, '10.1.1.1')).toBe('allow by 10.0.0.0/8');
    expect(says(list, '10.1.1.1', 5060)).toBe('allow by 10.0.0.0/8');
    expect(says(list, '10.1.1.1', 5061)).toBe('deny');
    expect(says(list, '192.0.2.1', 5010)).toMatch(/^allow/);
    expect(says(list, '192.0.2.1', 5011)).toBe('deny');
    expect(says(list, '198.51.100.1', 5080)).toMatch(/^allow/);
    expect(says(list, '198.51.100.1', 5070)).toBe('deny');
    expect(says(list, '2001:db8::1', 1)).toMatch(/^allow/);
  });

  it('reads several networks in one cidr, at most 32', () => {
    const many = Array.from({ length: 34 }, (_, index) => `10.0.${index}.0/24`).join(', ');
    const list = listOf(`<node type="allow" cidr="${many}"/>`);
    expect(says(list, '10.0.31.1')).toMatch(/^allow/);
    expect(says(list, '10.0.32.1')).toBe('deny');
    expect(list.entries[0]?.flaws.map(({ code }) => code)).toContain('skipped');
  });

  it('counts by the last of the same name, in the first network-lists of the first acl.conf', () => {
    const document = documentOf(`
      <list name="lan" default="deny"><node type="allow" cidr="10.0.0.0/8"/></list>
      <list name="lan" default="deny"/>
    </network-lists>
    <network-lists><list name="other" default="allow"/>`);
    expect(says(document.list('lan'), '10.1.1.1')).toBe('deny');
    expect(document.list('other')).toBe(undefined);
    expect(document.list('LAN')).toBe(undefined);
  });
});

describe("FreeSWITCH's own lists", () => {
  it.each([
    ['rfc1918.auto', '10.1.1.1', 'allow'],
    ['rfc1918.auto', '8.8.8.8', 'deny'],
    ['wan.auto', '8.8.8.8', 'allow'],
    ['wan.auto', '169.254.1.1', 'deny'],
    ['wan_v6.auto', '8.8.8.8', 'deny'],
    ['wan_v6.auto', '2001:db8::1', 'allow'],
    ['any_v4.auto', '::1', 'deny'],
    ['any_v6.auto', '10.1.1.1', 'deny'],
    ['loopback.auto', '127.9.9.9', 'allow'],
    ['loopback.auto', '::1', 'allow'],
    ['rfc6598.auto', '100.64.0.1', 'allow'],
    ['nat.auto', '192.168.7.7', 'deny'],
    ['nat.auto', '10.1.1.1', 'allow'],
    ['localnet.auto', '192.168.7.7', 'allow'],
  ])('%s of %s: %s', (name, ip, expected) => {
    const list = autoList(name, { address: '192.168.7.1', mask: '255.255.255.0' });
    expect(says(list, ip)).toMatch(new RegExp(`^${expected}`));
  });

  it("depend on the switch's own network where they are made of it", () => {
    expect(says(autoList('localnet.auto', undefined), '192.168.7.7')).toBe('unknown');
    expect(says(autoList('nat.auto', undefined), '8.8.8.8')).toBe('deny');
    expect(autoList('toString', undefined)).toBe(undefined);
  });

  it('may be a network instead of a name', () => {
    const asked = parseAddress('10.1.1.1');
    if (asked === undefined) throw new Error('no address');
    expect(says(listOfNetworks('192.0.2.0/24,10.0.0.0/8', asked), '10.1.1.1')).toMatch(/^allow/);
    expect(says(listOfNetworks('192.0.2.0/24', asked), '10.1.1.1')).toBe('deny');
    expect(says(listOfNetworks('2001:db8::/32', asked), '10.1.1.1')).toBe('unknown');
    expect(listOfNetworks('lan', asked)).toBe(undefined);
  });
});
