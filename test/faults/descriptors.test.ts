import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { TestCall } from '../support/test-call.js';
import { type Bed, onEveryBed } from './bed.js';
import { repeat } from './form.js';

const LIST = [
  { application: 'answer' },
  { application: 'playback', data: 'silence_stream://400' },
  { application: 'set', data: 'cti_done=yes' },
];
/** More at a time would only wait longer for their turn. */
const CALLS = 100;

function openFiles(bed: Bed): number {
  return readdirSync(`/proc/${bed.daemon.pid}/fd`).length;
}

/** The limit (RLIMIT_NOFILE bounds their numbers) that leaves it so many. */
function limitFor(bed: Bed, free: number): number {
  const open = new Set(readdirSync(`/proc/${bed.daemon.pid}/fd`).map(Number));
  let limit = 0;
  for (let left = free; left > 0 || open.has(limit); limit += 1) if (!open.has(limit)) left -= 1;
  return limit;
}

async function returned(calls: readonly TestCall[]): Promise<void> {
  await Promise.all(calls.map((call) => call.returned()));
}

onEveryBed('a daemon that may open no more files', ({ bed }) => {
  it.skipIf(process.platform !== 'linux')('than its calls need says so when it starts', async () => {
    const one = await bed({ process: { prefix: ['prlimit', '--nofile=256:256'] } });
    one.logSaysOnce(/"open_files":256.*RLIMIT_NOFILE/);
    await returned([await one.call({ actions: LIST })]);
    await one.settled({ calls: 1 });
  });

  it.skipIf(process.platform !== 'linux')(
    'gives calls back that it can not take, and takes them again',
    async () => {
      const one = await bed();
      // With as many connections to the app and the receiver as are kept open.
      await returned(await one.calls(CALLS / 2, 200, { actions: LIST }));
      const before = openFiles(one);
      const pid = String(one.daemon.pid);
      const rounds = repeat(1, 5);
      for (let round = 0; round < rounds; round += 1) {
        // Room for a few calls, each with a connection of its own and one to the app.
        execFileSync('prlimit', ['--pid', pid, `--nofile=${limitFor(one, 12)}:`]);
        const calls = await one.calls(CALLS / 2, 200, { actions: LIST });
        await returned(calls);
        // And not even for one.
        execFileSync('prlimit', ['--pid', pid, `--nofile=${limitFor(one, 0)}:`]);
        const refused = await one.calls(CALLS / 2, 200, { actions: LIST });
        await returned(refused);
        const statuses = await Promise.all(refused.map((call) => call.get('cti_status')));
        expect(statuses.filter((status) => status !== 'done').length).toBeGreaterThan(0);
        expect(one.logged(/by a defect/)).toEqual([]);
        execFileSync('prlimit', ['--pid', pid, '--nofile=1024:']);
        const after = await one.calls(5, 50, { actions: LIST });
        for (const call of after) {
          await call.returned();
          expect(await call.get('cti_status')).toBe('done');
        }
      }
      await eventually('no descriptor to be left over', () =>
        openFiles(one) <= before + 3 ? true : undefined,
      );
      // A call that fails by it says so; all that is told besides must not fill the log.
      const besides = one.logged(/EMFILE/).filter((line) => !line.includes('"uuid"'));
      expect(besides.length).toBeLessThan(20 + 5 * rounds);
      expect(besides.filter((line) => line.includes('an outbox that was left')).length).toBeLessThanOrEqual(
        2 * rounds,
      );
      await one.settled({ calls: one.placed.length, ends: ['done', 'failed', 'unreached'] });
    },
  );
});
