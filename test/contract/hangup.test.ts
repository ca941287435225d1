import type { TestCall } from '../support/test-call.js';
import { outcomesOf } from '../support/test-daemon.js';
import { onEverySwitch } from './suite.js';

interface Lasting {
  readonly title: string;
  readonly application: string;
  readonly data: string | ((recordings: string) => string);
  readonly underWay: (call: TestCall) => Promise<unknown>;
}

const LASTING: readonly Lasting[] = [
  {
    title: 'a prompt',
    application: 'playback',
    data: 'silence_stream://20000',
    underWay: (call) => call.playing(),
  },
  {
    title: 'the ringing of a bridge',
    application: 'bridge',
    data: 'user/silent',
    underWay: (call) => call.begun('bridge'),
  },
  {
    title: 'the conversation of a bridge',
    application: 'bridge',
    data: 'user/10001',
    underWay: (call) => call.bridged(),
  },
  {
    title: 'play_and_get_digits',
    application: 'play_and_get_digits',
    data: '1 4 1 15000 # silence_stream://10000 silence_stream://100 choice ^[0-9]+$',
    underWay: (call) => call.playing(),
  },
  {
    title: 'read',
    application: 'read',
    data: '1 4 silence_stream://10000 choice 15000 #',
    underWay: (call) => call.playing(),
  },
  {
    title: 'a recording',
    application: 'record',
    data: (folder) => `${folder}/hung-up.wav 20`,
    underWay: (call) => call.begun('record'),
  },
  { title: 'a pause', application: 'sleep', data: '20000', underWay: (call) => call.begun('sleep') },
];

onEverySwitch('a caller who hangs up', {}, ({ scenario }) => {
  for (const { title, application, data, underWay } of LASTING) {
    scenario(`during ${title} ends the list`, async (world) => {
      const { expect, daemon } = world;
      const call = await world.callWith([
        { application: 'answer' },
        { application, data: typeof data === 'string' ? data : data(world.switch.recordings) },
        { application: 'log', data: 'WARNING the list went on' },
      ]);
      await underWay(call);
      await call.hangUp();
      const record = await daemon.record(call.uuid);
      expect(record.result).toBe('hung_up');
      expect(outcomesOf(record).map(({ status }) => status)).toEqual(['ok', 'hung_up', 'not_run']);
      await call.destroyed();
      expect(call.ran).not.toContain('log');
    });
  }

  scenario('while the app is asked ends the request', async ({ expect, app, call, daemon }) => {
    const route = app.held([{ application: 'answer' }]);
    const placed = await call({ url: route.url });
    const request = await route.asked();
    await placed.hangUp();
    expect(await request.abandoned).toBe(true);
    const record = await daemon.record(placed.uuid);
    expect(record.result).toBe('hung_up');
    expect(outcomesOf(record)).toEqual([]);
    route.release();
  });

  scenario('while a second app is asked ends the request and the rest of the first list', async (world) => {
    const { expect, daemon } = world;
    const route = world.app.held([{ application: 'log', data: 'WARNING asked in vain' }]);
    const call = await world.callWith([
      { application: 'answer' },
      { application: 'cti_curl', data: route.url },
      { application: 'log', data: 'WARNING the list went on' },
    ]);
    const request = await route.asked();
    await call.hangUp();
    expect(await request.abandoned).toBe(true);
    const record = await daemon.record(call.uuid);
    expect(record.result).toBe('hung_up');
    await call.destroyed();
    expect(call.ran).not.toContain('log');
  });
});
