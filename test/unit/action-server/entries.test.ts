import { parseXml } from '@rgrove/parse-xml';
import { describe, expect, it } from 'vitest';
import { AskedCall } from '../../../src/action-server/asked-call.js';
import { actionsConfigSchema } from '../../../src/action-server/settings.js';
import { Policy } from '../../../src/call/policy.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { applications, World } from './world.js';

const LIST = [
  { application: 'answer', data: '' },
  { application: 'playback', data: '/srv/<a>&"b".wav', id: 'hello', timeout_ms: 1000 },
  { application: 'hangup', data: 'USER_BUSY' },
];

describe('an entry', () => {
  it('serves a static list, with nothing but the two strings', async () => {
    const world = new World({ entries: { main: { list: LIST } } });
    expect(await world.list('/v1/actions/main')).toEqual(
      LIST.map(({ application, data }) => ({ application, data })),
    );
  });

  it('serves our own runner everything', async () => {
    const world = new World({ entries: { main: { list: LIST } } });
    expect(await world.list('/v1/actions/main?format=switchhook')).toEqual(LIST);
    const { body } = await world.ask('/v1/actions/main', { headers: { 'user-agent': 'switchhook' } });
    expect(JSON.parse(body)).toEqual(LIST);
  });

  it('serves XML for mod_httapi', async () => {
    const world = new World({ entries: { main: { list: LIST } } });
    const { format, body } = await world.ask('/v1/actions/main?format=httapi');
    expect(format).toBe('httapi');
    expect(parseXml(body).toJSON()).toBeTruthy();
    expect(body).toBe(
      '<document type="text/freeswitch-httapi"><work><execute application="answer" data=""/>' +
        '<execute application="playback" data="/srv/&lt;a&gt;&amp;&quot;b&quot;.wav"/>' +
        '<hangup cause="USER_BUSY"/><break/></work></document>',
    );
  });

  it('routes by number', async () => {
    const flow = 'start: bye\nblocks: { bye: { type: disconnect } }';
    const fallback_actions = [{ application: 'playback', data: 'ivr/ivr-invalid_number.wav' }];
    const world = new World({
      flows: { flow },
      entries: { main: { numbers: { '100': [LIST[0]], '/2../': 'flow' }, fallback_actions } },
    });
    expect(applications(await world.list('/v1/actions/main?number=100'))).toEqual(['answer']);
    expect(applications(await world.list('/v1/actions/main?destination_number=234'))).toEqual(['hangup']);
    expect(applications(await world.list('/v1/actions/main?Caller-Destination-Number=234'))).toEqual([
      'hangup',
    ]);
    for (const path of ['/v1/actions/main', '/v1/actions/main?number=300']) {
      const answer = await world.ask(path);
      expect(answer).toMatchObject({ reason: 'number_not_routed', body: JSON.stringify(fallback_actions) });
    }
  });

  it('that is not there is an error, and so is a format that is not', () => {
    const world = new World({ entries: { main: { list: LIST } } });
    return Promise.all([
      expect(world.ask('/v1/actions/toString')).rejects.toMatchObject({ code: 'no_such_entry' }),
      expect(world.ask('/v1/actions/main?format=yaml')).rejects.toMatchObject({ code: 'invalid_request' }),
    ]);
  });

  it('whose flow fails sends the call to the fallback actions, with the reason', async () => {
    const flow = 'start: a\nblocks: { a: { type: set_attributes, attributes: { x: y }, next: a } }';
    const world = new World({ flows: { flow } });
    expect(await world.ask('/v1/actions/flow')).toMatchObject({ reason: 'flow_loop', body: '[]' });
    expect(await world.ask('/v1/actions/flow?format=httapi')).toMatchObject({
      body: '<document type="text/freeswitch-httapi"><work><break/></work></document>',
    });
  });

  it('whose function has a defect sends the call to the fallback actions', async () => {
    const flow =
      'start: a\nblocks: { a: { type: invoke_function, function: f, next: b, exits: { error: b } }, b: { type: end } }';
    const world = new World({ flows: { flow }, functions: () => Promise.reject(new Error('oops')) });
    expect(await world.ask('/v1/actions/flow')).toMatchObject({ reason: 'internal', body: '[]' });
    expect(world.log.map(({ level }) => level)).toEqual(['error', 'warn']);
  });

  it('has to name exactly one thing to serve', () => {
    const parse = (entry: unknown) => actionsConfigSchema.safeParse({ entries: { main: entry } }).success;
    expect(parse({ flow: 'a' })).toBe(true);
    expect(parse({})).toBe(false);
    expect(parse({ flow: 'a', list: [] })).toBe(false);
    expect(parse({ numbers: { '/(/': 'a' } })).toBe(false);
    expect(parse({ flow: 'a', protection: { addresses: ['10.0.0.0/99'] } })).toBe(false);
  });
});

describe('what a request says of its call', () => {
  it.each([
    ['values with line breaks', 'tier=gold%0d%0aX'],
    ['values that are too long', `tier=${'x'.repeat(1001)}`],
    ['names that are none', 'ti%20er=x'],
  ])('is not taken from %s', async (_what, query) => {
    const flow = `
start: set
blocks:
  set: { type: run_actions, actions: [{ application: set, data: 'cti_tier=<{$.Channel.tier}>' }], next: end }
  end: { type: end }
`;
    const world = new World({ flows: { flow } });
    expect((await world.list(`/v1/actions/flow?${query}`))[0]?.data).toBe('cti_tier=<>');
  });

  it('is known in any case, as it is to FreeSWITCH', () => {
    const call = new AskedCall('c', { cti_Evil: '${system(id)}', variable_Tier: 'gold' });
    expect([call.get('cti_evil'), call.get('CTI_EVIL'), call.get('tier'), call.get('cti_evi')]).toEqual([
      '${system(id)}',
      '${system(id)}',
      'gold',
      undefined,
    ]);
    const policy = new Policy(
      'wide',
      policyProfileSchema.parse({ expansion: { allow: true, variables: ['cti_*'] } }),
    );
    expect(policy.check({ application: 'set', data: 'cti_x=a${cti_evil}' }, call)).toMatchObject({
      rule: 'expansion.variable',
    });
    call.mask(['cti_Pin']);
    call.learn({ cti_Pin: '4711' });
    expect([call.get('CTI_pin'), call.isMasked('cti_pin')]).toEqual(['4711', true]);
  });
});
