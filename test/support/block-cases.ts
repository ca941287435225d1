import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flowsIn } from './flows.js';
import type { TestCall } from './test-call.js';
import type { Settings } from './test-daemon.js';

/** A block in which the daemon is killed, and how the call is known to be in it. */
export interface BlockCase {
  readonly name: string;
  readonly block: string;
  readonly inside: (call: TestCall) => Promise<unknown>;
  /** What has to happen for the block to end, once the first daemon is gone. */
  readonly then?: (call: TestCall) => Promise<unknown>;
  /** The exit by which the second daemon leaves the block; default: next. */
  readonly exit?: string;
  /** How often this application runs on the call; default: once. */
  readonly runs: readonly [application: string, times: number];
}

export const BLOCK_CASES: readonly BlockCase[] = [
  {
    name: 'play_prompt',
    block: 'type: play_prompt\n    prompt: { silence_ms: 1200 }',
    inside: (call) => call.playing(),
    runs: ['playback', 1],
  },
  {
    name: 'get_digits',
    block: 'type: get_digits\n    prompt: { silence_ms: 20000 }\n    min: 1\n    max: 4\n    tries: 1',
    inside: (call) => call.begun('read'),
    then: (call) => call.digits('42#'),
    runs: ['read', 1],
  },
  {
    name: 'menu',
    block:
      "type: menu\n    prompt: { silence_ms: 20000 }\n    choices: { '1': after, '2': wrong }\n    tries: 1",
    inside: (call) => call.begun('read'),
    then: (call) => call.digits('1'),
    exit: '1',
    runs: ['read', 1],
  },
  {
    name: 'wait',
    block: 'type: wait\n    ms: 1200',
    inside: (call) => call.begun('sleep', '1200'),
    runs: ['read', 0],
  },
  {
    name: 'invoke_function',
    block:
      'type: invoke_function\n    function: slow\n    parameters: { mark: $.Attributes.mark }\n    waiting: { prompt: { silence_ms: 300 }, after_ms: 50 }',
    inside: (call) => call.begun('playback', 'silence_stream://300'),
    runs: ['read', 0],
  },
  {
    name: 'transfer',
    block: "type: transfer\n    to: { user: '10004' }",
    inside: (call) => call.begun('bridge'),
    runs: ['bridge', 1],
  },
  {
    name: 'queue',
    block: 'type: queue\n    callcenter: support@default\n    exits: { timeout: after }',
    inside: (call) => call.begun('callcenter'),
    exit: 'timeout',
    runs: ['callcenter', 1],
  },
  {
    name: 'record',
    block:
      'type: record\n    beep: false\n    min_ms: 0\n    file: RECORDINGS/{$.ContactId}.wav\n    max_s: 1\n    exits: { nothing: after }',
    inside: (call) => call.begun('record'),
    runs: ['record', 1],
  },
  {
    name: 'run_actions',
    block:
      'type: run_actions\n    actions:\n      - { application: sleep, data: "1200" }\n      - { application: set, data: cti_ran=all }',
    inside: (call) => call.begun('sleep', '1200'),
    runs: ['read', 0],
  },
  {
    name: 'cti_curl',
    block: 'type: cti_curl\n    url: APP',
    inside: (call) => call.playing(),
    runs: ['playback', 1],
  },
  {
    name: 'call_flow',
    block:
      'type: call_flow\n    flow: called\n    inputs: { given: $.Attributes.mark }\n    outputs: { back: back }',
    inside: (call) => call.playing(),
    exit: '',
    runs: ['playback', 1],
  },
  {
    name: 'go_to_flow',
    block: 'type: go_to_flow\n    flow: gone-to\n    inputs: { given: $.Attributes.mark }',
    inside: (call) => call.playing(),
    exit: '',
    runs: ['playback', 1],
  },
];

/** What needs no switch stands before and behind the block: nothing of it may be lost or happen twice. */
function flowWith({ block, name }: BlockCase): string {
  return `
start: mark
error: wrong
inputs: [given]
blocks:
  mark:
    type: set_attributes
    attributes: { mark: '1' }
    next: share
  share:
    type: distribute
    shares: [{ name: all, percent: 100, next: around }]
  around:
    type: loop
    times: 1
    next: known
    exits: { again: more }
  more:
    type: set_attributes
    attributes: { mark: "{$.Attributes.mark}-more" }
    next: around
  known:
    type: branch
    cases:
      - name: marked
        when: { all: [{ value: $.Attributes.mark, equals: 1-more }, { value: $.Attributes.given, equals: by-the-dialplan }] }
        next: always
    next: wrong
  always:
    type: hours
    time_zone: Europe/Berlin
    open: { mon-sun: 00:00-24:00 }
    exits: { open: told, closed: wrong, holiday: wrong }
  told:
    type: run_actions
    actions: [{ application: answer }, { application: set, data: cti_told=once }]
    next: under-test
  under-test:
    ${block}
    ${name === 'menu' || name === 'go_to_flow' ? '' : 'next: after'}
  after:
    type: set_attributes
    attributes:
      after: { value: $.Attributes.mark, export: true }
    next: done
  wrong:
    type: set_attributes
    attributes:
      wrong: { value: $.Error.Code, export: true }
    next: done
  done:
    type: end
`;
}

const CALLED = `
start: play
blocks:
  play:
    type: play_prompt
    prompt: { silence_ms: 1200 }
    next: back
    exits: { error: back }
  back:
    type: return
    values: { back: $.FlowAttributes.given }
`;

const GONE_TO = `
start: play
blocks:
  play:
    type: play_prompt
    prompt: { silence_ms: 1200 }
    next: after
    exits: { error: after }
  after:
    type: set_attributes
    attributes:
      after: { value: $.FlowAttributes.given, export: true }
    next: done
  done: { type: end }
`;

const KEY = 'a key that both daemons have';

/**
 * Everything that a daemon needs to have the flows `<name of the case>`. They want `cti_attr_given=by-the-dialplan`.
 * @param folder is theirs alone
 * @param appUrl of what `cti_curl` asks
 */
export async function blockCaseSettings(
  folder: string,
  recordings: string,
  appUrl: string,
): Promise<Settings> {
  await mkdir(join(folder, 'flows'), { recursive: true });
  const slow =
    'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 1500, { answer: "42" }));';
  const files = {
    ...Object.fromEntries(
      BLOCK_CASES.map((one) => [
        `flows/${one.name}.yaml`,
        flowWith(one).replace('RECORDINGS', recordings).replace('APP', appUrl),
      ]),
    ),
    'flows/called.yaml': CALLED,
    'flows/gone-to.yaml': GONE_TO,
    'slow.js': slow,
    'functions.yaml': JSON.stringify({ functions: { slow: { file: 'slow.js', timeout_ms: 5000 } } }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return {
    ...flowsIn(join(folder, 'flows'), { state_key: KEY }),
    functions: { file: join(folder, 'functions.yaml') },
  };
}
