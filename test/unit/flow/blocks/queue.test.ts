import { describe, expect, it } from 'vitest';
import type { FlowOutcome } from '../../../../src/flow/port.js';
import { around, Walk } from '../walk.js';

const EXITS = ['timeout', 'no_agents', 'left', 'error'];

function queueing(parameters: string, attributes: Readonly<Record<string, string>> = {}): Walk {
  return new Walk({ flows: { main: around(`type: queue\n${parameters}`, EXITS) }, inputs: { attributes } });
}

it.each([
  ['callcenter: support@default', ['callcenter support@default']],
  [
    "callcenter: '$.Attributes.q@default'\nmusic: 'local_stream://moh'\nexit_keys: '*'",
    ['set cc_moh_override=local_stream://moh', 'set cc_exit_keys=*', 'callcenter sales@default'],
  ],
  ['fifo: support', ['fifo support in']],
  ['fifo: support\nmusic: moh.wav', ['fifo support in undef moh.wav']],
  [
    "fifo: support\nannouncement: hi.wav\nexit_keys: '9'",
    ['set fifo_caller_exit_key=9', 'fifo support in hi.wav'],
  ],
])('enters by %s', (parameters, expected) => {
  const walk = queueing(parameters, { q: 'sales' });
  expect(walk.said).toEqual(expected);
  expect(walk.state.queue).toMatch(/^(?:support|sales)/);
});

it.each(['a b', 'a out', '${x}', "a'", ''])('does not enter %j', (q) => {
  expect(queueing('fifo: $.Attributes.q', { q }).state.error).toBe('unsafe_value');
});

describe('callcenter', () => {
  it.each<[string, Partial<FlowOutcome>, string, string]>([
    ['served', { status: 'ok', variables: { cc_cause: 'answered' } }, 'next', ''],
    [
      'too long',
      { status: 'timed_out', variables: { cc_cause: 'cancel', cc_cancel_reason: 'TIMEOUT' } },
      'timeout',
      'TIMEOUT',
    ],
    [
      'no agent',
      { status: 'timed_out', variables: { cc_cause: 'cancel', cc_cancel_reason: 'NO_AGENT_TIMEOUT' } },
      'no_agents',
      'NO_AGENT_TIMEOUT',
    ],
    [
      'a key',
      { status: 'failed', variables: { cc_cause: 'cancel', cc_cancel_reason: 'EXIT_WITH_KEY' } },
      'left',
      '',
    ],
    [
      'broken out',
      { status: 'failed', variables: { cc_cause: 'cancel', cc_cancel_reason: 'BREAK_OUT' } },
      'error',
      'BREAK_OUT',
    ],
    ['not there', { status: 'failed', variables: {} }, 'error', 'action_failed'],
    ['refused', { status: 'refused' }, 'error', 'action_refused'],
  ])('%s', (_title, outcome, exit, error) => {
    const walk = queueing('callcenter: support@default').done({ queue: outcome });
    expect(walk.exits).toEqual([`it:${exit}`, `at-${exit}`]);
    expect(walk.state.error).toBe(error);
  });

  it('takes timeout where there is no way for no agents', () => {
    const walk = new Walk({ flows: { main: around('type: queue\ncallcenter: a@b', ['timeout', 'error']) } });
    walk.done({ queue: { status: 'timed_out', variables: { cc_cancel_reason: 'NO_AGENT_TIMEOUT' } } });
    expect(walk.visits[0]).toMatchObject({ exit: 'no_agents', next: 'at-timeout' });
  });
});

describe('fifo', () => {
  it.each<[string, Partial<FlowOutcome>, string]>([
    ['served', { status: 'ok', variables: { fifo_status: 'DONE' } }, 'next'],
    ['too long', { status: 'timed_out', variables: { fifo_status: 'TIMEOUT' } }, 'timeout'],
    ['a key', { status: 'failed', variables: { fifo_status: 'ABORTED', fifo_caller_exit_key: '9' } }, 'left'],
    ['aborted', { status: 'failed', variables: { fifo_status: 'ABORTED' } }, 'error'],
    ['nothing', { status: 'failed' }, 'error'],
  ])('%s', (_title, outcome, exit) => {
    expect(queueing('fifo: support').done({ queue: outcome }).exits[0]).toBe(`it:${exit}`);
  });
});

it('leaves by error when the music is refused', () => {
  const walk = queueing('callcenter: a@b\nmusic: x.wav').done({ set: { status: 'refused' } });
  expect(walk.exits[0]).toBe('it:error');
});
