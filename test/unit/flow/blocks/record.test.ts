import { expect, it } from 'vitest';
import type { FlowOutcome } from '../../../../src/flow/port.js';
import { around, faultsOf, Walk } from '../walk.js';

function recording(parameters: string, caller = '+4930'): Walk {
  const flows = { main: around(`type: record\n${parameters}`, ['nothing', 'error']) };
  return new Walk({ flows, variables: { caller_id_number: caller } });
}

it('beeps, records until a key or silence, and tells where', () => {
  const walk = recording(
    "file: '/rec/{$.CustomerEndpoint.Address}-{$.ContactId}.wav'\nmax_s: 60\nsilence_s: 4\noutput: file\noutput_ms: ms",
  );
  expect(walk.said).toEqual([
    'set playback_terminators=#',
    'playback tone_stream://%(330,0,1000)',
    'record /rec/+4930-c0ffee.wav 60 200 4',
  ]);
  walk.done({ record: { variables: { record_ms: '5120', silence_hits_exhausted: 'false' } } });
  expect(walk.exits).toEqual(['it:next', 'at-next']);
  expect(walk.state.attributes).toEqual({ file: '/rec/+4930-c0ffee.wav', ms: '5120' });
});

it('records without a beep until it is full', () => {
  expect(recording('file: /rec/a.wav\nbeep: false\nend_keys: none').said).toEqual([
    'set playback_terminators=none',
    'record /rec/a.wav 120',
  ]);
});

it('keeps a value within the name of the file', () => {
  const walk = recording("file: '/rec/{$.CustomerEndpoint.Address}.wav'", '../../etc/x 5 ${y}');
  expect(walk.said.at(-1)).toBe('record /rec/______etc_x_5___y_.wav 120');
});

it.each<[string, Partial<FlowOutcome>, string, string]>([
  ['too short', { variables: { record_ms: '600' } }, 'nothing', ''],
  ['nothing', { status: 'failed' }, 'nothing', ''],
  ['only silence', { variables: { record_ms: '4100', silence_hits_exhausted: 'true' } }, 'nothing', ''],
  [
    'speech and then silence',
    { variables: { record_ms: '9000', silence_hits_exhausted: 'true' } },
    'next',
    '',
  ],
  ['no number', { variables: { record_ms: 'x' } }, 'nothing', ''],
  ['refused', { status: 'refused' }, 'error', 'action_refused'],
])('%s', (_title, outcome, exit, error) => {
  const walk = recording('file: /rec/a.wav\nsilence_s: 4').done({ record: outcome });
  expect(walk.exits).toEqual([`it:${exit}`, `at-${exit}`]);
  expect(walk.state.error).toBe(error);
});

it.each(['a.wav', '/rec/a', '/rec/a b.wav', "/rec/'a.wav"])('refuses the file %s', (file) => {
  expect(faultsOf(around(`type: record\nfile: "${file}"`)).join()).toContain('absolute path');
});
