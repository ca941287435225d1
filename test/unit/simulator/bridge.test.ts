import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CalleeBehaviour } from '../../../src/simulator/endpoints/behaviour.js';
import { get, list, Stand, until } from './stand.js';

const CALLEES: Readonly<Record<string, CalleeBehaviour>> = {
  'trunk/100': { kind: 'answers', ringsAfterMs: 20, afterMs: 100, hangsUpAfterMs: 200 },
  'trunk/busy': { kind: 'refuses', cause: 'USER_BUSY', afterMs: 50 },
  'trunk/silent': { kind: 'silent' },
};

let stand: Stand;
beforeAll(async () => {
  stand = await Stand.start({ callees: ({ gateway, target }) => CALLEES[`${gateway ?? ''}/${target}`] });
});
afterAll(() => stand.stop());

const NAMES = [
  'originate_disposition',
  'DIALSTATUS',
  'last_bridge_hangup_cause',
  'bridge_hangup_cause',
  'end',
] as const;

async function bridge(
  dial: string,
  before: Readonly<Record<string, string>> = { continue_on_fail: 'true' },
): Promise<string[]> {
  const { call, peer } = await stand.connected('sync', { variables: before });
  peer.write(
    list([
      ['answer', ''],
      ['bridge', dial],
      ['set', 'end=reached'],
    ]) +
      get(...NAMES) +
      'exit\n\n',
  );
  const lines = await peer.rest();
  call.hangup();
  await call.ended;
  return lines
    .slice(2, -2)
    .filter((line) => !line.startsWith('notice'))
    .map((line) => (line === '-ERR command not found' ? '' : line));
}

/** Each but the SIP ones was seen on FreeSWITCH 1.10.12 with the same dial string. */
describe('bridge', () => {
  it.each<[string, string[]]>([
    ['user/busy', ['USER_BUSY', 'BUSY', 'USER_BUSY', '', 'reached']],
    ['user/nobody', ['SUBSCRIBER_ABSENT', 'SUBSCRIBER_ABSENT', '', '', 'reached']],
    ['loopback/shortly/agents/XML', ['SUCCESS', 'SUCCESS', 'NORMAL_CLEARING', 'NORMAL_CLEARING', 'reached']],
    [
      'user/busy|loopback/shortly/agents/XML',
      ['SUCCESS', 'SUCCESS', 'NORMAL_CLEARING', 'NORMAL_CLEARING', 'reached'],
    ],
    [
      'user/silent,loopback/shortly/agents/XML',
      ['SUCCESS', 'SUCCESS', 'NORMAL_CLEARING', 'NORMAL_CLEARING', 'reached'],
    ],
    [
      '[leg_timeout=1]loopback/silent/agents/XML|loopback/shortly/agents/XML',
      ['SUCCESS', 'SUCCESS', 'NORMAL_CLEARING', 'NORMAL_CLEARING', 'reached'],
    ],
    ['error/USER_BUSY', ['USER_BUSY', 'BUSY', '', '', 'reached']],
    ['nosuch/x', ['CHAN_NOT_IMPLEMENTED', 'CHAN_NOT_IMPLEMENTED', '', '', 'reached']],
    ['sofia/gateway/nope/1', ['INVALID_GATEWAY', 'INVALID_GATEWAY', '', '', 'reached']],
    ['sofia/nope/1@127.0.0.1', ['INVALID_PROFILE', 'INVALIDARGS', '', '', 'reached']],
    [
      'sofia/gateway/trunk/1',
      ['NORMAL_TEMPORARY_FAILURE', 'NORMAL_TEMPORARY_FAILURE', 'NORMAL_TEMPORARY_FAILURE', '', 'reached'],
    ],
    ['sofia/gateway/trunk/100', ['SUCCESS', 'SUCCESS', 'NORMAL_CLEARING', 'NORMAL_CLEARING', 'reached']],
    ['sofia/gateway/trunk/busy', ['USER_BUSY', 'BUSY', 'USER_BUSY', '', 'reached']],
    ['', ['', '', '', '', 'reached']],
  ])('%s', async (dial, expected) => expect(await bridge(dial)).toEqual(expected));

  it('gives up after call_timeout', async () => {
    expect(await bridge('user/silent', { call_timeout: '1' })).toEqual([
      'NO_ANSWER',
      'NOANSWER',
      'NO_ANSWER',
      '',
      'reached',
    ]);
    expect((await bridge('{originate_timeout=1}sofia/gateway/trunk/silent'))[0]).toBe('NO_ANSWER');
  });

  it.each<[string, Readonly<Record<string, string>>, boolean]>([
    ['user/busy', {}, false],
    ['user/busy', { continue_on_fail: 'USER_BUSY' }, true],
    ['user/busy', { continue_on_fail: 'NO_ANSWER' }, false],
    ['user/busy', { failure_causes: 'NO_ANSWER' }, true],
    ['loopback/shortly/agents/XML', { hangup_after_bridge: 'true' }, false],
  ])('%s with %j goes on: %s', async (dial, before, goesOn) => {
    expect((await bridge(dial, before)).at(-1)).toBe(goesOn ? 'reached' : '');
  });

  it('carries digits, and the hang-up of either side', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(
      list([
        ['answer', ''],
        ['bridge', 'user/10001'],
      ]),
    );
    await until(() => call.variable('bridge_to') !== undefined);
    const client = await stand.client();
    const outbound = call.variable('bridge_to') ?? '';
    const inside = await client.api(`uuid_getvar ${outbound} other_loopback_leg_uuid`);
    call.sendDigits('5');
    call.hangup('USER_BUSY');
    expect(await call.ended).toEqual({ cause: 'USER_BUSY' });
    await until(() => stand.simulator.channelCount === 0);
    expect(await client.api(`uuid_exists ${inside}`)).toBe('false');
    peer.destroy();
  });

  it('takes the ringing leg down when the caller gives up', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(list([['bridge', 'user/silent']]) + get('originate_disposition', 'DIALSTATUS') + 'exit\n\n');
    await until(() => call.executed.some(({ application }) => application === 'bridge'));
    call.hangup();
    expect((await peer.rest()).slice(3, 5)).toEqual(['ORIGINATOR_CANCEL', 'CANCEL']);
    expect(await call.ended).toEqual({ cause: 'ORIGINATOR_CANCEL' });
    await until(() => stand.simulator.channelCount === 0);
  });

  it('exports variables to the other leg', async () => {
    const { call, peer } = await stand.connected('sync');
    peer.write(
      list([
        ['answer', ''],
        ['export', 'both=1'],
        ['bridge', '{only=2}[leg=3]user/10001'],
      ]),
    );
    await until(() => call.variable('bridge_to') !== undefined);
    const client = await stand.client();
    const leg = call.variable('bridge_to') ?? '';
    for (const [name, value] of [
      ['both', '1'],
      ['only', '2'],
      ['leg', '3'],
      ['originator', call.uuid],
    ] as const) {
      expect(await client.api(`uuid_getvar ${leg} ${name}`)).toBe(value);
    }
    call.hangup();
    await call.ended;
    await until(() => stand.simulator.channelCount === 0);
    peer.destroy();
  });
});
