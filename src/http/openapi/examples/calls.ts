import type { Examples } from './example.js';
import { UUID } from './example.js';

const CALL = {
  uuid: UUID,
  origin: 'socket',
  program: 'flow/support',
  started_at: '2026-03-01T09:30:00.000Z',
  elapsed_ms: 4200,
  caller: '+493012345',
  destination: '7000',
  state: 'running',
  running: ['playback'],
  appended: 0,
  actions_ran: 2,
};

const ORIGINATION = {
  id: 'o-4711',
  switch: 'main',
  to: 'user/1000',
  program: 'flow/callback',
  state: 'answered',
  uuid: UUID,
  started_at: '2026-03-01T09:30:00.000Z',
  ended_at: '2026-03-01T09:30:07.512Z',
};

const byUuid = { params: { uuid: UUID } };

export const CALL_EXAMPLES: Examples = {
  'GET /v1/calls': {
    query: { state: 'running', number: '+4930' },
    answer: { total: 12, calls: [CALL] },
  },
  'GET /v1/calls/:uuid': {
    ...byUuid,
    answer: {
      ...CALL,
      application: 'playback',
      trace: [
        { type: 'handed_over', at_ms: 0, program: 'flow/support', destination: '7000', caller: '+493012345' },
        { type: 'block', at_ms: 3, flow: 'support', block: 'hello', exit: 'next' },
      ],
    },
  },
  'POST /v1/calls/:uuid/hangup': { ...byUuid, body: { cause: 'USER_BUSY' }, answer: { uuid: UUID } },
  'POST /v1/calls/:uuid/transfer': {
    ...byUuid,
    body: { extension: '1000', context: 'default' },
    answer: { uuid: UUID },
  },
  'POST /v1/calls/:uuid/run': {
    ...byUuid,
    body: {
      mode: 'interrupt',
      actions: [
        { application: 'playback', data: 'ivr/ivr-please_hold.wav' },
        { application: 'bridge', data: 'user/1001' },
      ],
    },
    answer: { uuid: UUID, how: 'started' },
  },
  'POST /v1/calls/:uuid/attach': {
    ...byUuid,
    body: { flow: 'support', then: 'hangup' },
    answer: { uuid: UUID, program: 'flow/support', switch: 'main' },
  },
  'POST /v1/calls': {
    body: { to: 'user/1000', flow: 'callback', timeout_s: 20 },
    answer: ORIGINATION,
  },
  'GET /v1/originations': { answer: { originations: [ORIGINATION] } },
  'GET /v1/originations/:id': {
    params: { id: 'o-4711' },
    answer: { ...ORIGINATION, state: 'failed', cause: 'NO_ANSWER', uuid: undefined },
  },
  'POST /v1/originations/:id/cancel': {
    params: { id: 'o-4711' },
    answer: { ...ORIGINATION, state: 'cancelled', uuid: undefined },
  },
  'GET /v1/events': {
    query: { types: 'call.*', number: '+4930' },
    answer: [
      'event: hello',
      'data: {"missed":false}',
      '',
      'id: m5k2-17',
      'event: call.started',
      `data: {"id":"m5k2-17","type":"call.started","at":"2026-03-01T09:30:00.000Z","uuid":"${UUID}","program":"flow/support"}`,
      '',
    ].join('\n'),
  },
  'GET /v1/records': {
    query: { result: 'done', since: '2026-03-01T00:00:00Z', limit: 20 },
    answer: { records: [record()], next_cursor: 'WzEyMyw0NTZd' },
  },
  'GET /v1/records/:uuid': { ...byUuid, answer: record() },
};

function record(): object {
  return {
    record_id: 'rec_01hq',
    contact_id: UUID,
    started_at: '2026-03-01T09:30:00.000Z',
    ended_at: '2026-03-01T09:31:10.000Z',
    duration_ms: 70_000,
    program: 'flow/support',
    flow: { name: 'support', version: '3f2a90c1d4e5' },
    customer_endpoint: { address: '+493012345', type: 'TELEPHONE_NUMBER' },
    system_endpoint: { address: '7000', type: 'TELEPHONE_NUMBER' },
    result: 'done',
    hangup_cause: 'NORMAL_CLEARING',
  };
}
