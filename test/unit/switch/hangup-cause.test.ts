import { describe, expect, it } from 'vitest';
import { HANGUP_CAUSES, isHangupCause, parseHangupCause } from '../../../src/switch/hangup-cause.js';

describe('hangup causes', () => {
  it('are read by name in any case, and by number', () => {
    expect(parseHangupCause('USER_BUSY')).toBe('USER_BUSY');
    expect(parseHangupCause('user_busy')).toBe('USER_BUSY');
    expect(parseHangupCause('17')).toBe('USER_BUSY');
    expect(parseHangupCause('487')).toBe('ORIGINATOR_CANCEL');
  });

  it.each(['', 'BUSY', '17 ', ' 17', '999', '17;1', 'USER BUSY', 'constructor', 'USER_BUſY'])(
    'do not include %j',
    (text) => {
      expect(parseHangupCause(text)).toBeUndefined();
    },
  );

  it('have one number each', () => {
    const numbers = Object.values(HANGUP_CAUSES);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBe(82);
    expect(isHangupCause('NORMAL_CLEARING')).toBe(true);
    expect(isHangupCause('toString')).toBe(false);
  });
});
