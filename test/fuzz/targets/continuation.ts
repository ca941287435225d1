import { readContinuation, writeContinuation } from '../../../src/action-server/continuation.js';
import { jsonForm } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { defineTarget, must, mustEqual } from '../target.js';

const STATE = {
  v: 1,
  flow: 'main',
  block: 'ask',
  attributes: { a: 'b' },
  masked: ['StoredInput'],
  storedInput: '1',
};
const SEED = {
  c: 'chain', n: 1, x: 1_800_000_000, u: 'uuid', k: { caller_id_number: '0301', __proto__x: '1' }, t: [1, 2], e: 'main', f: 'json', s: STATE,
  a: [[0, 'id', 'read', '1 4 a.wav digits 5000 #', 0]], d: [[1, '', 'playback', 'ok', 'FILE PLAYED', '', { playback_ms: '20' }]],
  r: [[2, '', 'hangup', 'USER_BUSY', true, 500]],
}; // prettier-ignore

export const target = defineTarget<JsonValue>({
  name: 'continuation',
  about:
    'What is in a token, as another version might have written it: understood or not; what is understood is written and read back as the same.',
  covers: ['action-server/continuation.ts', 'flow/state.ts'],
  form: jsonForm([
    'c',
    'n',
    'x',
    'u',
    'k',
    't',
    'e',
    'f',
    's',
    'a',
    'd',
    'r',
    'v',
    'flow',
    'block',
    'attributes',
    'json',
    'httapi',
    'switchhook',
    'ok',
  ]),
  seeds: [SEED, { ...SEED, a: [], d: [], r: [], s: {} }, { ...SEED, f: 'httapi' }],
  run(input) {
    const read = readContinuation(typeof input === 'string' ? input : JSON.stringify(input));
    if (read === undefined) return;
    const { chain, number, expires, uuid, known, ...shared } = read;
    must(
      Object.values(known).every((value) => typeof value === 'string'),
      'a value that is no text',
    );
    // Both stand in the JSON as they are: they are made here, or checked where they come in.
    if (!/^[\w.:-]*$/.test(chain + uuid)) return;
    const again = readContinuation(writeContinuation({ chain, number, expires, uuid, known }, shared));
    mustEqual(again, read, 'written and read');
  },
});
