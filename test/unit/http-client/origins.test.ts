import { afterEach, describe, expect, it } from 'vitest';
import { Egress } from '../../../src/http-client/egress.js';
import { Origins } from '../../../src/http-client/origins.js';

const origins = new Origins({
  egress: new Egress({ allowed_addresses: [], denied_addresses: [] }),
  breaker: { failures: 3, open_ms: 1000 },
  resolve: () => undefined,
  onCircuit: () => undefined,
});
afterEach(() => origins.destroy());

describe('the origins that were asked lately', () => {
  it('are five hundred; the one that was asked the longest ago gives way', () => {
    const name = (index: number): string => `http://app-${index}.example`;
    const made = Array.from({ length: 500 }, (_, index) => origins.get(name(index)));
    expect(origins.get(name(0))).toBe(made[0]);
    origins.get(name(500));
    expect(origins.circuits).toHaveLength(500);
    const left = new Set(origins.circuits.map(({ peer }) => peer));
    expect([left.has(name(0)), left.has(name(1)), left.has(name(2)), left.has(name(500))]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});
