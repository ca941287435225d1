import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { type Bed, onEveryBed } from './bed.js';
import { repeat } from './form.js';

const LIST = [
  { application: 'answer' },
  { application: 'playback', data: 'silence_stream://400' },
  { application: 'set', data: 'cti_done=yes' },
];
const CALLS = repeat(100, 400);

function openFiles(bed: Bed): number {
  return readdirSync(`/proc/${bed.daemon.pid}/fd`).length;
}

onEveryBed('a daemon that may open no more files', ({ bed }) => {
  it.skipIf(process.platform !== 'linux')(
    'gives calls back that it can not take, and takes them again',
    async () => {
      const one = await bed();
      const before = openFiles(one);
      const pid = String(one.daemon.pid);
      for (let round = 0; round < repeat(1, 5); round += 1) {
        // Room for a few calls, each with a connection of its own and one to the app.
        execFileSync('prlimit', ['--pid', pid, `--nofile=${before + 12}`]);
        const calls = await one.calls(CALLS / 2, 200, { actions: LIST });
        await Promise.all(calls.map((call) => call.returned()));
        // And not even for one.
        execFileSync('prlimit', ['--pid', pid, '--nofile=4']);
        const refused = await one.calls(CALLS / 2, 200, { actions: LIST });
        await Promise.all(refused.map((call) => call.returned()));
        for (const call of refused) expect(await call.get('cti_done')).toBeUndefined();
        execFileSync('prlimit', ['--pid', pid, '--nofile=1024']);
        const after = await one.calls(5, 50, { actions: LIST });
        for (const call of after) {
          await call.returned();
          expect(await call.get('cti_status')).toBe('done');
        }
      }
      await eventually('no descriptor to be left over', () =>
        openFiles(one) <= before + 10 ? true : undefined,
      );
      expect(one.logged(/EMFILE/).length).toBeLessThan(20);
      await one.settled({ calls: one.placed.length, ends: ['done', 'failed', 'unreached'] });
    },
  );
});
