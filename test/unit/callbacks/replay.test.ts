import { expect, it } from 'vitest';
import type { CallbackEvent, OpenCall } from '../../../src/callbacks/event.js';
import { apply } from '../../../src/callbacks/outbox/replay.js';
import { OPEN_CALL } from '../../support/open-call.js';

it('passes over events for receivers that the call does not have', () => {
  const calls = new Map<string, OpenCall>([['c1', structuredClone(OPEN_CALL)]]);
  const event = { id: 'e', type: 'digits', sequence: 2, call: { id: 'c1', uuid: 'u1' } };
  for (const to of ['__proto__', 'constructor', 'nobody'])
    apply(calls, { op: 'event', to, event: event as unknown as CallbackEvent });
  expect(calls.get('c1')).toEqual(OPEN_CALL);
  expect(Object.hasOwn(Object.prototype, 'sequence')).toBe(false);
  expect(Object.hasOwn(Object, 'sequence')).toBe(false);
  apply(calls, { op: 'event', to: 'crm', event: event as unknown as CallbackEvent });
  expect(calls.get('c1')?.streams).toEqual({ crm: { token: 't', sequence: 2 } });
});
