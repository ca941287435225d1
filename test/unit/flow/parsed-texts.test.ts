import { describe, expect, it } from 'vitest';
import { ParsedTexts } from '../../../src/flow/parsed-texts.js';

describe('what texts were parsed to', () => {
  it('is made once', () => {
    let made = 0;
    const texts = new ParsedTexts((text) => ({ text, number: made++ }));
    expect([texts.get('a'), texts.get('b'), texts.get('a')]).toEqual([
      { text: 'a', number: 0 },
      { text: 'b', number: 1 },
      { text: 'a', number: 0 },
    ]);
  });

  it('takes no more memory than a few MB of texts, however many or long they are', () => {
    for (const length of [1, 1_000, 500_000]) {
      const texts = new ParsedTexts((text) => text.length);
      let most = 0;
      for (let i = 0; i < 100_000 && i * length < 10_000_000; i++) {
        texts.get(String(i).padEnd(length, 'x'));
        most = Math.max(most, texts.size);
      }
      expect(most).toBeGreaterThan(1);
      expect(most * (length + 50)).toBeLessThanOrEqual(2_000_000);
    }
  });
});
