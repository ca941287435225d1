import { DaemonProcess } from '../support/daemon-process.js';
import { onEverySwitch, suiteSettings, type World } from './suite.js';

async function daemonProcess(world: World): Promise<DaemonProcess> {
  const daemon = await DaemonProcess.start(suiteSettings(world.switch.recordings));
  world.cleanUpWith(() => daemon.stop());
  return daemon;
}

onEverySwitch(
  'a daemon that is killed',
  {},
  ({ scenario }) => {
    scenario('while a list runs leaves the list to run to its end', async (world) => {
      const { expect } = world;
      const daemon = await daemonProcess(world);
      const call = await world.callWith(
        [
          { application: 'answer' },
          { application: 'playback', data: 'silence_stream://1200' },
          { application: 'set', data: 'cti_after=ran' },
        ],
        { hosts: daemon.host },
      );
      await call.playing();
      daemon.signal('SIGKILL');
      await daemon.exited();
      await call.returned();
      expect(await call.get('cti_after')).toBe('ran');
      expect(await call.get('cti_status')).toBe('done');
      expect(await call.get('cti_actions')).toBe('3');
      expect(call.ran.filter((application) => application === 'playback')).toHaveLength(1);
    });

    scenario('while it waits for the app leaves the call to the second daemon of the list', async (world) => {
      const { expect, app } = world;
      const daemon = await daemonProcess(world);
      const route = app.route((request) =>
        route.requests.length === 1
          ? request.abandoned.then(() => ({ actions: [] }))
          : { actions: [{ application: 'set', data: 'cti_after=second' }] },
      );
      const call = await world.call({ url: route.url, hosts: `${daemon.host}|${world.daemon.host}` });
      await route.asked(1);
      daemon.signal('SIGKILL');
      await route.asked(2);
      await call.returned();
      expect(await call.get('cti_after')).toBe('second');
      expect(await call.get('cti_status')).toBe('done');
      expect((await world.daemon.record(call.uuid)).result).toBe('done');
    });

    scenario(
      'between two lists leaves the rest to the second daemon, and nothing runs twice',
      async (world) => {
        const { expect, app } = world;
        const daemon = await daemonProcess(world);
        const second = app.list([{ application: 'set', data: 'cti_second=ran' }]);
        const call = await world.callWith(
          [
            { application: 'answer' },
            { application: 'playback', data: 'silence_stream://1200' },
            { application: 'cti_curl', data: second.url },
            { application: 'set', data: 'cti_after=ran' },
          ],
          { hosts: `${daemon.host}|${world.daemon.host}` },
        );
        await call.playing();
        daemon.signal('SIGKILL');
        await call.returned();
        expect(await call.get('cti_second')).toBe('ran');
        expect(await call.get('cti_after')).toBe('ran');
        expect(await call.get('cti_status')).toBe('done');
        expect(call.ran.filter((application) => application === 'playback')).toHaveLength(1);
        expect(second.requests).toHaveLength(1);
      },
    );

    scenario('with no other daemon leaves the call to the dialplan', async (world) => {
      const { expect, app } = world;
      const daemon = await daemonProcess(world);
      const route = app.held([{ application: 'answer' }]);
      const call = await world.call({ url: route.url, hosts: daemon.host });
      await route.asked();
      daemon.signal('SIGKILL');
      await call.returned();
      expect(await call.get('cti_status')).toBeUndefined();
      expect(await call.alive()).toBe(true);
      route.release();
    });
  },
  // The call is given back by the end of the connection; attached.test.ts has the others.
  { handOvers: ['socket'] },
);
