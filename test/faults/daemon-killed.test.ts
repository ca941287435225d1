import { describe, it } from 'vitest';
import { onEveryBed, type BedOptions } from './bed.js';
import { testOn, repeat } from './form.js';
import { BLOCKS, LISTS } from './kinds.js';
import { everyKindSettings, pauseUpTo, placeKinds, settledAsKinds } from './traffic.js';

const KINDS = [...LISTS, ...BLOCKS];
/** Calls come within this time; what most of them do lasts about as long. */
const PLACING_MS = 1200;
const ROUNDS = repeat(1, 25);
const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);

const ONE: BedOptions = { settings: everyKindSettings };
const TWO: BedOptions = { settings: everyKindSettings, daemons: 2 };

onEveryBed('a daemon that is killed at any moment, in every kind of action', ({ bed, kind }) => {
  describe.each(rounds)('round %i', () => {
    it('leaves every call to the other daemon, with nothing run twice', async () => {
      const two = await bed(TWO);
      const placing = placeKinds(two, KINDS, PLACING_MS);
      await pauseUpTo(2 * PLACING_MS);
      two.daemon.signal('SIGKILL');
      await settledAsKinds(two, await placing);
    });

    testOn(kind, 'simulator')('and started again, without another, lets no call go astray', async () => {
      const one = await bed(ONE);
      const placing = placeKinds(one, KINDS, PLACING_MS);
      await pauseUpTo(2 * PLACING_MS);
      one.daemon.signal('SIGKILL');
      await one.daemon.startAgain();
      await settledAsKinds(one, await placing, { others: ['unreached'] });
    });

    testOn(kind, 'FreeSWITCH')('and started again goes on with every call that it has attached', async () => {
      const one = await bed({ ...ONE, attach: true });
      const placing = placeKinds(one, KINDS, PLACING_MS, { handOver: 'parked' });
      await pauseUpTo(2 * PLACING_MS);
      one.daemon.signal('SIGKILL');
      await one.daemon.startAgain();
      await settledAsKinds(one, await placing);
    });
  });
});
