import { newState, readState, shownAttributes, writeState } from '../../../src/flow/state.js';
import { asText, jsonForm } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { defineTarget, must, mustEqual } from '../target.js';

const state = {
  ...newState('0123456789ab', 'main', 1_700_000_000_000),
  waits: 'outcomes',
  progress: { try: 1, heard: '12' },
  attributes: { x: 'y', pin: '1234' },
  external: { a: [1, null, { b: true }] },
  masked: ['Attributes.pin'],
  voice: { tts_engine: 'flite' },
  loops: { 'main/again': 2 },
  stack: [{ flow: 'main', block: 'sub', flowAttributes: { a: 'b' } }],
  path: ['@main', 'it:next:10'],
};

export const target = defineTarget<JsonValue>({
  name: 'flow-state',
  about:
    'States of flows that come back from a channel or a token: refused, or read so that they are the same when written and read again; masked attributes stay masked.',
  covers: ['flow/state.ts'],
  form: jsonForm(Object.keys(state)),
  seeds: [state, JSON.stringify(state), '{"v":1', 'null'],
  found: [
    'a state nested some thousand levels deep overflowed the stack instead of being refused (`flow/state.ts`)',
  ],
  run(input) {
    const read = readState(typeof input === 'string' ? input : JSON.stringify(input));
    if (read === undefined) return;
    const again = readState(writeState(read));
    mustEqual(again, read, 'written and read');
    for (const [name, value] of Object.entries(shownAttributes(read))) {
      must(
        !read.masked.includes(`Attributes.${name}`) || /^\*{0,16}$/.test(asText(value)),
        'a masked value is shown',
      );
    }
  },
});
