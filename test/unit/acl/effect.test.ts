import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, readNetwork } from '../../../src/acl/address.js';
import { decide } from '../../../src/acl/decide.js';
import { changes, notesOfAdding } from '../../../src/acl/effect.js';
import { EVERY_PORT, rulesOfCidr } from '../../../src/acl/rule.js';
import { ADDRESSES, NETWORKS } from './generated.js';
import { listOf } from './support.js';

function codes(entries: string, cidr: string, allow = true, attributes?: string): string[] {
  const read = readNetwork(cidr);
  const [rule] = rulesOfCidr(cidr, allow, EVERY_PORT).rules;
  if ('problem' in read || rule === undefined) throw new Error(cidr);
  return notesOfAdding(listOf(entries, attributes), read.network, rule).map(({ code }) => code);
}

describe('what an entry would do', () => {
  it('is nothing when longer prefixes decide all of it', () => {
    const halves = '<node type="deny" cidr="10.0.0.0/25"/><node type="deny" cidr="10.0.0.128/25"/>';
    expect(codes(halves, '10.0.0.0/24')).toEqual(['outranked']);
    expect(codes('<node type="deny" cidr="10.0.0.0/25"/>', '10.0.0.0/24')).toEqual(['partly_outranked']);
  });

  it('is nothing when an equal prefix stands before it, or the entry is there', () => {
    expect(codes('<node type="deny" cidr="10.0.0.0/8"/>', '10.0.0.0/8')).toEqual(['outranked']);
    expect(codes('<node type="deny" host="10.0.0.0" mask="255.0.0.0"/>', '10.0.0.0/8')).toEqual([
      'outranked',
    ]);
    expect(codes('<node type="allow" cidr="10.9.9.9/8"/>', '10.0.0.0/8')).toEqual(['already_there']);
  });

  it('is nothing when the default or a wider entry says so already', () => {
    expect(codes('', '10.0.0.0/8', true, 'default="allow"')).toEqual(['same_as_default']);
    expect(codes('', '10.0.0.0/8', false)).toEqual(['same_as_default']);
    expect(codes('<node type="allow" cidr="10.0.0.0/8"/>', '10.1.0.0/16')).toEqual(['no_effect']);
  });

  it('is something when it takes a part out of a wider entry', () => {
    expect(codes('<node type="allow" cidr="10.0.0.0/8"/>', '10.1.0.0/16', false)).toEqual([]);
    expect(codes('', '10.0.0.0/8')).toEqual([]);
  });

  it('opens the list to the world, or to a good part of it', () => {
    expect(codes('', '0.0.0.0/0')).toEqual(['opens_world']);
    expect(codes('', '::/0')).toEqual(['opens_world']);
    expect(codes('', '64.0.0.0/2')).toEqual(['opens_world']);
    expect(codes('', '2000::/3')).toEqual(['opens_world']);
    expect(codes('', '0.0.0.0/0', false)).toEqual(['same_as_default']);
    expect(codes('', '0.0.0.0/32')).toContain('matches_everything');
  });

  it('is found out exactly', () => {
    const rule = fc.record({
      cidr: fc.constantFrom(...NETWORKS, '10.1.2.3/0', '0.0.0.0/32'),
      allow: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), rule, fc.boolean(), (rules, added, allowByDefault) => {
        const read = readNetwork(added.cidr);
        const [newRule] = rulesOfCidr(added.cidr, added.allow, EVERY_PORT).rules;
        if ('problem' in read || newRule === undefined || read.network.value === 0n) return;
        const before = {
          allowByDefault,
          rules: rules.flatMap(({ cidr, allow }) => rulesOfCidr(cidr, allow, EVERY_PORT).rules),
        };
        const after = { allowByDefault, rules: [...before.rules, newRule] };
        const changed = ADDRESSES.some((text) => {
          const address = parseAddress(text);
          if (address === undefined) throw new Error(text);
          return decide(before, address).allowed !== decide(after, address).allowed;
        });
        const said = changes(before, read.network, newRule);
        if (changed) expect(said).not.toBe(false);
        if (said === false) expect(changed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
