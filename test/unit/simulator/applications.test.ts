import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SimulatedCall } from '../../../src/simulator/simulated-call.js';
import { get, list, Stand, until } from './stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start({ durationsMs: { '/prompts/long.wav': 60_000 } });
});
afterAll(() => stand.stop());

type Meanwhile = (call: SimulatedCall) => Promise<void> | void;

/** Runs one application on an answered call; what the variables say afterwards, `end` when the list got there. */
async function run(
  application: string,
  data: string,
  names: readonly string[],
  options: { readonly before?: Readonly<Record<string, string>>; readonly meanwhile?: Meanwhile } = {},
): Promise<string[]> {
  const { call, peer } = await stand.connected('sync', { variables: options.before ?? {} });
  peer.write(
    list([
      ['answer', ''],
      [application, data],
      ['set', 'response=${current_application_response}'],
      ['set', 'end=reached'],
    ]) +
      get('end', 'response', ...names) +
      'exit\n\n',
  );
  if (options.meanwhile !== undefined) {
    await until(() => call.executed.some((entry) => entry.application === application));
    await options.meanwhile(call);
  }
  const lines = await peer.rest();
  call.hangup();
  await call.ended;
  return lines
    .slice(2, -2)
    .filter((line) => !line.startsWith('notice'))
    .map((line) => (line === '-ERR command not found' ? '' : line));
}

const press =
  (digits: string): Meanwhile =>
  (call) =>
    call.sendDigits(digits);
const PLAYBACK = ['playback_ms', 'playback_samples', 'playback_last_offset_pos', 'playback_terminator_used'];

/** Each was seen on FreeSWITCH 1.10.12. */
describe('playback', () => {
  it.each<[string, string, string[]]>([
    ['a stream', 'silence_stream://505', ['FILE PLAYED', '505', '4040', '4040', '']],
    ['tones', 'tone_stream://%(200,100,440)', ['FILE PLAYED', '300', '2400', '2400', '']],
    ['tones in a loop', 'tone_stream://%(100,50,440);loops=3', ['FILE PLAYED', '450', '3600', '3600', '']],
    ['what is not there', '/nope.wav', ['FILE NOT FOUND', '', '', '', '']],
    ['an unknown scheme', 'nope://x', ['FILE NOT FOUND', '', '', '', '']],
    ['no time at all', 'silence_stream://0', ['FILE NOT FOUND', '', '', '', '']],
    ['nothing', '', ['PLAYBACK ERROR', '', '', '', '']],
  ])('plays %s', async (_title, data, expected) => {
    expect(await run('playback', data, PLAYBACK)).toEqual(['reached', ...expected]);
  });

  it('counts what was read ahead when it is broken off', async () => {
    const [, response, ms, samples] = await run('playback', '/prompts/long.wav', PLAYBACK, {
      meanwhile: press('1*2'),
    });
    expect([response, ms, samples]).toEqual(['FILE PLAYED', '2048', '16384']);
  });

  it('ends at a terminator, which it keeps', async () => {
    const before = { playback_terminators: 'any' };
    const values = await run('playback', '/prompts/long.wav', PLAYBACK, { before, meanwhile: press('7') });
    expect(values.at(-1)).toBe('7');
  });

  it('is not ended by digits when it has no terminators', async () => {
    const before = { playback_terminators: 'none' };
    const values = await run('playback', 'silence_stream://400', PLAYBACK, {
      before,
      meanwhile: press('7*'),
    });
    expect(values).toEqual(['reached', 'FILE PLAYED', '400', '3200', '3200', '']);
  });

  it('fails after playback_timeout_sec, unless that is as good', async () => {
    const before = { playback_timeout_sec: '2' };
    expect((await run('playback', '/prompts/long.wav', [], { before }))[1]).toBe('PLAYBACK ERROR');
    const asGood = { ...before, playback_timeout_as_success: 'true' };
    expect((await run('playback', '/prompts/long.wav', [], { before: asGood }))[1]).toBe('FILE PLAYED');
  });
});

const DIGITS = ['choice', 'choice_invalid', 'read_result', 'read_terminator_used'];
const PROMPT = 'silence_stream://100';

describe('play_and_get_digits and read', () => {
  it.each<[string, string, string, string | undefined, string[]]>([
    [
      'digits and a terminator',
      'play_and_get_digits',
      `1 4 1 2000 # ${PROMPT} ${PROMPT} choice \\d+`,
      '12#',
      ['12', '', 'success', '#'],
    ],
    [
      'as many as it may',
      'play_and_get_digits',
      `1 2 1 2000 # ${PROMPT} ${PROMPT} choice \\d+`,
      '123',
      ['12', '', 'success', ''],
    ],
    [
      'no digits',
      'play_and_get_digits',
      `1 4 1 100 # ${PROMPT} ${PROMPT} choice \\d+`,
      undefined,
      ['', '', 'failure', ''],
    ],
    [
      'digits that do not match',
      'play_and_get_digits',
      `1 1 1 1000 # ${PROMPT} ${PROMPT} choice [12]`,
      '7',
      ['', '7', 'success', ''],
    ],
    [
      'too few',
      'play_and_get_digits',
      `3 4 1 1000 # ${PROMPT} ${PROMPT} choice \\d+ 1000`,
      '12',
      ['12', '', 'failure', ''],
    ],
    [
      'digits until the time is over',
      'play_and_get_digits',
      `1 4 1 1000 # ${PROMPT} ${PROMPT} choice \\d+`,
      '12',
      ['12', '', 'timeout', ''],
    ],
    [
      'a terminator alone',
      'play_and_get_digits',
      `0 4 1 1000 # ${PROMPT} ${PROMPT} choice \\d+`,
      '#',
      ['', '', 'success', '#'],
    ],
    ['read with a terminator', 'read', `1 4 ${PROMPT} choice 1000 #`, '12#', ['12', '', 'success', '#']],
    [
      'read a terminator that counts',
      'read',
      `1 4 ${PROMPT} choice 1000 +#`,
      '12#',
      ['12#', '', 'success', '#'],
    ],
    ['read nothing', 'read', `1 4 ${PROMPT} choice 100 #`, undefined, ['', '', 'failure', '']],
    ['a prompt that is missing', 'read', '1 4 /nope.wav choice 1000 #', '12', ['', '', '', '']],
  ])('%s', async (_title, application, data, digits, expected) => {
    const values = await run(
      application,
      data,
      DIGITS,
      digits === undefined ? {} : { meanwhile: press(digits) },
    );
    expect(values).toEqual(['reached', '', ...expected]);
  });

  it('transfer on failure ends the list', async () => {
    const data = `1 4 1 1000 # ${PROMPT} ${PROMPT} choice \\d+ 1000 'parking XML agents'`;
    expect(await run('play_and_get_digits', data, ['destination_number'])).toEqual(['', '', 'parking']);
  });

  it('give the caller the digits that were meant for each', async () => {
    const { call, peer } = await stand.connected('sync', { digits: '142#5' });
    peer.write(
      list([
        ['answer', ''],
        ['read', `1 1 ${PROMPT} first 2000 #`],
        ['playback', PROMPT],
        ['play_and_get_digits', `1 4 1 2000 # ${PROMPT} ${PROMPT} second \\d+`],
        ['read', `1 1 ${PROMPT} third 2000 #`],
      ]) +
        get('first', 'second', 'third') +
        'exit\n\n',
    );
    expect((await peer.rest()).slice(2, 5)).toEqual(['1', '42', '5']);
    call.hangup();
    await call.ended;
  });
});

describe('other applications', () => {
  it.each<[string, string, string[]]>([
    ['phrase', 'greeting,x', ['reached', 'PHRASE PLAYED']],
    ['phrase', 'nope,x', ['reached', 'UNKNOWN ERROR']],
    ['phrase', '', ['reached', 'NOTHING']],
    ['speak', 'flite|kal|hello', ['reached', '']],
    ['speak', 'hello', ['', '']],
    ['say', 'en number pronounced 12', ['reached', '']],
    ['sleep', '50', ['reached', '']],
    ['hangup', 'USER_BUSY', ['', '']],
    ['nonsense', '', ['', '']],
    ['record', '/no/such/folder/x.wav 1', ['', '']],
    ['respond', '486', ['reached', '']],
    ['break', '', ['reached', '']],
    ['sched_hangup', '+60 USER_BUSY', ['reached', '']],
  ])('%s %s', async (application, data, expected) => {
    expect(await run(application, data, [])).toEqual(expected);
  });

  it('a digit ends a pause and stays queued', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(
      list([
        ['answer', ''],
        ['sleep', '600000'],
        ['read', `1 1 ${PROMPT} choice 1000 #`],
      ]) +
        get('choice') +
        'exit\n\n',
    );
    await until(() => call.executed.some(({ application }) => application === 'sleep'));
    call.sendDigits('7');
    expect((await peer.rest())[2]).toBe('7');
    call.hangup();
    await call.ended;
  });

  it('sets many variables as FreeSWITCH splits them', async () => {
    const { call, peer } = await stand.connected('sync');
    const set = (data: string): string =>
      `sendmsg\ncall-command: execute\nexecute-app-name: multiset\ncontent-type: text/plain\ncontent-length: ${data.length}\n\n${data}`;
    peer.write(
      set(`^^~a=it's~b=two's x~c=1,2`) +
        get('a', 'b', 'c') +
        set('^^!a=1\\!2!b= x !c=') +
        get('a', 'b', 'c') +
        'exit\n\n',
    );
    expect((await peer.rest()).slice(0, -2)).toEqual([
      '+OK',
      'its~b=twos x',
      '-ERR command not found',
      '1,2',
      '+OK',
      '1!2',
      ' x',
      '-ERR command not found',
    ]);
    call.hangup();
    await call.ended;
  });

  it('a rejected caller hears the SIP status', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(`${list([['respond', '486 Busy Here']])}exit\n\n`);
    expect(await call.ended).toEqual({ cause: 'USER_BUSY' });
    peer.destroy();
  });

  it('runs at most 128 items of an inline list', async () => {
    const { call, peer } = await stand.connected('sync');
    const items = Array.from({ length: 130 }, (_, index) => `set:v${index}=${index}`).join('^');
    const data = `m:^:${items} inline`;
    peer.write(
      `sendmsg\ncall-command: execute\nexecute-app-name: execute_extension\ncontent-type: text/plain\ncontent-length: ${data.length}\n\n${data}` +
        get('v126', 'v127', 'v128') +
        'exit\n\n',
    );
    expect((await peer.rest()).slice(1, 4)).toEqual([
      '126',
      '127^set:v128=128^set:v129=129',
      '-ERR command not found',
    ]);
    call.hangup();
    await call.ended;
  });
});
