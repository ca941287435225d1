import type { Examples } from './example.js';

const FLOW = {
  name: 'support',
  version: '3f2a90c1d4e5',
  description: 'Asks for an account.',
  blocks: 2,
  numbers: ['7000'],
};
const byFlow = { params: { flow: 'support' } };
const byFunction = { params: { function: 'account-balance' } };
const CHANGED = { name: 'account-balance', files: ['functions.yaml'], misfits: [], in_force: true };

export const FLOW_EXAMPLES: Examples = {
  'GET /v1/flows': { answer: { version: '9b1c22d0aa31', flows: [FLOW] } },
  'GET /v1/flows/:flow': {
    ...byFlow,
    answer: {
      ...FLOW,
      document: {
        start: 'hello',
        blocks: {
          hello: { type: 'play_prompt', prompt: 'Hello.', next: 'bye' },
          bye: { type: 'disconnect' },
        },
      },
      exits: [{ block: 'hello', type: 'play_prompt', exit: 'next', to: 'bye' }],
    },
  },
  'GET /v1/flows/:flow/diagram': {
    ...byFlow,
    query: { format: 'tree' },
    answer: { format: 'tree', text: 'support (2 blocks)\n└─ hello …' },
  },
  'POST /v1/flows/check': {
    body: { flow: { name: 'support', text: 'start: hello\nblocks:\n  hello: { type: disconnect }\n' } },
    answer: {
      ok: false,
      version: '9b1c22d0aa31',
      flows: 3,
      problems: [
        {
          severity: 'error',
          rule: 'dangling_exit',
          message: 'there is no block "by"',
          flow: 'support',
          file: 'support.yaml',
          path: ['blocks', 'hello', 'next'],
          line: 3,
          column: 54,
        },
      ],
    },
  },
  'POST /v1/flows/test': {
    body: {
      files: [
        {
          name: 'support.yaml',
          content: { flow: 'support', cases: [{ name: 'says hello', expect: { prompts: ['Hello.'] } }] },
        },
      ],
    },
    answer: {
      ok: true,
      cases: [
        {
          file: 'support.yaml',
          name: 'says hello',
          place: 'support.yaml: cases[0]',
          ok: true,
          misses: [],
          path: ['hello:next', 'bye'],
          ends: 'by_flow',
          duration_ms: 3.1,
        },
      ],
      coverage: [{ flow: 'support', blocks: 2, blocks_covered: 2, exits: 1, exits_covered: 1, missed: [] }],
      duration_ms: 210.4,
    },
  },
  'GET /v1/functions': {
    answer: [
      {
        name: 'account-balance',
        description: 'What is left on an account.',
        kind: 'http',
        target: 'https://apps.example/balance',
        response: 'string_map',
        timeout_ms: 3000,
      },
    ],
  },
  'GET /v1/functions/:function': {
    ...byFunction,
    answer: {
      name: 'account-balance',
      place: 'functions.yaml:2',
      settings: { url: 'https://apps.example/balance', headers: { Authorization: '***' }, timeout_ms: 3000 },
      uses: [
        {
          flow: 'support',
          block: 'ask',
          place: 'support.yaml:12:5',
          parameters: ['account'],
          outputs: ['amount'],
        },
      ],
      misfits: [],
      unreadable: [],
    },
  },
  'POST /v1/functions': {
    body: {
      name: 'account-balance',
      settings: {
        url: 'https://apps.example/balance',
        headers: { Authorization: { env: 'SWITCHHOOK_FUNCTION_BALANCE' } },
      },
    },
    answer: CHANGED,
  },
  'PATCH /v1/functions/:function': {
    ...byFunction,
    body: { settings: { timeout_ms: 5000, description: null } },
    answer: CHANGED,
  },
  'DELETE /v1/functions/:function': { ...byFunction, answer: CHANGED },
  'POST /v1/functions/:function/rename': {
    ...byFunction,
    body: { to: 'balance', update_flows: true },
    answer: { ...CHANGED, name: 'balance', files: ['functions.yaml', 'support.yaml'] },
  },
  'POST /v1/functions/:function/test': {
    ...byFunction,
    body: { parameters: { account: '123456' }, caller: '+493012345' },
    answer: {
      ok: true,
      values: { amount: '12.50' },
      duration_ms: 41.7,
      attempts: [{ attempt: 1, url: 'https://apps.example/balance', status: 200, duration_ms: 41.2 }],
      request: '{"Name":"ContactFlowEvent","Details":{"Parameters":{"account":"123456"}}}',
      response: '{"amount":"12.50"}',
      remarks: [],
      flows: [{ flow: 'support', block: 'ask', place: 'support.yaml:12:5', missing: [] }],
    },
  },
};
