import { expect, it } from 'vitest';
import type { CallbackEvent, OpenCall } from '../../../src/callbacks/event.js';
import { apply } from '../../../src/callbacks/outbox/replay.js';

const CALL: OpenCall = {
  id: 'c1',
  uuid: 'u1',
  begun: 1,
  program: 'p',
  caller: '1',
  destination: '2',
  resumed: false,
  recordings: [],
  streams: { crm: { token: 't', sequence: 1 } },
};

it('passes over events for receivers that the call does not have', () => {
  const calls = new Map([['c1', structuredClone(CALL)]]);
  const event = { id: 'e', type: 'digits', sequence: 2, call: { id: 'c1', uuid: 'u1' } };
  for (const to of ['__proto__', 'constructor', 'nobody'])
    apply(calls, { op: 'event', to, event: event as unknown as CallbackEvent });
  expect(calls.get('c1')).toEqual(CALL);
  expect(Object.hasOwn(Object.prototype, 'sequence')).toBe(false);
  expect(Object.hasOwn(Object, 'sequence')).toBe(false);
  apply(calls, { op: 'event', to: 'crm', event: event as unknown as CallbackEvent });
  expect(calls.get('c1')?.streams).toEqual({ crm: { token: 't', sequence: 2 } });
});
