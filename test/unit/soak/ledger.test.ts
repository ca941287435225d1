import { describe, expect, it } from 'vitest';
import { Ledger } from '../../soak/ledger.js';
import { destinationOf, KINDS, kindOf, serialOf } from '../../soak/mix.js';
import type { EndedCall } from '../../soak/orders.js';

const NOW = Date.now();

function serialOfKind(name: string): number {
  for (let serial = 0; ; serial += 1) if (KINDS[kindOf(serial)]?.name === name) return serial;
}

function call(kind: string, change: Partial<EndedCall> = {}): EndedCall {
  return {
    serial: serialOfKind(kind),
    invitedAt: NOW - 30_000,
    answeredAt: NOW - 29_990,
    endedAt: NOW - 2000,
    failure: '',
    branch: 'program',
    cause: 'NORMAL_CLEARING',
    ...change,
  };
}

function taken(one: EndedCall, fault?: { from: number; until?: number; isHarmless?: boolean }): Ledger {
  const ledger = new Ledger(1000);
  if (fault !== undefined) {
    const { isHarmless = false, ...times } = fault;
    Object.assign(ledger.begin('fault', { isHarmless }), times);
  }
  ledger.take([one]);
  return ledger;
}

describe('the mix', () => {
  it('has each kind as often as it says, within a hundred calls', () => {
    expect(KINDS.reduce((sum, { share }) => sum + share, 0)).toBe(100);
    const counts = KINDS.map(
      (_, kind) =>
        Array.from({ length: 100 }, (_one, n) => kindOf(n + 700)).filter((one) => one === kind).length,
    );
    expect(counts).toEqual(KINDS.map(({ share }) => share));
  });

  it('finds the serial number in what was dialled', () => {
    for (const serial of [0, 1, 99, 100, 12_345]) expect(serialOf(destinationOf(serial))).toBe(serial);
    expect(serialOf('elsewhere')).toBeUndefined();
  });
});

describe('the ledger', () => {
  it('takes a call that went as it was meant to', () => {
    for (const one of [
      call('list'),
      call('back', { branch: 'back:done:' }),
      call('leaver', { failure: 'left', branch: '', cause: '' }),
    ])
      expect(taken(one)).toMatchObject({ calm: { programmed: 1 }, wrongCount: 0 });
  });

  it('finds fault with everything else, when there was no fault', () => {
    for (const one of [
      call('list', { branch: 'back:failed:connect_refused' }),
      call('list', { branch: 'back:done:' }),
      call('back', { branch: 'program' }),
      call('list', { endedAt: NOW - 29_900 }),
      call('list', { failure: 'never answered', branch: '', cause: '', answeredAt: 0 }),
      call('list', { cause: 'DESTINATION_OUT_OF_ORDER' }),
      call('list', { branch: '' }),
      call('list', { failure: 'left' }),
    ])
      expect(taken(one)).toMatchObject({ calm: { programmed: 0 }, wrongCount: 1 });
  });

  it('lets a call that met a fault take the way that the dialplan foresees, and no other', () => {
    const fallback = call('list', { branch: 'back:failed:circuit_open' });
    const fault = { from: NOW - 3000, until: NOW - 1000 };
    expect(taken(fallback, fault)).toMatchObject({ wrongCount: 0 });
    expect(taken(fallback, fault).hit.get('fault')).toMatchObject({ fallback: 1 });
    expect(taken(fallback, { from: NOW - 3000 }).wrongCount).toBe(0);
    expect(taken(call('list', { branch: '', cause: 'NO_ROUTE' }), fault).wrongCount).toBe(1);
    // It was over before the call came, or began after the call had ended.
    expect(taken(fallback, { from: NOW - 60_000, until: NOW - 40_000 }).wrongCount).toBe(1);
    expect(taken(fallback, { from: NOW - 1000 }).wrongCount).toBe(1);
  });

  it('does not let a harmless fault excuse anything', () => {
    const ledger = taken(call('list', { branch: 'back:failed:circuit_open' }), {
      from: NOW - 3000,
      isHarmless: true,
    });
    expect(ledger.wrongCount).toBe(1);
  });

  it('counts a call that meets both with the one that may do harm', () => {
    const ledger = new Ledger(1000);
    Object.assign(ledger.begin('harmless', { isHarmless: true }), { from: NOW - 5000 });
    Object.assign(ledger.begin('harmful', { isHarmless: false }), { from: NOW - 3000 });
    const one = call('list', { branch: 'back::' });
    ledger.take([one]);
    expect(ledger.wrongCount).toBe(0);
    expect(ledger.faultOf(one.serial)?.fault).toBe('harmful');
    expect(ledger.branchOf(one.serial)).toBe('nobody');
  });
});
