import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOCK_CASES, blockCaseSettings } from '../support/block-cases.js';
import { DaemonProcess } from '../support/daemon-process.js';
import type { Settings } from '../support/test-daemon.js';
import { onEverySwitch, suiteSettings, type World } from './suite.js';

async function settingsFor(world: World, appUrl: string): Promise<Settings> {
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-flows-'));
  world.cleanUpWith(() => rm(folder, { recursive: true, force: true }));
  const { recordings } = world.switch;
  return { ...suiteSettings(recordings), ...(await blockCaseSettings(folder, recordings, appUrl)) };
}

onEverySwitch(
  'a daemon that is killed in a flow',
  {},
  ({ scenario }) => {
    for (const one of BLOCK_CASES) {
      scenario(`in ${one.name} leaves the call to a second one, in the same block`, async (world) => {
        const { expect } = world;
        const app = world.app.list([{ application: 'playback', data: 'silence_stream://1200' }]);
        const settings = await settingsFor(world, app.url);
        const first = await DaemonProcess.start(settings);
        world.cleanUpWith(() => first.stop());
        const second = await world.anotherDaemon(settings);
        const call = await world.call({
          flow: one.name,
          hosts: `${first.host}|${second.host}`,
          variables: { cti_attr_given: 'by-the-dialplan' },
        });
        await one.inside(call);
        first.signal('SIGKILL');
        await first.exited();
        await one.then?.(call);
        await call.returned();
        expect(await call.get('cti_after'), first.output).toBe('1-more');
        expect(await call.get('cti_wrong')).toBeUndefined();
        expect(await call.get('cti_status')).toBe('done');
        expect(await call.get('cti_state')).toBeUndefined();
        const [application, times] = one.runs;
        expect(call.ran.filter((ran) => ran === application)).toHaveLength(times);
        expect(call.executed.filter(({ data }) => data === 'cti_told=once')).toHaveLength(1);
        const record = await second.record(call.uuid);
        const blocks = record.trace.filter((entry) => entry.type === 'block');
        expect(blocks.find(({ block }) => block === 'under-test')?.exit).toBe(one.exit ?? 'next');
        // What the first one did is known, too.
        expect(blocks.map(({ block }) => block).slice(0, 3)).toEqual(['mark', 'share', 'around']);
      });
    }
  },
  // The call is given back by the end of the connection; attached.test.ts has the others.
  { handOvers: ['socket'] },
);
