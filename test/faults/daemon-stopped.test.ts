import { describe, expect } from 'vitest';
import { onEveryBed, type BedOptions } from './bed.js';
import { testOn, repeat } from './form.js';
import { BLOCKS, LISTS } from './kinds.js';
import { everyKindSettings, pause, pauseUpTo, placeKinds, settledAsKinds } from './traffic.js';

const KINDS = [...LISTS, ...BLOCKS];
const PLACING_MS = 1200;
const STOP_MS = repeat(3000, 30_000);
const rounds = Array.from({ length: repeat(1, 5) }, (_, index) => index + 1);
/** What apps and functions were asked, and the time for it went by. */
const LATE = ['response_timeout', 'connect_timeout', 'daemon_lost'];

const ONE: BedOptions = { settings: everyKindSettings };

onEveryBed('a daemon that stands still for a while (SIGSTOP), in every kind of action', ({ bed, kind }) => {
  describe.each(rounds)('round %i', () => {
    testOn(kind, 'FreeSWITCH')('goes on with every call, those that came meanwhile among them', async () => {
      const one = await bed(ONE);
      const placing = placeKinds(one, KINDS, PLACING_MS);
      await pauseUpTo(PLACING_MS);
      one.daemon.signal('SIGSTOP');
      await pause(STOP_MS);
      one.daemon.signal('SIGCONT');
      await settledAsKinds(one, await placing, { others: ['failed'], errors: LATE, timeoutMs: 60_000 });
    });

    testOn(kind, 'simulator')('goes on with every call that it has attached', async () => {
      const one = await bed({ ...ONE, attach: true });
      const placing = placeKinds(one, KINDS, PLACING_MS, { handOver: 'parked' });
      await pauseUpTo(PLACING_MS);
      one.daemon.signal('SIGSTOP');
      await pause(STOP_MS);
      one.daemon.signal('SIGCONT');
      await settledAsKinds(one, await placing, { others: ['failed'], errors: LATE, timeoutMs: 60_000 });
    });
  });
});

onEveryBed(
  'a daemon that is told to stop (SIGTERM) at any moment, in every kind of action',
  ({ bed, kind }) => {
    describe.each(rounds)('round %i', () => {
      testOn(kind, 'simulator')(
        'lets every call end as it would, and leaves the others to the dialplan',
        async () => {
          const one = await bed(ONE);
          const placing = placeKinds(one, KINDS, PLACING_MS);
          await pauseUpTo(2 * PLACING_MS);
          one.daemon.signal('SIGTERM');
          const placed = await placing;
          expect(await one.daemon.exited(30_000)).toEqual({ code: 0, signal: null });
          await settledAsKinds(one, placed, { others: ['unreached'] });
        },
      );

      testOn(kind, 'FreeSWITCH')('leaves no call to the dialplan when there is another', async () => {
        const two = await bed({ ...ONE, daemons: 2 });
        const placing = placeKinds(two, KINDS, PLACING_MS);
        await pauseUpTo(2 * PLACING_MS);
        two.daemon.signal('SIGTERM');
        const placed = await placing;
        expect(await two.daemon.exited(30_000)).toEqual({ code: 0, signal: null });
        await settledAsKinds(two, placed);
      });

      testOn(kind, 'FreeSWITCH')(
        'lets attached calls end, and takes those that came meanwhile when it is there again',
        async () => {
          const one = await bed({ ...ONE, attach: true });
          const placing = placeKinds(one, KINDS, PLACING_MS, { handOver: 'parked' });
          await pauseUpTo(2 * PLACING_MS);
          one.daemon.signal('SIGTERM');
          const placed = await placing;
          expect(await one.daemon.exited(30_000)).toEqual({ code: 0, signal: null });
          await one.daemon.startAgain();
          await settledAsKinds(one, placed);
        },
      );
    });

    testOn(kind, 'simulator')('told twice, it stops at once, and the next one goes on', async () => {
      const one = await bed({ ...ONE, attach: true });
      const placing = placeKinds(one, KINDS, PLACING_MS, { handOver: 'parked' });
      await pauseUpTo(PLACING_MS);
      one.daemon.signal('SIGTERM');
      one.daemon.signal('SIGTERM');
      const { code } = await one.daemon.exited();
      expect([0, 143]).toContain(code);
      await one.daemon.startAgain();
      await settledAsKinds(one, await placing);
    });
  },
);
