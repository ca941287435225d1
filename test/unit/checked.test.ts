import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checked, UNREADABLE } from '../../src/checked.js';

const schema = z.object({ name: z.string().max(5), parts: z.array(z.number()).min(1).default([1]) });

describe('a value from outside', () => {
  it('is checked by its schema', () => {
    expect(checked(schema, { name: 'a' })).toEqual({ success: true, data: { name: 'a', parts: [1] } });
    expect(checked(schema, { name: 'abcdef' })).toMatchObject({
      success: false,
      error: { issues: [{ path: ['name'] }] },
    });
  });

  it.each([
    [{ name: { length: { toString: '' } } }],
    [{ name: 'a', parts: { length: { toString: 1, valueOf: 2 } } }],
  ])('over which zod throws is refused: %j', (value) => {
    expect(checked(schema, value)).toMatchObject({
      success: false,
      error: { issues: [{ path: [], message: UNREADABLE }] },
    });
  });

  it('does not hide a defect of the schema', () => {
    const broken = z.string().refine(() => {
      throw new RangeError('broken');
    });
    expect(() => checked(broken, '')).toThrow('broken');
  });
});
