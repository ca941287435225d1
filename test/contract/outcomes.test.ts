import { outcomesOf } from '../support/test-daemon.js';
import type { TestCall } from '../support/test-call.js';
import type { OutcomeStatus } from '../../src/call/outcome.js';
import { onEverySwitch } from './suite.js';

const DIGITS_TONE = 'silence_stream://60';

interface Case {
  readonly title: string;
  /** Run before the action, in the same list. */
  readonly before?: readonly unknown[];
  readonly application: string;
  readonly data: string | ((recordings: string) => string);
  /** What the caller or somebody else does meanwhile. */
  readonly meanwhile?: (call: TestCall) => Promise<void>;
  readonly status: OutcomeStatus;
  readonly response?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** The action ends the call. */
  readonly endsCall?: boolean;
}

const digits = (sequence: string) => async (call: TestCall) => {
  await call.playing();
  await call.digits(sequence);
};
const pagd = (min: number, max: number, regexp: string): string =>
  `${min} ${max} 1 1000 # ${DIGITS_TONE} ${DIGITS_TONE} choice ${regexp} 500`;

const CASES: readonly Case[] = [
  {
    title: 'a file that is played',
    application: 'playback',
    data: 'silence_stream://80',
    status: 'ok',
    response: 'FILE PLAYED',
  },
  {
    title: 'a file that does not exist',
    application: 'playback',
    data: 'no-such-file.wav',
    status: 'failed',
    response: 'FILE NOT FOUND',
  },
  {
    title: 'a callee who answers and hangs up',
    application: 'bridge',
    data: 'user/10003',
    status: 'ok',
    response: 'SUCCESS',
  },
  {
    title: 'a callee who is busy',
    application: 'bridge',
    data: 'user/busy',
    status: 'failed',
    response: 'BUSY',
  },
  {
    title: 'a callee who refuses',
    application: 'bridge',
    data: 'user/refuses',
    status: 'failed',
    variables: { originate_disposition: 'CALL_REJECTED' },
  },
  {
    title: 'a callee who does not answer',
    before: [{ application: 'set', data: 'call_timeout=1' }],
    application: 'bridge',
    data: 'user/silent',
    status: 'timed_out',
    response: 'NOANSWER',
  },
  {
    title: 'a gateway that is down',
    application: 'bridge',
    data: 'sofia/gateway/down/100',
    status: 'failed',
  },
  { title: 'a user who does not exist', application: 'bridge', data: 'user/nobody', status: 'failed' },
  {
    title: 'digits that are entered',
    application: 'play_and_get_digits',
    data: pagd(1, 2, '^[0-9]+$'),
    meanwhile: digits('12'),
    status: 'ok',
    response: 'success',
    variables: { choice: '12' },
  },
  {
    title: 'no digits',
    application: 'play_and_get_digits',
    data: pagd(1, 2, '^[0-9]+$'),
    status: 'timed_out',
  },
  {
    title: 'digits that do not match',
    application: 'play_and_get_digits',
    data: pagd(1, 1, '^[12]$'),
    meanwhile: digits('7'),
    status: 'failed',
    variables: { choice_invalid: '7' },
  },
  {
    title: 'digits that are read',
    application: 'read',
    data: `1 4 ${DIGITS_TONE} choice 1000 #`,
    meanwhile: digits('42#'),
    status: 'ok',
    response: 'success',
    variables: { choice: '42', read_terminator_used: '#' },
  },
  {
    title: 'digits that are read in vain',
    application: 'read',
    data: `1 4 ${DIGITS_TONE} choice 1000 #`,
    status: 'timed_out',
  },
  { title: 'a recording', application: 'record', data: (folder) => `${folder}/outcome.wav 1`, status: 'ok' },
  { title: 'a pause', application: 'sleep', data: '50', status: 'ok' },
  {
    title: 'speech without a voice, which hangs up the call',
    application: 'speak',
    data: 'flite',
    status: 'hung_up',
    endsCall: true,
  },
  {
    title: 'a phrase',
    application: 'phrase',
    data: 'greeting,anybody',
    status: 'ok',
    response: 'PHRASE PLAYED',
  },
  { title: 'a phrase that does not exist', application: 'phrase', data: 'no_such_phrase', status: 'failed' },
];

onEverySwitch('the outcome of an action', {}, ({ scenario }) => {
  for (const each of CASES) {
    scenario(`tells ${each.title}`, async (world) => {
      const { expect, daemon } = world;
      const data = typeof each.data === 'string' ? each.data : each.data(world.switch.recordings);
      const call = await world.callWith([
        { application: 'answer' },
        ...(each.before ?? []),
        { application: each.application, data, id: 'this' },
        { application: 'set', data: 'cti_after=reached' },
      ]);
      await each.meanwhile?.(call);
      const record = await daemon.record(call.uuid);
      const outcome = outcomesOf(record).find(({ id }) => id === 'this');
      expect(outcome).toMatchObject({
        application: each.application,
        status: each.status,
        ...(each.response === undefined ? {} : { response: each.response }),
      });
      expect(outcome?.variables).toMatchObject(each.variables ?? {});
      if (each.endsCall === true) {
        expect(record.result).toBe('hung_up');
        return;
      }
      expect(record.result).toBe('done');
      await call.returned();
      expect(await call.get('cti_after')).toBe('reached');
      expect(await call.get('cti_status')).toBe('done');
      expect(await call.get('cti_error')).toBeUndefined();
    });
  }

  scenario('tells a hang-up with its cause', async ({ expect, callWith, daemon }) => {
    const call = await callWith([{ application: 'answer' }, { application: 'hangup', data: 'USER_BUSY' }]);
    const hangUp = await call.hungUp();
    expect(hangUp.get('Hangup-Cause')).toBe('USER_BUSY');
    const record = await daemon.record(call.uuid);
    expect(outcomesOf(record).map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(record.result).toBe('done');
  });

  scenario('refuses an unknown application, which would hang up the call', async ({ expect, run }) => {
    const { call, record } = await run([
      { application: 'answer' },
      { application: 'no_such_application', data: 'x' },
      { application: 'set', data: 'cti_after=reached' },
    ]);
    expect(outcomesOf(record).map(({ status }) => status)).toEqual(['ok', 'refused', 'ok']);
    expect(record.error?.code).toBe('action_refused');
    await call.returned();
    expect(await call.get('cti_after')).toBe('reached');
    expect(call.ran).not.toContain('no_such_application');
  });
});
