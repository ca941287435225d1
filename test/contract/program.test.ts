import { outcomesOf, summaryOf } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';

const ANSWER = { application: 'answer' };
const MENU = '1 4 1 1000 # silence_stream://50 silence_stream://50 choice ^[0-9]+$';
const AFTER = { application: 'set', data: 'cti_after=ran' };

onEverySwitch('a program', {}, ({ scenario }) => {
  scenario('plays a file and bridges to an extension, as the HTTP app said', async (world) => {
    const { expect, daemon } = world;
    const call = await world.callWith([
      { application: 'playback', data: 'silence_stream://100' },
      { application: 'bridge', data: 'user/10001' },
    ]);
    await call.bridged();
    expect(call.executed.filter(({ application }) => ['playback', 'bridge'].includes(application))).toEqual([
      { application: 'playback', data: 'silence_stream://100' },
      { application: 'bridge', data: expect.stringContaining('user/10001') as string },
    ]);
    await call.hangUp();
    const record = await daemon.record(call.uuid);
    expect(summaryOf(record)).toEqual(['playback ok', 'bridge hung_up']);
    expect(record.result).toBe('hung_up');
  });

  scenario(
    'asks with the values of the call in the URL, percent-encoded',
    async ({ expect, app, call, daemon, extension }) => {
      const route = app.list([ANSWER]);
      const placed = await call({
        url: `${route.url}?number={destination_number}&from={caller_id_number}&name={caller_id_name}&own={test_own}&id={uuid}`,
        variables: {
          origination_caller_id_number: '+49891234',
          origination_caller_id_name: 'M%26M&x=1',
          test_own: 'a+b/c?d#e',
        },
      });
      const { url, method } = await route.asked();
      expect(method).toBe('GET');
      expect([...url.searchParams.keys()]).toEqual(['number', 'from', 'name', 'own', 'id']);
      expect(url.searchParams.get('number')).toBe(extension);
      expect(url.searchParams.get('from')).toBe('+49891234');
      expect(url.searchParams.get('name')).toContain('&x=1');
      expect(url.searchParams.get('own')).toBe('a+b/c?d#e');
      expect(url.searchParams.get('id')).toBe(placed.uuid);
      expect((await daemon.record(placed.uuid)).result).toBe('done');
    },
  );

  scenario(
    'asks exactly the URL that the dialplan wrote, what is encoded in it included',
    async ({ expect, app, call }) => {
      const route = app.list([ANSWER]);
      await call({ url: `${route.url}?team=a%26b%3Dc&path=x%2Fy&from={caller_id_number}` });
      const { url } = await route.asked();
      expect(url.search).toMatch(/^\?team=a%26b%3Dc&path=x%2Fy&from=/);
    },
  );

  scenario('with nothing to do gives the call back at once', async ({ expect, app, call, daemon }) => {
    for (const answer of [{ status: 204 }, { actions: [] }]) {
      const placed = await call({ url: app.route(() => answer).url });
      expect((await daemon.record(placed.uuid)).result).toBe('done');
      await placed.returned();
      expect(await placed.get('cti_status')).toBe('done');
      expect(await placed.get('cti_actions')).toBe('0');
    }
  });

  scenario('counts what ran', async ({ expect, run }) => {
    const { call } = await run([ANSWER, { application: 'sleep', data: '10' }, AFTER]);
    await call.returned();
    expect(await call.get('cti_actions')).toBe('3');
  });

  scenario('goes on after a failed action, unless that says stop', async ({ expect, run }) => {
    const missing = { application: 'playback', data: 'no-such-file.wav' };
    const goesOn = await run([ANSWER, missing, AFTER]);
    expect(summaryOf(goesOn.record)).toEqual(['answer ok', 'playback failed', 'set ok']);

    const stops = await run([ANSWER, { ...missing, on_error: 'stop' }, AFTER]);
    expect(summaryOf(stops.record)).toEqual(['answer ok', 'playback failed', 'set not_run']);
    await stops.call.returned();
    expect(await stops.call.get('cti_status')).toBe('failed');
    expect(await stops.call.get('cti_error')).toBe('action_failed');
    expect(await stops.call.get('cti_after')).toBeUndefined();

    const passes = await run([ANSWER, { application: 'sleep', data: '10', on_error: 'stop' }, AFTER]);
    expect(passes.record.result).toBe('done');
  });

  scenario('stops a prompt after its timeout_ms', async ({ expect, run }) => {
    const { call, record } = await run([
      ANSWER,
      { application: 'playback', data: 'silence_stream://20000', timeout_ms: 300 },
      AFTER,
    ]);
    expect(summaryOf(record)).toEqual(['answer ok', 'playback timed_out', 'set ok']);
    await call.returned();
  });

  scenario('stops a prompt whose timeout_ms is over before it has begun', async ({ expect, run }) => {
    for (let times = 0; times < 5; times += 1) {
      const { call, record } = await run([
        { application: 'playback', data: 'silence_stream://20000', timeout_ms: 1 },
        AFTER,
      ]);
      expect(summaryOf(record)).toEqual(['playback timed_out', 'set ok']);
      await call.returned();
    }
  });

  scenario('stops a pause and a recording after their timeout_ms', async ({ expect, run, switch: sut }) => {
    const { record } = await run([
      ANSWER,
      { application: 'sleep', data: '20000', timeout_ms: 100 },
      { application: 'record', data: `${sut.recordings}/timeout.wav 20`, timeout_ms: 100 },
    ]);
    expect(summaryOf(record)).toEqual(['answer ok', 'sleep timed_out', 'record timed_out']);
  });

  scenario('refuses a timeout_ms that FreeSWITCH can not keep', async ({ expect, run }) => {
    const { record } = await run([
      ANSWER,
      { application: 'play_and_get_digits', data: MENU, timeout_ms: 100 },
      AFTER,
    ]);
    expect(summaryOf(record)).toEqual(['answer ok', 'play_and_get_digits refused', 'set ok']);
    expect(outcomesOf(record)[1]?.detail).toContain('timeout_ms');
  });

  scenario('bounds the ringing of a bridge by its timeout_ms', async ({ expect, run }) => {
    const { call, record } = await run([
      ANSWER,
      { application: 'bridge', data: 'user/silent', timeout_ms: 1000 },
      AFTER,
    ]);
    expect(summaryOf(record)).toEqual(['answer ok', 'bridge timed_out', 'set ok']);
    await call.returned();
  });

  scenario('chains to another list, told the digits', async (world) => {
    const { expect, app, daemon } = world;
    const second = app.list([AFTER]);
    const call = await world.callWith([
      ANSWER,
      {
        application: 'play_and_get_digits',
        data: '1 4 1 5000 # silence_stream://50 silence_stream://50 digits ^[0-9]+$ 1000',
      },
      { application: 'cti_curl', data: `${second.url}?choice={digits}` },
    ]);
    await call.playing();
    await call.digits('42#');
    const { url } = await second.asked();
    expect(url.searchParams.get('choice')).toBe('42');
    const record = await daemon.record(call.uuid);
    expect(summaryOf(record)).toEqual(['answer ok', 'play_and_get_digits ok', 'cti_curl ok', 'set ok']);
    await call.returned();
    expect(await call.get('cti_after')).toBe('ran');
  });

  scenario('comes back to the list behind a cti_curl in its middle', async ({ expect, app, run }) => {
    const inner = app.list([{ application: 'set', data: 'cti_inner=ran' }]);
    const { call, record } = await run([ANSWER, { application: 'cti_curl', data: inner.url }, AFTER]);
    expect(record.result).toBe('done');
    await call.returned();
    expect(await call.get('cti_inner')).toBe('ran');
    expect(await call.get('cti_after')).toBe('ran');
  });

  scenario('that wants a flow is told that there is none', async ({ expect, call, daemon, run }) => {
    const placed = await call({ flow: 'support' });
    expect((await daemon.record(placed.uuid)).error?.code).toBe('no_such_flow');
    await placed.returned();
    expect(await placed.get('cti_status')).toBe('failed');
    expect(await placed.get('cti_error')).toBe('no_such_flow');

    const { record } = await run([ANSWER, { application: 'cti_flow', data: 'support' }]);
    expect(summaryOf(record)).toEqual(['answer ok', 'cti_flow failed']);
  });

  scenario('may hold 100 actions', async ({ expect, run }) => {
    const actions = Array.from({ length: 99 }, (_, index) => ({
      application: 'set',
      data: `cti_v${index}=${index}`,
    }));
    const { call, record } = await run([ANSWER, ...actions]);
    expect(outcomesOf(record).every(({ status }) => status === 'ok')).toBe(true);
    expect(outcomesOf(record)).toHaveLength(100);
    await call.returned();
    expect(await call.get('cti_v0')).toBe('0');
    expect(await call.get('cti_v98')).toBe('98');
    expect(await call.get('cti_actions')).toBe('100');
  });

  scenario('may hold 100 actions that take time', async ({ expect, run }) => {
    const actions = Array.from({ length: 100 }, () => ({
      application: 'playback',
      data: 'silence_stream://1',
    }));
    const { record } = await run(actions);
    expect(outcomesOf(record).map(({ status }) => status)).toEqual(actions.map(() => 'ok'));
  });
});

onEverySwitch('an endless loop', { limits: { chain_depth: 3, actions_per_call: 20 } }, ({ scenario }) => {
  scenario('of nested lists ends at the limit', async ({ expect, app, call, daemon }) => {
    const loop = app.route(() => ({
      actions: [
        { application: 'cti_curl', data: loop.url, on_error: 'stop' },
        { application: 'sleep', data: '1' },
      ],
    }));
    const placed = await call({ url: loop.url });
    const record = await daemon.record(placed.uuid);
    expect(record.error?.code).toBe('too_deep');
    expect(loop.requests.length).toBeLessThan(6);
    await placed.returned();
    expect(await placed.get('cti_error')).toBe('too_deep');
  });

  scenario('of lists that follow each other ends at the limit', async ({ expect, app, call, daemon }) => {
    const loop = app.route(() => ({
      actions: [
        { application: 'sleep', data: '1' },
        { application: 'cti_curl', data: loop.url },
      ],
    }));
    const placed = await call({ url: loop.url });
    const record = await daemon.record(placed.uuid);
    expect(record.error?.code).toBe('too_many_actions');
    expect(loop.requests.length).toBeLessThan(30);
    await placed.returned();
    expect(await placed.get('cti_status')).toBe('failed');
  });
});

onEverySwitch(
  'a call that names no program',
  {},
  ({ scenario }) => {
    scenario('goes back to the dialplan', async ({ expect, call, daemon }) => {
      const placed = await call({});
      expect((await daemon.record(placed.uuid)).error?.code).toBe('no_program');
      await placed.returned();
      expect(await placed.get('cti_error')).toBe('no_program');
    });
  },
  // A channel that is parked without one is nobody's business.
  { handOvers: ['socket'] },
);
