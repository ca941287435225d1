import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slopeOf } from '../../soak/slope.js';

const HOUR_MS = 3_600_000;

/** Always the same noise between -1 and 1. */
function noise(index: number): number {
  const x = Math.sin(index * 12.9898) * 43_758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

function samplesOf(value: (share: number, index: number) => number, count = 300): [number, number][] {
  return Array.from({ length: count }, (_, index) => [
    (index * HOUR_MS) / count,
    value(index / count, index),
  ]);
}

describe('a slope', () => {
  it('of nothing but noise is flat', () => {
    const slope = slopeOf(samplesOf((_, index) => 100 + 10 * noise(index)));
    expect(slope.verdict).toBe('flat');
    expect(slope.mean).toBeCloseTo(100, 0);
    expect(Math.abs(slope.perHour)).toBeLessThan(slope.plusMinus);
  });

  it('that is steeper than the noise grows, or falls', () => {
    expect(slopeOf(samplesOf((share, index) => 100 + 20 * share + 5 * noise(index))).verdict).toBe('grows');
    const slope = slopeOf(samplesOf((share, index) => 100 - 20 * share + 5 * noise(index)));
    expect(slope.verdict).toBe('falls');
    expect(Math.abs(slope.perHour + 20)).toBeLessThan(slope.plusMinus);
  });

  it('of saw teeth is less sure than of as much noise without memory', () => {
    const teeth = slopeOf(samplesOf((_, index) => 100 + (index % 30)));
    const plain = slopeOf(samplesOf((_, index) => 100 + 15 * (1 + noise(index))));
    expect(teeth.verdict).toBe('flat');
    expect(teeth.plusMinus).toBeGreaterThan(plain.plusMinus);
  });

  it('that is sure and next to nothing is flat', () => {
    expect(slopeOf(samplesOf((share) => 1000 + share)).verdict).toBe('flat');
  });

  it('of few samples is not judged', () => {
    expect(slopeOf(samplesOf((share) => share, 7)).verdict).toBe('too few samples');
  });

  it('lies in its interval whatever line it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 0, max: 1000 }), (rise, base) => {
        const slope = slopeOf(samplesOf((share, index) => base + rise * share + noise(index)));
        expect(Math.abs(slope.perHour - rise)).toBeLessThan(3 * slope.plusMinus);
      }),
    );
  });
});
