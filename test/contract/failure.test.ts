import { freeTcpPort } from '../support/ports.js';
import { outcomesOf } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';

const FAST = {
  policy: 'suite',
  connect_timeout_ms: 500,
  try_timeout_ms: 300,
  total_timeout_ms: 1500,
  retry_delay_ms: 10,
};

onEverySwitch('when the app fails', { app: FAST }, ({ scenario }) => {
  const failures = [
    { title: 'answers 500', answer: { status: 500 }, code: 'http_status' },
    { title: 'answers 404', answer: { status: 404 }, code: 'http_status' },
    {
      title: 'redirects',
      answer: { status: 302, headers: { location: 'http://127.0.0.1/' } },
      code: 'http_status',
    },
    { title: 'answers HTML', answer: { status: 200, body: '<html></html>' }, code: 'not_json' },
    {
      title: 'answers something else',
      answer: { status: 200, body: '{"application":"x"}' },
      code: 'invalid_actions',
    },
    {
      title: 'answers too much',
      answer: { actions: Array.from({ length: 101 }, () => ({ application: 'answer' })) },
      code: 'too_large',
    },
  ] as const;
  for (const { title, answer, code } of failures) {
    scenario(
      `because it ${title}, the call goes on in the dialplan`,
      async ({ expect, app, call, daemon }) => {
        const placed = await call({ url: app.route(() => answer).url });
        const record = await daemon.record(placed.uuid);
        expect(record.result).toBe('failed');
        expect(record.error?.code).toBe(code);
        await placed.returned();
        expect(await placed.get('cti_status')).toBe('failed');
        expect(await placed.get('cti_error')).toBe(code);
        expect(await placed.alive()).toBe(true);
      },
    );
  }

  scenario('because nobody listens, the call goes on in the dialplan', async ({ expect, call, daemon }) => {
    const placed = await call({ url: `http://127.0.0.1:${await freeTcpPort()}/app` });
    expect((await daemon.record(placed.uuid)).error?.code).toBe('connect_refused');
    await placed.returned();
    expect(await placed.get('cti_status')).toBe('failed');
    expect(await placed.get('cti_error')).toBe('connect_refused');
    expect(await placed.get('cti_actions')).toBe('0');
  });

  scenario(
    'because it is too slow, the call goes on in the dialplan',
    async ({ expect, app, call, daemon }) => {
      const route = app.held([{ application: 'answer' }]);
      const placed = await call({ url: route.url });
      expect((await daemon.record(placed.uuid)).error?.code).toBe('response_timeout');
      await placed.returned();
      expect(await placed.get('cti_error')).toBe('response_timeout');
      route.release();
    },
  );

  scenario('in the middle of a list, what ran is kept', async ({ expect, run }) => {
    const { call, record } = await run([
      { application: 'answer' },
      { application: 'set', data: 'cti_first=ran' },
      { application: 'cti_curl', data: `http://127.0.0.1:${await freeTcpPort()}/`, on_error: 'stop' },
      { application: 'set', data: 'cti_after=ran' },
    ]);
    expect(outcomesOf(record).map(({ status }) => status)).toEqual(['ok', 'ok', 'failed', 'not_run']);
    await call.returned();
    expect(await call.get('cti_first')).toBe('ran');
    expect(await call.get('cti_after')).toBeUndefined();
    expect(await call.get('cti_error')).toBe('connect_refused');
  });
});

onEverySwitch(
  'when the app is slow',
  { app: { policy: 'suite', while_waiting: { play: 'tone_stream://%(100,100,440)', after_ms: 50 } } },
  ({ scenario }) => {
    scenario('the caller hears a prompt until it answers', async ({ expect, app, call, daemon }) => {
      const route = app.held([{ application: 'set', data: 'cti_after=ran' }]);
      const placed = await call({ url: route.url });
      await placed.begun('playback', 'tone_stream://%(100,100,440)');
      route.release();
      const record = await daemon.record(placed.uuid);
      expect(record.result).toBe('done');
      expect(outcomesOf(record).map(({ application }) => application)).toEqual(['set']);
      await placed.returned();
      expect(await placed.get('cti_after')).toBe('ran');
      expect(await placed.get('cti_actions')).toBe('1');
    });

    scenario('and the caller hangs up meanwhile, the request ends', async ({ expect, app, call, daemon }) => {
      const route = app.held([{ application: 'answer' }]);
      const placed = await call({ url: route.url });
      await placed.begun('playback');
      const request = await route.asked();
      await placed.hangUp();
      expect(await request.abandoned).toBe(true);
      expect((await daemon.record(placed.uuid)).result).toBe('hung_up');
    });
  },
);

onEverySwitch(
  'when the app is slow and the prompt is endless',
  { app: { policy: 'suite', while_waiting: { play: 'silence_stream://-1', after_ms: 0 } } },
  ({ scenario }) => {
    scenario('the answer is acted upon all the same', async ({ expect, app, call, daemon }) => {
      const route = app.held([{ application: 'set', data: 'cti_after=ran' }]);
      const placed = await call({ url: route.url });
      await placed.begun('playback');
      route.release();
      expect((await daemon.record(placed.uuid)).result).toBe('done');
      await placed.returned();
      expect(await placed.get('cti_after')).toBe('ran');
    });
  },
);

onEverySwitch(
  'an endpoint with a fallback',
  {
    app: FAST,
    endpoints: {
      reception: {
        url: 'http://127.0.0.1:9/reception',
        policy: 'suite',
        fallback_actions: [{ application: 'set', data: 'cti_fallback=ran' }],
      },
    },
  },
  ({ scenario }) => {
    scenario('runs its fallback actions', async ({ expect, call, daemon }) => {
      const placed = await call({ url: 'reception' });
      const record = await daemon.record(placed.uuid);
      expect(record.result).toBe('done');
      await placed.returned();
      expect(await placed.get('cti_fallback')).toBe('ran');
    });
  },
);
