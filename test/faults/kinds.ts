import { BLOCK_CASES } from '../support/block-cases.js';
import type { TestCall } from '../support/test-call.js';
import type { Bed, CallOptions } from './bed.js';
import type { Way } from './settled.js';

/** A kind of action that takes its time, with what the caller does meanwhile. */
export interface Kind {
  readonly name: string;
  readonly call: (bed: Bed) => CallOptions;
  /** Done by the caller, or somebody else, when the action runs. */
  readonly meanwhile?: (call: TestCall) => Promise<unknown>;
  /** How the call leaves when nothing is broken; default: `done`. */
  readonly way?: Way;
  /** What runs on the call exactly once, when it is done. */
  readonly once?: readonly [application: string, data?: string];
}

const ANSWER = { application: 'answer' };
const AFTER = { application: 'set', data: 'cti_after=ran' };
const VOICE = [
  { application: 'set', data: 'tts_engine=flite' },
  { application: 'set', data: 'tts_voice=slt' },
];
const SPOKEN = 'one two three';

function list(name: string, application: string, data: string, more: object = {}): Kind {
  const actions = [ANSWER, ...VOICE, { application, data, ...more }, AFTER];
  return { name, call: () => ({ actions }), once: ['set', AFTER.data] };
}

/** A route of the app that takes its time to answer. */
function slow(bed: Bed, ms: number, actions: readonly unknown[]): string {
  const answer = (): Promise<{ actions: readonly unknown[] }> =>
    new Promise((resolve) => setTimeout(resolve, ms, { actions }));
  return bed.app.route(answer).url;
}

const digits = (application: string) => async (call: TestCall) => {
  await call.begun(application);
  await call.digits('42#');
};

/** Lists: every application that waits for something. */
export const LISTS: readonly Kind[] = [
  { name: 'answer', call: () => ({ actions: [ANSWER, AFTER] }), once: ['set', AFTER.data] },
  list('sleep', 'sleep', '900'),
  list('playback', 'playback', 'silence_stream://900'),
  list('speech', 'playback', `say:${SPOKEN}`),
  list('speak', 'speak', `flite|slt|${SPOKEN}`),
  list('say', 'say', 'en number pronounced 1234'),
  list('phrase', 'phrase', 'greeting,anybody'),
  {
    ...list(
      'play_and_get_digits',
      'play_and_get_digits',
      '1 4 1 1500 # silence_stream://900 silence_stream://50 choice ^[0-9]+$ 500',
    ),
    meanwhile: digits('play_and_get_digits'),
  },
  list(
    'play_and_get_digits in vain',
    'play_and_get_digits',
    '1 1 1 700 # silence_stream://50 silence_stream://50 choice ^[0-9]$',
  ),
  { ...list('read', 'read', '1 4 silence_stream://900 choice 1500 #'), meanwhile: digits('read') },
  list('bridge that rings', 'bridge', 'user/silent', { timeout_ms: 1000 }),
  list('bridge that is answered', 'bridge', 'user/10003'),
  {
    name: 'record',
    call: (bed) => ({
      actions: [ANSWER, { application: 'record', data: `${bed.switch.recordings}/fault.wav 1` }, AFTER],
    }),
    once: ['set', AFTER.data],
  },
  {
    name: 'fifo',
    call: () => ({ actions: [ANSWER, { application: 'fifo', data: 'support in' }, AFTER] }),
    meanwhile: async (call) => {
      await call.begun('fifo');
      await new Promise((resolve) => setTimeout(resolve, 900));
      await call.hangUp();
    },
    way: 'hung_up',
  },
  list('callcenter', 'callcenter', 'support@default'),
  {
    name: 'hangup',
    call: () => ({
      actions: [ANSWER, { application: 'playback', data: 'silence_stream://500' }, { application: 'hangup' }],
    }),
    way: 'hung_up',
  },
  {
    name: 'the first request',
    call: (bed) => ({ url: slow(bed, 700, [ANSWER, AFTER]) }),
    once: ['set', AFTER.data],
  },
  {
    name: 'cti_curl at the end',
    call: (bed) => ({
      actions: [
        ANSWER,
        { application: 'playback', data: 'silence_stream://300' },
        { application: 'cti_curl', data: slow(bed, 500, [AFTER]) },
      ],
    }),
    once: ['playback', 'silence_stream://300'],
  },
  {
    name: 'cti_curl in the middle',
    call: (bed) => ({
      actions: [
        ANSWER,
        {
          application: 'cti_curl',
          data: slow(bed, 500, [{ application: 'playback', data: 'silence_stream://300' }]),
        },
        AFTER,
      ],
    }),
    once: ['set', AFTER.data],
  },
  {
    name: 'a list with on_error',
    call: () => ({
      actions: [ANSWER, { application: 'playback', data: 'silence_stream://600', on_error: 'stop' }, AFTER],
    }),
    once: ['playback', 'silence_stream://600'],
  },
];

/** Those that come to an end by themselves, however long they stand still. */
export const PATIENT: readonly Kind[] = LISTS.filter(({ name }) => name !== 'fifo');

/** Flows: every block that needs the switch, an app or a function. They are those of `blockCaseSettings`. */
export const BLOCKS: readonly Kind[] = BLOCK_CASES.map((one) => ({
  name: one.name,
  call: () => ({ flow: one.name, variables: { cti_attr_given: 'by-the-dialplan' } }),
  once: ['set', 'cti_told=once'],
  ...(one.then === undefined
    ? {}
    : {
        meanwhile: async (call) => {
          await one.inside(call);
          await one.then?.(call);
        },
      }),
}));
