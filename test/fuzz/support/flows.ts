import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import type { CheckContext } from '../../../src/flow/check/context.js';
import type { FlowSettings } from '../../../src/flow/flow-set.js';
import type { JsonValue } from '../forms/json.js';

/** What surrounds the flows that are fuzzed. */

const FOLDER = path.join(import.meta.dirname, '../../../conf/flows');

/** The flows that come with the project. */
export const FLOW_TEXTS: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(path.join(FOLDER, file), 'utf8'));

export const FLOW_DOCUMENTS: readonly JsonValue[] = FLOW_TEXTS.map((text) => parse(text) as JsonValue);

const speech = {
  languages: {
    'en-US': { engine: 'flite', voice: 'slt', say: 'en' },
    de: { engine: 'x', voice: 'y', ssml: true },
  },
  defaultLanguage: 'en-US',
};

export const SETTINGS: FlowSettings = { speech, stateMaxBytes: 16_384 };

export const policy = new Policy(
  'flows',
  policyProfileSchema.parse({
    dial: { gateways: { g: { numbers: ['.*'] } }, sip_uris: [{ profile: 'external', uri: '.*' }] },
    caller_id: { numbers: ['.*'], names: ['.*'] },
    fifo: { queues: ['.*'] },
    record: { roots: ['/rec'] },
  }),
);

export const CONTEXT: CheckContext = {
  speech,
  functions: (name) =>
    name.startsWith('no')
      ? undefined
      : { parameters: [{ name: 'employee', required: true }], outputs: ['result', 'city'] },
  fileExists: () => undefined,
  policy: (action) => {
    const verdict = policy.check(action, { get: () => undefined });
    return verdict.allowed ? undefined : verdict.rule;
  },
};
