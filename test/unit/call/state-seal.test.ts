import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readState, writeState } from '../../../src/call/state.js';
import type { CallState } from '../../../src/call/state.js';
import { keyedSeal, OPEN_SEAL } from '../../../src/call/state-seal.js';

const STATE: CallState = {
  begun: 1,
  ran: 2,
  refused: '',
  segment: [{ index: 0, action: { application: 'read', data: '1 4', onError: 'continue' } }],
  lists: [
    {
      list: 1,
      policy: 'default',
      origin: 'flow/a/b',
      rest: [],
      own: { index: 1, action: { application: 'cti_curl', data: 'x', onError: 'stop', id: 'c' } },
      asks: {
        source: { kind: 'flow', data: { s: 1 } },
        settled: [{ index: 0, application: 'set', status: 'ok', variables: {} }],
        masked: ['cti_digits'],
      },
    },
  ],
  asked: { source: { kind: 'flow', data: { s: 2 } } },
};

describe('the state of a call', () => {
  it.each([
    ['open', OPEN_SEAL],
    ['sealed', keyedSeal('a long enough key')],
  ])('comes back as it was written, %s', (_, seal) => {
    expect(readState(writeState(STATE, 'uuid', seal), 'uuid', seal)).toEqual(STATE);
    const program = { ...STATE, asked: { kind: 'curl', target: 'billing' } as const };
    expect(readState(writeState(program, 'uuid', seal), 'uuid', seal)).toEqual(program);
  });

  it.each([undefined, '', 'x', 's1.', 's1.AAAA'])('is none where there is none: %s', (text) => {
    expect(readState(text, 'uuid', keyedSeal('a long enough key'))).toBeUndefined();
  });

  it('is not that of another channel, another key, or nobody', () => {
    const seal = keyedSeal('a long enough key');
    const text = writeState(STATE, 'uuid', seal);
    expect(readState(text, 'other', seal)).toBeUndefined();
    expect(readState(text, 'uuid', keyedSeal('another long key!'))).toBeUndefined();
    expect(readState(writeState(STATE, 'uuid', OPEN_SEAL), 'uuid', seal)).toBeUndefined();
    expect(readState(text, 'uuid', OPEN_SEAL)).toBeUndefined();
  });

  it('shows nothing of what is in it', () => {
    const seal = keyedSeal('a long enough key');
    const sealed = seal.seal('{"pin":"1234"}', 'uuid');
    expect(Buffer.from(sealed.slice(3), 'base64url').toString('latin1')).not.toContain('1234');
    expect(seal.seal('same', 'uuid')).not.toBe(seal.seal('same', 'uuid'));
  });

  it('is none when a single character is another one', () => {
    const seal = keyedSeal('a long enough key');
    const sealed = seal.seal('{"a":1}', 'uuid');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'B', '_', '.'), (at, other) => {
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1);
        const opened = seal.open(changed, 'uuid');
        // The last character of base64url may have bits that mean nothing.
        const same = Buffer.from(changed.slice(3), 'base64url').equals(
          Buffer.from(sealed.slice(3), 'base64url'),
        );
        expect(opened).toBe(same && changed.startsWith('s1.') ? '{"a":1}' : undefined);
      }),
    );
  });
});
