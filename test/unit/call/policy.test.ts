import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import type { Verdict } from '../../../src/call/policy.js';
import { Policy } from '../../../src/call/policy.js';
import { RULES } from '../../../src/call/policy/rule.js';
import type { RuleName } from '../../../src/call/policy/rule.js';
import { legsOf, parseDialString } from '../../../src/switch/dial-string.js';

type Profile = z.input<typeof policyProfileSchema>;

function policy(profile: Profile = {}, name = 'default'): Policy {
  return new Policy(name, policyProfileSchema.parse(profile));
}

function check(
  application: string,
  data: string,
  profile: Profile = {},
  values: Record<string, string> = {},
): Verdict {
  return policy(profile).check({ application, data }, { get: (name) => values[name] });
}

function rule(...args: Parameters<typeof check>): RuleName | 'allowed' {
  const verdict = check(...args);
  return verdict.allowed ? 'allowed' : verdict.rule;
}

describe('a profile opens', () => {
  it('gateways, by number', () => {
    const dial: Profile['dial'] = { gateways: { carrier: { numbers: ['\\+49\\d{3,12}', '0800\\d+'] } } };
    expect(rule('bridge', 'sofia/gateway/carrier/+4930123456', { dial })).toBe('allowed');
    expect(rule('bridge', 'sofia/gateway/carrier/0800123', { dial })).toBe('allowed');
    expect(rule('bridge', 'sofia/gateway/carrier/+1900555', { dial })).toBe('dial.number');
    expect(rule('bridge', 'sofia/gateway/carrier/x+4930123456', { dial })).toBe('dial.number');
    expect(rule('bridge', 'sofia/gateway/carrier/+4930123456@203.0.113.1', { dial })).toBe('dial.number');
    expect(rule('bridge', 'sofia/gateway/other/+4930123456', { dial })).toBe('dial.gateway');
    expect(rule('bridge', 'user/1,sofia/gateway/other/+4930123456', { dial })).toBe('dial.gateway');
    expect(rule('bridge', 'sofia/gateway/__proto__/1', { dial })).toBe('dial.gateway');
  });

  it('no more of a gateway than a number, however wide its pattern', () => {
    const dial: Profile['dial'] = { gateways: { carrier: { numbers: ['.*'] } } };
    expect(rule('bridge', 'sofia/gateway/carrier/1@203.0.113.1', { dial })).toBe('dial.number');
    expect(rule('bridge', 'sofia/gateway/carrier/1;fs_path=sip:203.0.113.1', { dial })).toBe('dial.number');
    expect(rule('bridge', `sofia/gateway/carrier/${'1'.repeat(65)}`, { dial })).toBe('dial.number');
  });

  it('users and domains by pattern', () => {
    const dial: Profile['dial'] = { users: ['1\\d{4}'], domains: ['example\\.org'], groups: [] };
    expect(rule('bridge', 'user/10001@example.org', { dial })).toBe('allowed');
    expect(rule('bridge', 'user/20001@example.org', { dial })).toBe('dial.user');
    expect(rule('bridge', 'user/10001@examplexorg', { dial })).toBe('dial.domain');
    expect(rule('bridge', 'group/sales', { dial })).toBe('dial.group');
  });

  it('SIP addresses, loopback, errors and other endpoints', () => {
    const dial: Profile['dial'] = {
      sip_uris: [{ profile: 'internal', uri: '[a-z]+@pbx\\.example\\.org' }],
      loopback: [{ extension: '9\\d{3}', context: 'services' }],
      endpoints: [
        { endpoint: 'verto.rtc', data: '1\\d{3}' },
        { endpoint: 'pickup', data: '1\\d{3}' },
      ],
      errors: true,
    };
    expect(rule('bridge', 'sofia/internal/anna@pbx.example.org', { dial })).toBe('allowed');
    expect(rule('bridge', 'sofia/external/anna@pbx.example.org', { dial })).toBe('dial.sip_uri');
    expect(rule('bridge', 'sofia/internal/anna@pbx.example.org;x=y', { dial })).toBe('dial.sip_uri');
    expect(rule('bridge', 'loopback/9664/services/XML', { dial })).toBe('allowed');
    expect(rule('bridge', 'loopback/9664/services', { dial })).toBe('dial.loopback');
    expect(rule('bridge', 'loopback/9664/services/inline', { dial })).toBe('dial.loopback');
    expect(rule('bridge', 'loopback/9664/default/XML', { dial })).toBe('dial.loopback');
    expect(rule('bridge', 'loopback/app=park', { dial })).toBe('dial.loopback_app');
    expect(rule('bridge', 'error/USER_BUSY', { dial })).toBe('allowed');
    expect(rule('bridge', 'verto.rtc/1001', { dial })).toBe('allowed');
    expect(rule('bridge', 'pickup/1001', { dial })).toBe('allowed');
    expect(rule('bridge', 'pickup/x', { dial })).toBe('dial.endpoint');
  });

  it('caller ids, by number and by name', () => {
    const profile: Profile = { caller_id: { numbers: ['\\+4930123\\d{2}'], names: ['Support'] } };
    expect(rule('set', 'effective_caller_id_number=+493012345', profile)).toBe('allowed');
    expect(rule('set', 'effective_caller_id_number=112', profile)).toBe('caller_id.number');
    expect(rule('set', 'effective_caller_id_name=Support', profile)).toBe('allowed');
    expect(rule('set', 'effective_caller_id_name=Police', profile)).toBe('caller_id.name');
    expect(rule('bridge', '{origination_caller_id_number=+493012345}user/1', profile)).toBe('allowed');
    expect(rule('bridge', '{origination_caller_id_number=112}user/1', profile)).toBe('caller_id.number');
    expect(rule('unset', 'effective_caller_id_number', profile)).toBe('allowed');
    expect(rule('read', '1 9 silence effective_caller_id_number 5000 #', profile)).toBe('variable.digits');
  });

  it('variables, and dangerous ones only when they are written out', () => {
    expect(rule('set', 'my_x=1', { variables: { set: ['my_*'] } })).toBe('allowed');
    expect(rule('set', 'MY_X=1', { variables: { set: ['my_*'] } })).toBe('allowed');
    expect(rule('set', 'api_hangup_hook=x', { variables: { set: ['a*'] } })).toBe('variable.set');
    expect(rule('set', 'execute_on_answer=x', { variables: { set: ['e*', 'execute_*'] } })).toBe(
      'variable.set',
    );
    expect(rule('set', 'execute_on_answer=x', { variables: { set: ['execute_on_answer'] } })).toBe('allowed');
    expect(rule('set', 'cti_status=x', { variables: { set: ['cti_status'] } })).toBe('variable.reserved');
  });

  it('URLs by their beginning', () => {
    const play: Profile['play'] = { urls: ['https://media.example.org/prompts/'] };
    expect(rule('playback', 'https://media.example.org/prompts/a.wav?v=2', { play })).toBe('allowed');
    for (const url of [
      'https://media.example.org/other/a.wav',
      'https://media.example.org/prompts/../other/a.wav',
      'https://media.example.org/prompts/;/../../other/a.wav',
      'https://media.example.org/prompts/%2e%2e/other/a.wav',
      'https://media.example.org/prompts/%252e/a.wav',
      'https://media.example.org.evil.example/prompts/a.wav',
      'https://media.example.org@evil.example/prompts/a.wav',
      'https://media.example.org:8443/prompts/a.wav',
      'http://media.example.org/prompts/a.wav',
      'https://MEDIA.example.org/prompts/a.wav',
      'https://media.example.org/prompts\\a.wav',
    ]) {
      expect([url, rule('playback', url, { play })]).toEqual([url, 'play.url']);
    }
    const cached: Profile = { play: { ...play, streams: ['http_cache'] } };
    expect(rule('playback', 'http_cache://https://media.example.org/prompts/a.wav', cached)).toBe('allowed');
    expect(rule('playback', 'http_cache://https://evil.example/a.wav', cached)).toBe('play.url');
    expect(rule('playback', 'tone_stream://%(100,0,440)', cached)).toBe('play.stream');
  });

  it('parameters of files by name', () => {
    const play: Profile['play'] = { params: ['loops'] };
    expect(rule('playback', '{loops=3}ivr/a.wav', { play })).toBe('allowed');
    expect(rule('playback', '{loops=3,modname=x}ivr/a.wav', { play })).toBe('play.params');
    expect(rule('playback', '{loops=3}{modname=x}ivr/a.wav', { play })).toBe('play.params');
    expect(rule('playback', '{loops=3}/etc/a.wav', { play })).toBe('play.root');
  });

  it('transfers, conferences, queues and causes', () => {
    const profile: Profile = {
      transfer: { destinations: [{ extension: '1\\d{3}', context: 'default' }] },
      conference: { rooms: ['30\\d{2}'] },
      fifo: { queues: ['support'] },
      callcenter: { queues: ['support@default'] },
      hangup: { causes: ['USER_BUSY'] },
      sleep: { max_ms: 1000 },
    };
    expect(rule('transfer', '1001 XML default', profile)).toBe('allowed');
    expect(rule('transfer', '1001', profile)).toBe('transfer.destination');
    expect(rule('transfer', '1001 XML public', profile)).toBe('transfer.destination');
    expect(rule('transfer', '1001 inline default', profile)).toBe('transfer.destination');
    expect(rule('transfer', '2001 XML default', profile)).toBe('transfer.destination');
    expect(
      rule('play_and_get_digits', "1 1 1 1000 # silence silence digits \\d 1000 '1001 XML default'", profile),
    ).toBe('allowed');
    expect(rule('conference', '3001', profile)).toBe('allowed');
    expect(rule('conference', '3001@default', profile)).toBe('allowed');
    expect(rule('conference', '3001@wideband', profile)).toBe('conference.room');
    expect(rule('conference', '3001@default+1234+flags{moderator}', profile)).toBe('conference.room');
    expect(rule('fifo', 'support in', profile)).toBe('allowed');
    expect(rule('fifo', 'support in undef local_stream://moh', profile)).toBe('allowed');
    expect(rule('fifo', 'support out nowait', profile)).toBe('fifo.queue');
    expect(rule('callcenter', 'support@default', profile)).toBe('allowed');
    expect(rule('callcenter', 'sales@default', profile)).toBe('callcenter.queue');
    expect(rule('hangup', 'USER_BUSY', profile)).toBe('allowed');
    expect(rule('hangup', '17', profile)).toBe('allowed');
    expect(rule('hangup', 'CALL_REJECTED', profile)).toBe('hangup.cause');
    expect(rule('hangup', '', profile)).toBe('allowed');
    expect(rule('sleep', '1001', profile)).toBe('sleep');
  });

  it('other applications, with what holds for all data', () => {
    const profile: Profile = { applications: ['valet_park'] };
    expect(rule('valet_park', 'lot 1', profile)).toBe('allowed');
    expect(rule('valet_park', '${x}', profile)).toBe('expansion');
    expect(rule('valet_park', '%[api_hangup_hook=x]lot', profile)).toBe('variable.set');
    expect(rule('answer', '', profile)).toBe('application');
  });
});

describe('expansion, when it is allowed', () => {
  const expansion: Profile['expansion'] = {
    allow: true,
    variables: ['cti_*', 'caller_id_number'],
    apis: ['strftime'],
  };
  it.each<[RuleName | 'allowed', string, string]>([
    ['allowed', 'log', 'INFO ${cti_x} from ${caller_id_number}'],
    ['allowed', 'log', 'INFO ${cti_x:0:3} ${cti_x[1]} ${strftime(%Y-%m-%d)}'],
    ['allowed', 'set', 'cti_y=a${cti_x}'],
    ['allowed', 'speak', 'flite|kal|Hello ${cti_name}'],
    ['expansion.variable', 'log', 'INFO ${caller_id_name}'],
    ['expansion.api', 'log', 'INFO ${system(id)}'],
    ['expansion.api', 'log', 'INFO ${system (id)}'],
    ['expansion.syntax', 'log', 'INFO ${system id}'],
    ['expansion.syntax', 'log', 'INFO ${cti_${cti_x}}'],
    ['expansion.syntax', 'log', 'INFO ${strftime(${cti_x})}'],
    ['expansion.syntax', 'log', 'INFO $${strftime(x)}'],
    ['expansion.syntax', 'log', 'INFO $x'],
    ['expansion.syntax', 'log', 'INFO ${cti_x'],
    ['expansion.syntax', 'log', 'INFO ${ cti_x}'],
    ['expansion.place', 'bridge', 'user/${cti_x}'],
    ['expansion.place', 'playback', '/x/${cti_x}.wav'],
    ['expansion.place', 'record', '/x/${cti_x}.wav'],
    ['expansion.place', 'set', '${cti_x}=1'],
    ['expansion.place', 'log', '${cti_x}'],
    ['expansion.place', 'set', 'ringback=x${cti_x}'],
    ['expansion.place', 'multiset', 'hold_music=${cti_x}'],
    ['expansion.place', 'multiset', 'cti_y=${cti_x} cti_z=1'],
    ['expansion.place', 'multiset', '^^:cti_y=a ${cti_x}:cti_z=1'],
    ['variable.name', 'set', 'cti_${cti_x}=1'],
    ['data.backslash', 'log', 'INFO \\${system(id)}'],
  ])('%s: %s(%s)', (expected, application, data) => {
    expect(rule(application, data, { expansion })).toBe(expected);
  });

  it('looks at the value, which FreeSWITCH expands once more', () => {
    expect(rule('log', 'INFO ${cti_x}', { expansion }, { cti_x: '${system(id)}' })).toBe(
      'expansion.variable',
    );
    expect(rule('log', 'INFO ${cti_x}', { expansion }, { cti_x: "O'Brien, {5}" })).toBe('allowed');
  });

  it.each(['5$', '{system(id)}$', 'a\\', 'a\nb', 'a\r\nb', 'ARRAY::a|:b'])(
    'refuses the value %j',
    (value) => {
      // Beside `{system(id)}`, the value of another variable, a `$` would make a reference.
      expect(rule('set', 'cti_y=${cti_x}${cti_z}', { expansion }, { cti_x: value })).toBe(
        'expansion.variable',
      );
      const profile = { expansion: { ...expansion, variables: ['sip_h_X-Name'] } };
      expect(rule('log', 'INFO ${SIP_H_x-name}', profile, { 'sip_h_X-Name': value })).toBe(
        'expansion.variable',
      );
    },
  );
});

describe('calls at the same time', () => {
  const dial: Profile['dial'] = {
    max_concurrent: 5,
    gateways: { a: { numbers: ['\\d+'], max_concurrent: 2 }, b: { numbers: ['\\d+'] } },
  };
  it.each([
    ['user/1', { key: 'dial:sales', max: 5 }],
    ['sofia/gateway/a/1', { key: 'dial:sales:gateway:a', max: 2 }],
    ['sofia/gateway/b/1', { key: 'dial:sales', max: 5 }],
    ['user/1,sofia/gateway/a/1', { key: 'dial:sales:gateway:a', max: 2 }],
  ])('%s', (data, concurrency) => {
    const verdict = policy({ dial }, 'sales').check(
      { application: 'bridge', data },
      { get: () => undefined },
    );
    expect(verdict).toEqual({ allowed: true, concurrency });
  });

  it('are not counted without a limit', () => {
    expect(check('bridge', 'user/1')).toEqual({ allowed: true });
  });
});

describe('what the dialplan set', () => {
  it('is minded where it changes how data is read', () => {
    const values = { playback_delimiter: ',' };
    expect(rule('playback', 'ivr/a.wav,ivr/b.wav', {}, values)).toBe('allowed');
    expect(rule('playback', 'ivr/a.wav,/etc/b.wav', {}, values)).toBe('play.root');
    expect(rule('playback', 'ivr/a.wav,shell_stream://id', {}, values)).toBe('play.stream');
  });
});

describe('the guide', () => {
  it('explains every rule, and no other', () => {
    const guide = readFileSync(new URL('../../../docs/guide/policy.md', import.meta.url), 'utf8');
    const section = guide.slice(guide.indexOf('## Rules'));
    const rows = Array.from(section.matchAll(/^\| `([a-z_.]+)` +\| (.+?) +\|$/gm), (row) => [row[1], row[2]]);
    expect(Object.fromEntries(rows)).toEqual(RULES);
  });
});

describe('whatever comes', () => {
  const unit = fc.constantFrom(
    ...Array.from(' {}[]<>,|:;^=\'"\\/.%$!@#~+-_aZ09\n\u0000\u00e9\ud800'),
    ...[':_:', '^^', '^^:', '%[', '${', '..', '://', 'user/', 'api_on_answer=', 'cti_x=', 'ARRAY::'],
  );
  const data = fc.string({ unit, maxLength: 40 });
  const applications = fc.constantFrom(...policyProfileSchema.parse({}).applications);

  it('the policy answers and never throws', () => {
    const byDefault = policy();
    fc.assert(
      fc.property(applications, data, (application, text) => {
        const verdict = byDefault.check({ application, data: text }, { get: () => undefined });
        expect(verdict.allowed || Object.hasOwn(RULES, verdict.rule)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('an allowed dial string has only variables and endpoints that the profile names', () => {
    const byDefault = policy();
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '<',
      '>',
      ',',
      '|',
      ':',
      "'",
      '^^:',
      '=',
      ' ',
      'a',
      'cti_x=1',
      'user/1',
      ':_:',
      'api_on_answer=system',
      'error/USER_BUSY',
      'loopback/app=park',
    );
    const shaped = fc.tuple(
      fc.constantFrom('', '{', '{cti_x=1', '<', '[', '{^^:cti_x=1'),
      fc.string({ unit: piece, maxLength: 6 }),
      fc.constantFrom('', '}', '}user/1', '>user/1', ']user/1', ',user/1', ':_:user/1'),
    );
    let allowed = 0;
    fc.assert(
      fc.property(shaped, (parts) => {
        const text = parts.join('');
        if (!byDefault.check({ application: 'bridge', data: text }, { get: () => undefined }).allowed) return;
        allowed++;
        const result = parseDialString(text);
        if (!result.ok) throw new Error('allowed and not readable');
        const legs = legsOf(result.dialString);
        const variables = [result.dialString, ...result.dialString.groups, ...legs].flatMap(
          (part) => part.variables,
        );
        expect(variables.filter(({ name }) => name !== 'cti_x')).toEqual([]);
        expect(legs.filter(({ endpoint }) => endpoint.type !== 'user')).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
    expect(allowed).toBeGreaterThan(50);
  });
});
