import type { OpenCall } from '../../src/callbacks/event.js';

/** As an outbox tells of one, with one receiver that was told of its beginning. */
export const OPEN_CALL = {
  id: 'c1',
  uuid: 'u1',
  begun: 1,
  program: 'p',
  caller: '1',
  destination: '2',
  resumed: false,
  recordings: [],
  streams: { crm: { token: 't', sequence: 1 } },
} satisfies OpenCall;
