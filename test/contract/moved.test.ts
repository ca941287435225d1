import type { TestCall } from '../support/test-call.js';
import { outcomesOf } from '../support/test-daemon.js';
import { onEverySwitch, type World } from './suite.js';

/** Actions that take time, and how one knows from outside that they are under way. */
interface Lasting {
  readonly title: string;
  readonly application: string;
  readonly data: string;
  readonly underWay: (call: TestCall) => Promise<unknown>;
}

const begun = (application: string) => (call: TestCall) => call.begun(application);
const playing = (call: TestCall): Promise<unknown> => call.playing();

const LASTING: readonly Lasting[] = [
  { title: 'a prompt', application: 'playback', data: 'silence_stream://20000', underWay: playing },
  { title: 'the ringing of a bridge', application: 'bridge', data: 'user/silent', underWay: begun('bridge') },
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
    underWay: playing,
  },
  {
    title: 'read',
    application: 'read',
    data: '1 4 silence_stream://10000 choice 15000 #',
    underWay: playing,
  },
  { title: 'a pause', application: 'sleep', data: '20000', underWay: begun('sleep') },
  { title: 'a queue', application: 'fifo', data: 'support in', underWay: begun('fifo') },
];

/** The ways in which somebody else takes the channel, and how one sees that it arrived. */
interface Way {
  readonly title: string;
  readonly move: (call: TestCall, world: World) => Promise<() => Promise<unknown>>;
}

const WAYS: readonly Way[] = [
  {
    title: 'uuid_transfer',
    move: async (call) => {
      await call.transfer('parking', 'elsewhere');
      return () => call.variable('arrived');
    },
  },
  {
    title: 'uuid_park',
    move: async (call) => {
      await call.park();
      return () => call.parked();
    },
  },
  {
    title: 'uuid_bridge',
    move: async (call, world) => {
      const other = await world.somebody();
      await call.bridgeTo(other);
      return () => call.bridgedTo(other);
    },
  },
];

/** What must never run on the moved channel, nor may its traces be found there. */
const REST = [
  { application: 'set', data: 'cti_after=ran' },
  { application: 'log', data: 'WARNING the list went on' },
  { application: 'hangup', data: 'NORMAL_CLEARING' },
];

async function expectMoved(world: World, call: TestCall, arrived: () => Promise<unknown>): Promise<void> {
  const { expect, daemon } = world;
  await arrived();
  const record = await daemon.record(call.uuid);
  expect(record.result).toBe('moved');
  // Whatever would still run has been handed to FreeSWITCH by now: the daemon has let go.
  expect(await call.alive()).toBe(true);
  expect(await call.get('cti_after')).toBeUndefined();
  expect(await call.get('cti_status')).toBeUndefined();
  expect(await call.get('back_in_dialplan')).toBeUndefined();
  await call.over();
  expect(call.ran).not.toContain('log');
  expect(call.ran).not.toContain('hangup');
}

onEverySwitch('a call that is moved', {}, ({ scenario }) => {
  for (const lasting of LASTING) {
    for (const way of WAYS) {
      scenario(`by ${way.title} during ${lasting.title} lives on, and its list does not`, async (world) => {
        const { expect, daemon } = world;
        const call = await world.callWith([
          { application: 'answer' },
          { application: lasting.application, data: lasting.data },
          ...REST,
        ]);
        await lasting.underWay(call);
        const arrived = await way.move(call, world);
        await expectMoved(world, call, arrived);
        const outcomes = outcomesOf(await daemon.record(call.uuid));
        expect(outcomes.map(({ status }) => status)).toEqual([
          'ok',
          'moved',
          'not_run',
          'not_run',
          'not_run',
        ]);
      });
    }
  }

  scenario(
    'by a transfer that names no context finds its number in the context of the caller',
    async (world) => {
      const call = await world.callWith([
        { application: 'answer' },
        { application: 'playback', data: 'silence_stream://20000' },
        ...REST,
      ]);
      await call.playing();
      await world.switch.api(`uuid_transfer ${call.uuid} colleague`);
      await expectMoved(world, call, () => call.variable('arrived'));
    },
  );

  for (const way of WAYS) {
    scenario(
      `by ${way.title} while the daemon waits for the app lives on; the request ends`,
      async (world) => {
        const second = world.app.held(REST);
        const call = await world.callWith([
          { application: 'answer' },
          { application: 'cti_curl', data: second.url },
          ...REST,
        ]);
        const request = await second.asked();
        const arrived = await way.move(call, world);
        world.expect(await request.abandoned).toBe(true);
        await expectMoved(world, call, arrived);
      },
    );
  }

  for (const way of WAYS.filter(({ title }) => title !== 'uuid_bridge')) {
    scenario(`by ${way.title} before it is answered lives on`, async (world) => {
      const route = world.app.held(REST);
      const call = await world.call({ url: route.url });
      const request = await route.asked();
      const arrived = await way.move(call, world);
      world.expect(await request.abandoned).toBe(true);
      await expectMoved(world, call, arrived);
    });
  }

  /**
   * FreeSWITCH itself hangs up a channel that is taken out of `record` (mod_dptools.c record_function, behind
   * switch_ivr_record_file), by whatever way and in whatever dialplan. The list must not run on, all the same.
   */
  for (const way of WAYS.filter(({ title }) => title !== 'uuid_bridge')) {
    scenario(
      `by ${way.title} during a recording ends as FreeSWITCH ends it, and so does its list`,
      async (world) => {
        const { expect, daemon } = world;
        const call = await world.callWith([
          { application: 'answer' },
          { application: 'record', data: `${world.switch.recordings}/${way.title}.wav 20` },
          ...REST,
        ]);
        await call.begun('record');
        await way.move(call, world);
        const record = await daemon.record(call.uuid);
        expect(record.result).toBe('hung_up');
        expect(outcomesOf(record).map(({ status }) => status)).toEqual([
          'ok',
          'hung_up',
          'not_run',
          'not_run',
          'not_run',
        ]);
        await call.destroyed();
        expect(call.ran).not.toContain('log');
      },
    );
  }
});

onEverySwitch(
  'a call that is moved while a prompt covers the wait',
  { app: { policy: 'suite', while_waiting: { play: 'silence_stream://20000', after_ms: 0 } } },
  ({ scenario }) => {
    for (const way of WAYS) {
      scenario(`by ${way.title} lives on`, async (world) => {
        const route = world.app.held(REST);
        const call = await world.call({ url: route.url });
        await call.playing();
        const arrived = await way.move(call, world);
        await expectMoved(world, call, arrived);
      });
    }
  },
);
