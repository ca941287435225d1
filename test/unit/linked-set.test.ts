import { describe, expect, it } from 'vitest';
import { LinkedSet } from '../../src/linked-set.js';

function named(name: string): { readonly name: string } {
  return { name };
}

describe('a linked set', () => {
  it('has its members in the order in which they came', () => {
    const set = new LinkedSet<{ readonly name: string }>();
    const [, b] = ['a', 'b', 'c'].map((name) => set.add(named(name)));
    expect(set.size).toBe(3);
    if (b !== undefined) set.remove(b);
    set.add(named('d'));
    expect(set.members.map(({ name }) => name)).toEqual(['a', 'c', 'd']);
    expect(set.size).toBe(3);
  });

  it('lets each go once, whatever the order', () => {
    const set = new LinkedSet<{ readonly name: string }>();
    const links = ['a', 'b', 'c', 'd'].map((name) => set.add(named(name)));
    for (const at of [2, 2, 0, 3, 0, 1, 1]) {
      const link = links[at];
      if (link !== undefined) set.remove(link);
    }
    expect([set.size, set.members]).toEqual([0, []]);
    set.add(named('e'));
    expect(set.members).toEqual([{ name: 'e' }]);
  });

  it('keeps nothing of who has gone', () => {
    const set = new LinkedSet<{ readonly name: string }>();
    const links = ['a', 'b', 'c'].map((name) => set.add(named(name)));
    const [, b] = links;
    if (b !== undefined) set.remove(b);
    expect(b).toEqual({ member: undefined, before: undefined, after: undefined });
  });

  it('finds the newest of several', () => {
    const set = new LinkedSet<{ readonly name: string; readonly at: number }>();
    for (const at of [1, 2, 3]) set.add({ name: at === 3 ? 'other' : 'same', at });
    expect(set.findLast(({ name }) => name === 'same')?.at).toBe(2);
    expect(set.findLast(({ name }) => name === 'nobody')).toBeUndefined();
  });

  it('tells its members as they are now, also while they go', () => {
    const set = new LinkedSet<{ readonly name: string }>();
    const links = ['a', 'b', 'c'].map((name) => set.add(named(name)));
    const seen = set.members.map(({ name }) => {
      for (const link of links) set.remove(link);
      return name;
    });
    expect(seen).toEqual(['a', 'b', 'c']);
  });
});
