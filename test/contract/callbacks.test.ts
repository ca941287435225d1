import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallbackReceiver } from '../support/callback-receiver.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from '../support/eventually.js';
import type { Settings, TestDaemon } from '../support/test-daemon.js';
import { attachedTo, onEverySwitch, suiteSettings } from './suite.js';
import type { World } from './suite.js';

interface Receiving {
  readonly receiver: CallbackReceiver;
  readonly settings: Settings;
}

async function receiving(world: World, more: Settings = {}): Promise<Receiving> {
  const receiver = await CallbackReceiver.start();
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-callbacks-'));
  world.cleanUpWith(async () => {
    await receiver.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const callbacks = { folder, lost_after_s: 1, receivers: { crm: { ...receiver.settings, ...more } } };
  return { receiver, settings: { callbacks } };
}

async function daemonTelling(world: World, settings: Settings): Promise<TestDaemon> {
  // Of calls that are handed over by the socket; it is connected to ask whether they live.
  const link = attachedTo(world.switch);
  return world.anotherDaemon({ ...link, ...settings });
}

onEverySwitch(
  'callbacks',
  {},
  ({ scenario }) => {
    scenario('tell what happens on a call, in order', async (world) => {
      const { expect } = world;
      const { receiver, settings } = await receiving(world);
      const daemon = await daemonTelling(world, settings);
      const path = `${world.switch.recordings}/callbacks-${world.kind}.wav`;
      const call = await world.callWith(
        [
          { application: 'answer' },
          { application: 'playback', data: 'silence_stream://100', id: 'hello' },
          { application: 'record', data: `${path} 1` },
          { application: 'bridge', data: 'user/nobody' },
          { application: 'hangup', data: 'CALL_REJECTED' },
        ],
        { hosts: daemon.host },
      );
      const events = await receiver.whole(call.uuid);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
      expect([...receiver.ids]).toEqual(events.map(({ id }) => id));
      const told = (type: string): unknown[] =>
        events.filter((event) => event.type === type).map(({ data }) => data);
      expect(events[0]).toMatchObject({ type: 'call.started', call: { uuid: call.uuid } });
      expect(told('call.answered')).toHaveLength(1);
      expect(told('action.completed')).toMatchObject([
        { application: 'answer', status: 'ok' },
        { application: 'playback', status: 'ok', id: 'hello' },
        { application: 'record' },
        { application: 'bridge', status: 'failed' },
        { application: 'hangup', status: 'ok' },
      ]);
      expect(told('recording.saved')).toMatchObject([{ path, by: 'record' }]);
      expect(told('transfer.failed')).toMatchObject([{ to: 'user/nobody', by: 'bridge', status: 'failed' }]);
      expect(told('call.ended')).toMatchObject([
        { result: 'done', hangup_cause: 'CALL_REJECTED', actions_ran: 5 },
      ]);
    });

    scenario('tell that a call is answered when it is, while its list runs on', async (world) => {
      const { expect } = world;
      const { receiver, settings } = await receiving(world);
      const daemon = await daemonTelling(world, settings);
      await daemon.ready();
      const call = await world.callWith(
        [
          { application: 'answer' },
          { application: 'playback', data: 'silence_stream://20000' },
          { application: 'bridge', data: 'user/10001' },
        ],
        { hosts: daemon.host },
      );
      await call.playing();
      const types = await eventually('call.answered', () => {
        const all = receiver.of(call.uuid).map(({ type }) => type);
        return all.includes('call.answered') ? all : undefined;
      });
      expect(types).toEqual(['call.started', 'call.answered']);
      expect(receiver.of(call.uuid).at(-1)?.data).toEqual({ by: 'answer' });
      await call.remove();
      await receiver.whole(call.uuid);
      expect(receiver.of(call.uuid).filter(({ type }) => type === 'call.answered')).toHaveLength(1);
    });

    scenario('tell of a caller who hangs up', async (world) => {
      const { expect } = world;
      const { receiver, settings } = await receiving(world, { events: ['call.ended'] });
      const daemon = await daemonTelling(world, settings);
      const call = await world.callWith(
        [{ application: 'answer' }, { application: 'playback', data: 'silence_stream://5000' }],
        { hosts: daemon.host },
      );
      await call.playing();
      await call.remove();
      const events = await receiver.whole(call.uuid);
      expect(events.map(({ type }) => type)).toEqual(['call.started', 'call.ended']);
      expect(events.at(-1)?.data).toMatchObject({ result: 'hung_up' });
    });

    scenario(
      'tell of the end of a call whose daemon was killed, once',
      async (world) => {
        const { expect } = world;
        const { receiver, settings } = await receiving(world);
        const all = { ...suiteSettings(world.switch.recordings), ...settings };
        const daemon = await DaemonProcess.start(all);
        world.cleanUpWith(() => daemon.stop());
        const route = world.app.held([{ application: 'answer' }]);
        const call = await world.call({ url: route.url, hosts: daemon.host });
        await route.asked();
        await eventually('the first callback', () => (receiver.of(call.uuid).length > 0 ? true : undefined));
        daemon.signal('SIGKILL');
        await daemon.exited();
        await call.returned();
        await daemonTelling(world, settings);
        expect(receiver.of(call.uuid)).toHaveLength(1);
        // The dialplan goes on with it, and only its switch knows for how long.
        await call.remove();
        const events = await receiver.whole(call.uuid, 15_000);
        expect(events.map(({ type, sequence }) => `${type} ${sequence}`)).toEqual([
          'call.started 1',
          'call.ended 2',
        ]);
        expect(events.at(-1)?.data).toMatchObject({ result: 'lost' });
        route.release();
      },
      60_000,
    );

    scenario(
      'go on with their numbers when a second daemon resumes the call',
      async (world) => {
        const { expect, app } = world;
        const { receiver, settings } = await receiving(world);
        const all = { ...suiteSettings(world.switch.recordings), ...settings };
        const daemon = await DaemonProcess.start(all);
        world.cleanUpWith(() => daemon.stop());
        const second = await daemonTelling(world, settings);
        const next = app.list([{ application: 'set', data: 'cti_second=ran' }]);
        const call = await world.callWith(
          [
            { application: 'answer' },
            { application: 'playback', data: 'silence_stream://1200' },
            { application: 'cti_curl', data: next.url },
            { application: 'set', data: 'cti_after=ran' },
          ],
          { hosts: `${daemon.host}|${second.host}` },
        );
        await call.playing();
        daemon.signal('SIGKILL');
        await call.returned();
        const events = await receiver.whole(call.uuid, 15_000);
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
        expect(new Set(events.map((event) => event.call.id)).size).toBe(1);
        expect(events.filter(({ type }) => type === 'call.started')).toHaveLength(1);
        expect(events.filter(({ type }) => type === 'call.ended')).toHaveLength(1);
        expect(events.at(-1)?.data).toMatchObject({ result: 'done' });
      },
      60_000,
    );
  },
  // Parked calls come to the same runner; the daemons of these scenarios would take each other's.
  { handOvers: ['socket'], sequential: true },
);
