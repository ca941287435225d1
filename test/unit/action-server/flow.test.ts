import { describe, expect, it } from 'vitest';
import { applications, Caller, World } from './world.js';
import type { Line } from './world.js';

const MENU = `
start: hello
error: sorry
blocks:
  hello: { type: play_prompt, prompt: { file: /srv/hello.wav }, next: ask }
  ask:
    type: get_digits
    prompt: { file: /srv/ask.wav }
    min: 2
    max: 2
    tries: 2
    next: keep
    exits: { no_input: sorry, no_match: sorry }
  keep: { type: set_attributes, attributes: { typed: $.StoredInput }, next: call }
  call:
    type: transfer
    to: { user: $.Attributes.typed }
    timeout_ms: 20000
    next: bye
    exits: { busy: busy }
  busy: { type: play_prompt, prompt: { file: /srv/busy.wav }, next: ask }
  sorry: { type: play_prompt, prompt: { file: /srv/sorry.wav }, next: bye }
  bye: { type: disconnect }
`;

const policy = { play: { roots: ['/srv'] } };

function types(digits: string) {
  return ({ application }: Line, variables: Record<string, string>): void => {
    if (application !== 'read') return;
    Object.assign(variables, { read_result: digits === '' ? 'timeout' : 'success', cti_digits: digits });
  };
}

function bridges(disposition: string) {
  return ({ application }: Line, variables: Record<string, string>): void => {
    if (application === 'bridge')
      Object.assign(variables, {
        originate_disposition: disposition,
        DIALSTATUS: disposition === 'SUCCESS' ? 'SUCCESS' : 'BUSY',
      });
  };
}

describe('a flow over HTTP', () => {
  it('is served up to where an answer is needed, in two strings for each action', async () => {
    const world = new World({ flows: { menu: MENU }, policy });
    const list = await world.list('/v1/actions/menu?uuid=call-1');
    expect(applications(list)).toEqual(['set', 'playback', 'unset', 'read', 'cti_curl']);
    for (const line of list) {
      expect(Object.keys(line)).toEqual(['application', 'data']);
      expect(typeof line.data).toBe('string');
    }
    const next = list.at(-1)?.data ?? '';
    expect(next).toMatch(
      /^https:\/\/ivr\.example\/v1\/actions\/menu\?format=json&token=1\.[\w-]+\.[\w-]+&uuid=\$\{uuid\}&o2\.0=/,
    );
    expect(next).toContain('${url_encode(${cti_digits})}');
    expect(next).not.toMatch(/\s/);
  });

  it('goes on with what was typed, and with what became of the transfer', async () => {
    const world = new World({ flows: { menu: MENU }, policy });
    const type = types('42');
    const bridge = bridges('SUCCESS');
    const caller = new Caller((line, variables) => {
      type(line, variables);
      bridge(line, variables);
    });
    await caller.runAll(world, '/v1/actions/menu?uuid=call-1');
    expect(caller.ran).toContainEqual({
      application: 'bridge',
      data: '%[continue_on_fail=true,call_timeout=20]user/42',
    });
    expect(caller.ran.at(-1)).toEqual({ application: 'hangup', data: 'NORMAL_CLEARING' });
    expect(world.log).toEqual([]);
  });

  it('takes the exits of a failed transfer', async () => {
    const world = new World({ flows: { menu: MENU }, policy });
    let asked = 0;
    const caller = new Caller((line, variables) => {
      if (line.application === 'read') asked += 1;
      types(asked === 1 ? '42' : '')(line, variables);
      bridges('USER_BUSY')(line, variables);
    });
    await caller.runAll(world, '/v1/actions/menu?uuid=call-1');
    const played = caller.ran.filter(({ application }) => application === 'playback').map(({ data }) => data);
    expect(played).toContain('/srv/busy.wav');
    expect(played.at(-1)).toBe('/srv/sorry.wav');
  });

  it('asks again where nothing was typed, as often as the block says', async () => {
    const world = new World({ flows: { menu: MENU }, policy });
    const caller = new Caller(types(''));
    await caller.runAll(world, '/v1/actions/menu');
    expect(caller.ran.filter(({ application }) => application === 'read')).toHaveLength(2);
    expect(caller.ran.at(-1)?.application).toBe('hangup');
  });

  it('knows the number that was dialled, and what else the URL says', async () => {
    const flow = `
start: set
blocks:
  set: { type: run_actions, actions: [{ application: set, data: 'cti_called={$.SystemEndpoint.Address}-{$.Channel.tier}' }], next: end }
  end: { type: end }
`;
    const world = new World({ flows: { flow } });
    expect(await world.list('/v1/actions/flow?number=7001&tier=gold')).toEqual([
      { application: 'set', data: 'cti_called=7001-gold' },
    ]);
  });

  it('does not let a caller write into the switch', async () => {
    const flow = `
start: set
blocks:
  set: { type: run_actions, actions: [{ application: set, data: 'cti_name=$.Channel.caller_id_name' }], next: end }
  end: { type: end }
`;
    const world = new World({ flows: { flow } });
    const name = encodeURIComponent('${system(touch /tmp/x)}');
    expect(await world.list(`/v1/actions/flow?caller_id_name=${name}`)).not.toContainEqual(
      expect.objectContaining({ application: 'set', data: expect.stringContaining('${') as string }),
    );
  });

  it('asks functions, and says what comes before one before it is asked', async () => {
    const flow = `
start: wait
blocks:
  wait: { type: play_prompt, prompt: { file: /srv/wait.wav }, next: look }
  look: { type: invoke_function, function: lookup, parameters: { who: $.CustomerEndpoint.Address }, next: tell, exits: { error: end } }
  tell: { type: play_prompt, prompt: { file: '/srv/{$.External.level}.wav' }, next: end }
  end: { type: end }
`;
    const asked: unknown[] = [];
    const world = new World({
      flows: { flow },
      policy,
      functions: ({ name, parameters }) => {
        asked.push({ name, parameters });
        return Promise.resolve({
          result: { ok: true, values: { level: 'gold' } },
          durationMs: 1,
          attempts: 1,
        });
      },
    });
    const first = await world.list('/v1/actions/flow?caller_id_number=030');
    expect(applications(first)).toEqual(['set', 'playback', 'cti_curl']);
    expect(asked).toEqual([]);
    const caller = new Caller();
    const second = await world.list(caller.run(first) ?? '');
    expect(asked).toEqual([{ name: 'lookup', parameters: { who: '030' } }]);
    expect(second.map(({ data }) => data)).toContain('/srv/gold.wav');
    expect(applications(second)).not.toContain('cti_curl');
  });

  it('has an HTTP app asked by the server, and gives its actions in the place of the block', async () => {
    const flow = `
start: app
error: end
blocks:
  app: { type: cti_curl, url: 'http://app.example/', next: after }
  after: { type: play_prompt, prompt: { file: /srv/after.wav }, next: end }
  end: { type: end }
`;
    const world = new World({
      flows: { flow },
      policy,
      app: () => ({
        kind: 'curl',
        start: () =>
          Promise.resolve({
            kind: 'actions',
            actions: [
              { application: 'playback', data: '/srv/app.wav', onError: 'continue' },
              { application: 'system', data: 'reboot', onError: 'continue' },
              { application: 'cti_curl', data: 'http://elsewhere.example/', onError: 'continue' },
            ],
            policy: 'default',
            origin: 'app',
            warnings: [],
            final: true,
          }),
        next: () => Promise.resolve({ kind: 'done' }),
      }),
    });
    const list = await world.list('/v1/actions/flow');
    expect(list.map(({ data }) => data)).toEqual([
      '/srv/app.wav',
      'playback_terminators=none',
      '/srv/after.wav',
    ]);
  });

  it('can be served by another daemon in each step, without anything in common but key and flows', async () => {
    const worlds = [
      new World({ flows: { menu: MENU }, policy }),
      new World({ flows: { menu: MENU }, policy }),
    ];
    const caller = new Caller((line, variables) => {
      types('42')(line, variables);
      bridges('SUCCESS')(line, variables);
    });
    let url: string | undefined = '/v1/actions/menu?uuid=call-1';
    for (let turn = 0; url !== undefined && turn < 10; turn += 1) {
      url = caller.run((await worlds[turn % 2]?.list(url)) ?? []);
    }
    expect(caller.ran.at(-1)?.application).toBe('hangup');
  });
});
