import type { Examples } from './example.js';
import { UUID } from './example.js';

const LIST = {
  name: 'carriers',
  default: 'deny',
  entries: 1,
  file: '/etc/freeswitch/autoload_configs/acl.conf.xml',
  line: 12,
  builtin: false,
  replaced: false,
  problems: 0,
};
const ENTRY = { type: 'allow', kind: 'cidr', text: '192.0.2.0/24', file: LIST.file, line: 13 };
const EDITED = {
  file: LIST.file,
  list: 'carriers',
  changed: true,
  notes: [],
  diff: '+      <node type="allow" cidr="192.0.2.0/24"/>',
  backup: `${LIST.file}.bak`,
};
const TESTED = {
  address: '192.0.2.7',
  list: 'carriers',
  builtin: false,
  answer: 'allow',
  because: 'allow 192.0.2.0/24',
  entry: ENTRY,
  outranked: [],
  freeswitch: 'allow',
  agrees: true,
};
const LETTER = {
  id: 'evt_01hq',
  receiver: 'crm',
  type: 'call.ended',
  sequence: 4,
  uuid: UUID,
  call: 'c-01hq',
  timestamp: '2026-03-01T09:31:10.000Z',
  given_up_at: '2026-03-04T09:31:12.000Z',
  attempts: 71,
  reason: 'http_status: HTTP 500',
};
const HEALTH = { status: 'degraded', calls: 12, reasons: ['switch main: switch_unreachable'] };

export const OPERATION_EXAMPLES: Examples = {
  'GET /healthz': { answer: HEALTH },
  'GET /readyz': { answer: { status: 'ok', calls: 12, reasons: [] } },
  'GET /metrics': { answer: 'switchhook_active_calls 12\nswitchhook_calls_total{result="done"} 4711\n' },
  'GET /v1/actions/:entry': {
    params: { entry: 'main' },
    query: { number: '7000', caller: '+493012345', uuid: UUID },
    answer: [
      { application: 'playback', data: 'ivr/ivr-welcome.wav' },
      {
        application: 'cti_curl',
        data: 'http://10.0.0.5:8085/v1/actions/main?format=json&token=1.k3Jd0a.qL…&uuid=${uuid}',
      },
    ],
  },
  'POST /v1/actions/:entry': {
    params: { entry: 'main' },
    body: { uuid: UUID, destination_number: '7000', caller_id_number: '+493012345' },
    answer: [{ application: 'bridge', data: 'user/1000' }],
  },
  'GET /v1/switches': {
    answer: [{ name: 'main', connected: true, since: '2026-03-01T06:00:00.000Z', version: '1.10.12' }],
  },
  'GET /v1/callbacks/receivers': {
    answer: [
      {
        name: 'crm',
        url: 'https://crm.example/calls',
        waiting: 3,
        delivered: 9120,
        dead_letters: 1,
        failing_since: '2026-03-01T09:00:00.000Z',
        last_error: 'http_status: HTTP 503',
        next_try_at: '2026-03-01T09:35:00.000Z',
      },
    ],
  },
  'GET /v1/callbacks/dead-letters': {
    query: { receiver: 'crm', type: 'call.ended' },
    answer: { letters: [LETTER] },
  },
  'GET /v1/callbacks/dead-letters/:id': {
    params: { id: 'evt_01hq' },
    answer: { ...LETTER, event: { id: 'evt_01hq', type: 'call.ended', data: { result: 'done' } } },
  },
  'POST /v1/callbacks/dead-letters/redeliver': { body: { receiver: 'crm' }, answer: { redelivered: 1 } },
  'GET /v1/acl/lists': { answer: [LIST] },
  'GET /v1/acl/lists/:list': {
    params: { list: 'carriers' },
    answer: { list: LIST, entries: [ENTRY], findings: [] },
  },
  'GET /v1/acl/test': {
    query: { ip: '192.0.2.7', list: 'carriers' },
    answer: { tests: [TESTED], notes: [] },
  },
  'GET /v1/acl/check': {
    answer: {
      file: LIST.file,
      findings: [
        {
          code: 'bad_cidr',
          severity: 'error',
          file: LIST.file,
          line: 14,
          list: 'carriers',
          message: 'FreeSWITCH skips the entry: 192.0.2.0/33 is no network.',
          remedy: 'Write the length of the network as 0 to 32.',
        },
      ],
      errors: 1,
      warnings: 0,
      notes: [],
    },
  },
  'POST /v1/acl/lists/:list/entries': {
    params: { list: 'carriers' },
    body: { cidr: '192.0.2.0/24', type: 'allow', comment: 'second site' },
    answer: EDITED,
  },
  'DELETE /v1/acl/lists/:list/entries': {
    params: { list: 'carriers' },
    query: { cidr: '192.0.2.0/24' },
    answer: { ...EDITED, diff: '-      <node type="allow" cidr="192.0.2.0/24"/>' },
  },
  'POST /v1/acl/apply': {
    body: {},
    answer: { file: LIST.file, answer: '+OK acl reloaded', compared: 6, differences: [] },
  },
  'GET /v1/audit': {
    query: { switch: 'main' },
    answer: {
      folder: '/etc/freeswitch',
      findings: [
        {
          rule: 'wide_list',
          severity: 'error',
          file: 'autoload_configs/acl.conf.xml',
          line: 12,
          message: 'The list "carriers" allows everybody.',
          why: 'Calls from its addresses need no password.',
          remedy: 'Name the networks of your carriers.',
        },
      ],
      not_judged: [],
      files: 48,
      complete: true,
    },
  },
  'POST /v1/reload': {
    body: { what: 'config' },
    answer: {
      what: 'config',
      calls_lost: 0,
      notes: [],
      changes: [{ path: 'limits.calls', before: 2000, after: 4000 }],
    },
  },
  'POST /v1/fs': {
    body: { command: 'sofia status' },
    answer: {
      switch: 'main',
      ok: true,
      answer: 'internal  profile  sip:mod_sofia@10.0.0.4:5060  RUNNING (12)',
    },
  },
};
