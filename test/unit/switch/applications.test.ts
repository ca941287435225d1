import { describe, expect, it } from 'vitest';
import { applicationInfo, KNOWN_APPLICATIONS } from '../../../src/switch/applications.js';

type Values = Readonly<Record<string, string>>;

function judge(application: string, values: Values, data = '') {
  return applicationInfo(application).judge(values, data);
}

describe('the catalogue', () => {
  it('gives unknown applications a neutral entry', () => {
    const info = applicationInfo('valet_park');
    expect(info.name).toBe('valet_park');
    expect(info.stop).toBe('none');
    expect(info.judge({ current_application_response: 'x' }, '')).toMatchObject({
      status: 'ok',
      response: 'x',
    });
    expect(info.judge({ current_application_response: '-ERR no' }, '').status).toBe('failed');
    expect(applicationInfo('constructor').stop).toBe('none');
  });

  it('knows what can be stopped', () => {
    expect(applicationInfo('playback').stop).toBe('break');
    expect(applicationInfo('loop_playback').breakAgain).toBe(true);
    expect(applicationInfo('endless_playback').stop).toBe('none');
    expect(applicationInfo('bridge').stop).toBe('ring');
    expect(applicationInfo('hangup').ends).toBe('hangup');
    expect(applicationInfo('transfer').ends).toBe('leaves');
  });

  it('clears only what it reads, and no more than two variables', () => {
    for (const name of KNOWN_APPLICATIONS) {
      const info = applicationInfo(name);
      for (const data of [
        '',
        '1 1 1 1000 # a b digits',
        '1 1 1 1000 # a b digits \\d',
        '1 2 a digits 1000 #',
      ]) {
        const read = info.outcomeVariables(data);
        expect(read).toEqual(expect.arrayContaining([...info.clears(data)]));
        expect(info.clears(data).length).toBeLessThanOrEqual(2);
        expect(info.takesTime || read.length === 0).toBe(true);
      }
    }
  });
});

describe('the variable that read and play_and_get_digits fill', () => {
  it.each([
    ['read', '1 4 ivr/a.wav digits 5000 #', 'digits'],
    ['read', "1 4 'my prompts/a b.wav' digits 5000 #", 'digits'],
    ['read', '^^:1:4:ivr/a.wav:digits:5000:#', 'digits'],
    ['play_and_get_digits', '1 1 3 5000 # ivr/a.wav ivr/b.wav pin \\d+', 'pin'],
    ['play_and_get_digits', "1 1 3 5000 # 'say:your pin' ivr/b.wav pin \\d+ 2000", 'pin'],
  ])('%s %s', (application, data, name) => {
    expect(applicationInfo(application).outcomeVariables(data)).toContain(name);
  });

  it.each([
    ['read', '1 4 ivr/a.wav'],
    ['read', '1 4 ivr/a.wav a}b 5000 #'],
    ['play_and_get_digits', '1 1 3 5000 # ivr/a.wav ivr/b.wav x:y \\d+'],
    ['play_and_get_digits', `1 1 3 5000 # ivr/a.wav ivr/b.wav ${'x'.repeat(80)} \\d+`],
  ])('%s %s names none that could be read back safely', (application, data) => {
    expect(applicationInfo(application).outcomeVariables(data)).toEqual([
      'read_result',
      'read_terminator_used',
    ]);
  });
});

// What FreeSWITCH 1.10.12 left in the variables, and what that means.
describe('outcomes', () => {
  const READ = '1 4 ivr/a.wav x 5000 #';
  const PAGD = '1 4 2 2000 # ivr/a.wav ivr/b.wav x \\d+';
  it.each<[string, string, Values, object]>([
    [
      'playback',
      'a',
      { current_application_response: 'FILE PLAYED', playback_ms: '300' },
      {
        status: 'ok',
        response: 'FILE PLAYED',
        variables: { current_application_response: 'FILE PLAYED', playback_ms: '300' },
      },
    ],
    [
      'playback',
      'a',
      { current_application_response: 'FILE NOT FOUND', playback_ms: '300' },
      {
        status: 'failed',
        response: 'FILE NOT FOUND',
        variables: { current_application_response: 'FILE NOT FOUND' },
      },
    ],
    ['playback', 'a', { current_application_response: 'PLAYBACK ERROR' }, { status: 'failed' }],
    ['playback', 'a', {}, { status: 'failed', detail: 'no media to play to' }],
    ['phrase', 'a', { current_application_response: 'PHRASE PLAYED' }, { status: 'ok' }],
    [
      'phrase',
      'a',
      { current_application_response: 'UNKNOWN ERROR' },
      { status: 'failed', response: 'UNKNOWN ERROR' },
    ],
    ['phrase', 'a', { current_application_response: 'NOTHING' }, { status: 'failed' }],
    ['speak', 'a', {}, { status: 'ok' }],
    ['sleep', '1', {}, { status: 'ok' }],
    [
      'read',
      READ,
      { read_result: 'success', read_terminator_used: '#', x: '12' },
      { status: 'ok', response: 'success' },
    ],
    ['read', READ, { read_result: 'timeout', x: '12' }, { status: 'ok', response: 'timeout' }],
    ['read', READ, { read_result: 'timeout' }, { status: 'timed_out' }],
    ['read', READ, { read_result: 'failure' }, { status: 'timed_out', detail: 'no digits' }],
    [
      'read',
      READ,
      { read_result: 'failure', read_terminator_used: '#', x: '12' },
      { status: 'failed', detail: 'too few digits' },
    ],
    ['read', READ, {}, { status: 'failed', detail: 'the prompt could not be played' }],
    [
      'play_and_get_digits',
      PAGD,
      { read_result: 'success', x: '12', read_terminator_used: '#' },
      { status: 'ok' },
    ],
    [
      'play_and_get_digits',
      PAGD,
      { read_result: 'success', x_invalid: '12', read_terminator_used: '#' },
      { status: 'failed', detail: 'the digits do not match' },
    ],
    ['play_and_get_digits', PAGD, { read_result: 'success', read_terminator_used: '#' }, { status: 'ok' }],
    ['play_and_get_digits', PAGD, { read_result: 'timeout', x: '12' }, { status: 'ok' }],
    ['play_and_get_digits', PAGD, { read_result: 'failure' }, { status: 'timed_out' }],
    ['play_and_get_digits', PAGD, {}, { status: 'failed' }],
    [
      'bridge',
      'user/1',
      { DIALSTATUS: 'SUCCESS', originate_disposition: 'SUCCESS', bridge_hangup_cause: 'NORMAL_CLEARING' },
      { status: 'ok', response: 'SUCCESS', detail: 'NORMAL_CLEARING' },
    ],
    [
      'bridge',
      'user/1',
      { DIALSTATUS: 'ANSWER', originate_disposition: 'call accepted', originate_failed_cause: 'USER_BUSY' },
      {
        status: 'ok',
        response: 'ANSWER',
        variables: { DIALSTATUS: 'ANSWER', originate_disposition: 'call accepted' },
      },
    ],
    [
      'bridge',
      'user/1',
      {
        DIALSTATUS: 'BUSY',
        originate_disposition: 'USER_BUSY',
        originate_failed_cause: 'USER_BUSY',
        last_bridge_hangup_cause: 'USER_BUSY',
      },
      { status: 'failed', response: 'BUSY', detail: 'USER_BUSY' },
    ],
    [
      'bridge',
      'user/1',
      { DIALSTATUS: 'DONTCALL', originate_disposition: 'CALL_REJECTED' },
      { status: 'failed', detail: 'CALL_REJECTED' },
    ],
    [
      'bridge',
      'user/1',
      { DIALSTATUS: 'NOANSWER', originate_disposition: 'NO_ANSWER' },
      { status: 'timed_out', response: 'NOANSWER' },
    ],
    [
      'bridge',
      'user/1',
      { DIALSTATUS: 'INVALIDARGS', originate_disposition: 'failure' },
      { status: 'failed' },
    ],
    [
      'bridge',
      'a:_:b',
      {
        DIALSTATUS: 'BUSY',
        originate_disposition: 'success',
        originate_failed_cause: 'USER_BUSY',
        bridge_hangup_cause: 'NORMAL_CLEARING',
      },
      {
        status: 'ok',
        response: 'SUCCESS',
        variables: { originate_disposition: 'success', bridge_hangup_cause: 'NORMAL_CLEARING' },
      },
    ],
    [
      'bridge',
      'a:_:b',
      { DIALSTATUS: 'SUCCESS', originate_disposition: 'failure', originate_failed_cause: 'CALL_REJECTED' },
      { status: 'failed', response: 'CALL_REJECTED' },
    ],
    [
      'bridge',
      'a:_:b',
      { originate_disposition: 'failure', originate_failed_cause: 'NO_ANSWER' },
      { status: 'timed_out' },
    ],
    [
      'record',
      'a',
      { record_ms: '1200', record_file_size: '19244' },
      { status: 'ok', variables: { record_ms: '1200', record_file_size: '19244' } },
    ],
    ['record', 'a', {}, { status: 'failed' }],
    [
      'callcenter',
      'q',
      { cc_cause: 'answered', cc_agent: '1001', cc_cancel_reason: 'TIMEOUT' },
      { status: 'ok', variables: { cc_cause: 'answered', cc_agent: '1001' } },
    ],
    [
      'callcenter',
      'q',
      { cc_cause: 'cancel', cc_cancel_reason: 'TIMEOUT', cc_agent: '1001' },
      {
        status: 'timed_out',
        detail: 'TIMEOUT',
        variables: { cc_cause: 'cancel', cc_cancel_reason: 'TIMEOUT' },
      },
    ],
    [
      'callcenter',
      'q',
      { cc_cause: 'cancel', cc_cancel_reason: 'EXIT_WITH_KEY', cc_exit_key: '1' },
      {
        status: 'failed',
        variables: { cc_cause: 'cancel', cc_cancel_reason: 'EXIT_WITH_KEY', cc_exit_key: '1' },
      },
    ],
    ['callcenter', 'nope', {}, { status: 'failed', detail: 'the caller did not enter the queue' }],
    ['fifo', 'q in', { fifo_status: 'TIMEOUT' }, { status: 'timed_out' }],
    ['fifo', 'q in', { fifo_status: 'ABORTED' }, { status: 'failed' }],
    ['wait_for_silence', '1', { wait_for_silence_timeout: 'true' }, { status: 'timed_out' }],
    ['wait_for_silence', '1', { wait_for_silence_timeout: 'false' }, { status: 'ok' }],
    ['wait_for_silence', '1', {}, { status: 'failed' }],
    ['play_and_detect_speech', 'a', { current_application_response: 'ASR INIT ERROR' }, { status: 'failed' }],
    ['play_and_detect_speech', 'a', { current_application_response: 'DONE' }, { status: 'ok' }],
  ])('%s %s %j', (application, data, values, expected) => {
    expect(judge(application, values, data)).toMatchObject(expected);
    const { variables } = judge(application, values, data);
    expect(Object.values(variables)).not.toContain('');
  });

  it('do not report variables of an earlier action', () => {
    const busy = judge('bridge', {
      originate_disposition: 'USER_BUSY',
      DIALSTATUS: 'BUSY',
      bridge_hangup_cause: 'NORMAL_CLEARING',
    });
    expect(busy.variables).toEqual({ originate_disposition: 'USER_BUSY', DIALSTATUS: 'BUSY' });
  });
});
