import { onEverySwitch } from './suite.js';

/** The examples of dialplan/examples, included as a stock FreeSWITCH includes them. */
onEverySwitch(
  'the examples of the dialplan',
  {},
  ({ scenario }) => {
    const example = { context: 'examples' };

    scenario('play-then-bridge plays, then bridges to extension 10001', async ({ expect, app, call }) => {
      const origin = app.at('/play-then-bridge');
      const route = app.list(
        [
          { application: 'playback', data: 'silence_stream://100' },
          { application: 'bridge', data: 'user/10001' },
        ],
        '/play-then-bridge/welcome',
      );
      const placed = await call({
        ...example,
        extension: '7001',
        variables: { switchhook_app: origin, origination_caller_id_number: '4989100' },
      });
      await placed.bridged();
      const { url } = await route.asked();
      expect(url.searchParams.get('number')).toBe('7001');
      expect(url.searchParams.get('caller')).toBe('4989100');
      expect(placed.ran.filter((application) => /playback|bridge/.test(application))).toEqual([
        'playback',
        'bridge',
      ]);
    });

    for (const [region, agent] of [
      ['north', 'user/10001'],
      ['south', 'user/10002'],
    ] as const) {
      scenario(`region-lookup sends ${region} to ${agent}`, async ({ expect, app, call }) => {
        const origin = app.at(`/${region}`);
        app.list([{ application: 'set', data: `cti_region=${region}` }], `/${region}/region`);
        const placed = await call({ ...example, extension: '7002', variables: { switchhook_app: origin } });
        const bridge = await placed.begun('bridge');
        expect(bridge.get('Application-Data')).toBe(agent);
      });
    }

    scenario('region-lookup has a route when the service is down', async ({ expect, call }) => {
      const placed = await call({
        ...example,
        extension: '7002',
        variables: { switchhook_app: 'http://127.0.0.1:9' },
      });
      const bridge = await placed.begun('bridge');
      expect(bridge.get('Application-Data')).toBe('user/10002');
    });

    scenario('fallback-to-a-human connects whatever fails', async ({ expect, call }) => {
      const down = await call({
        ...example,
        extension: '7003',
        variables: { switchhook_app: 'http://127.0.0.1:9' },
      });
      expect((await down.begun('bridge')).get('Application-Data')).toBe('user/10002');
      expect(await down.get('cti_error')).toBe('connect_refused');

      const nobody = await call({ ...example, extension: '7003', hosts: '127.0.0.1:9' });
      expect((await nobody.begun('bridge')).get('Application-Data')).toBe('user/10002');
      expect(await nobody.get('cti_status')).toBeUndefined();
    });

    scenario(
      'a second program of the same call does not see what the first left',
      async ({ expect, callWith, app, daemon }) => {
        const call = await callWith([{ application: 'no_such_application' }]);
        await call.returned();
        expect(await call.get('cti_status')).toBe('failed');
        const held = app.held([{ application: 'answer' }]);
        await call.setVariable('cti_curl', held.url);
        await call.transfer('cti_curl', 'switchhook');
        await held.asked();
        expect(await call.get('cti_status')).toBeUndefined();
        expect(await call.get('cti_error')).toBeUndefined();
        held.release();
        expect(daemon.activeCalls).toBeGreaterThan(0);
      },
    );
  },
  // They hand over by `socket`.
  { handOvers: ['socket'] },
);
