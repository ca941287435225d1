import { expect, it } from 'vitest';
import { Cuttable } from '../support/cuttable.js';
import { onTestFinished } from 'vitest';
import { onEveryBed } from './bed.js';
import { testOn, repeat } from './form.js';
import { BLOCKS, LISTS } from './kinds.js';
import { everyKindSettings, pauseUpTo, placeKinds, settledAsKinds } from './traffic.js';

const ANSWER = { application: 'answer' };
const PROMPT = { application: 'playback', data: 'silence_stream://900' };
const KINDS = [...LISTS, ...BLOCKS];
const PLACING_MS = 1200;

onEveryBed('two daemons that share the calls', ({ bed, kind }) => {
  testOn(kind, 'simulator')(
    'when one dies, and later the other, every call is gone on with, or is left to the dialplan',
    async () => {
      const two = await bed({ settings: everyKindSettings, daemons: 2 });
      const placing = placeKinds(two, KINDS, PLACING_MS);
      await pauseUpTo(PLACING_MS);
      two.daemon.signal('SIGKILL');
      await two.daemon.startAgain();
      two.daemons[1]?.signal('SIGKILL');
      // The dialplan tries a second time, and not a third one. And the second daemon may have taken over the outbox of
      // the first, with a call that then goes to the first again: that is told in two parts, tied by `continues`.
      await settledAsKinds(two, await placing, { others: ['unreached'], continued: true });
    },
  );

  testOn(kind, 'FreeSWITCH')(
    'when one that has attached calls dies for good, the other takes what comes, and the guard lets go the rest',
    async () => {
      const two = await bed({
        settings: async (ground, folder) => ({
          ...(await everyKindSettings(ground, folder)),
          switches: { main: { guard_s: 1 } },
        }),
        daemons: 2,
        attach: true,
      });
      const placing = placeKinds(two, KINDS, PLACING_MS, { handOver: 'parked' });
      await pauseUpTo(PLACING_MS);
      two.daemon.signal('SIGKILL');
      await settledAsKinds(two, await placing, { others: ['failed'], errors: ['daemon_lost'] });
    },
  );

  testOn(kind, 'simulator')(
    'when the line to one is cut, the other goes on, and the call has one record',
    async () => {
      let line: Cuttable | undefined;
      const two = await bed({
        daemons: 2,
        through: {
          socket: async (port) => {
            if (line !== undefined) return port;
            const first = await Cuttable.before(port);
            onTestFinished(() => first.close());
            line = first;
            return first.port;
          },
        },
      });
      const calls = repeat(5, 100);
      const second = two.app.list([{ application: 'set', data: 'cti_second=ran' }]);
      const placed = await two.calls(calls, 50, {
        actions: [ANSWER, PROMPT, { application: 'cti_curl', data: second.url }],
      });
      await Promise.all(placed.map((call) => call.playing()));
      line?.cut();
      await Promise.all(placed.map((call) => call.returned()));
      for (const call of placed) expect(await call.get('cti_second')).toBe('ran');
      expect(second.requests).toHaveLength(calls);
      await two.settled({ calls, continued: true });
    },
  );

  if (kind === 'FreeSWITCH')
    it('with SIP calls in progress, of which none is lost when one dies', async () => {
      const two = await bed({ daemons: 2 });
      const calls = repeat(40, 400);
      const second = two.app.list([{ application: 'set', data: 'cti_second=ran' }]);
      const sipp = await two.sip({
        actions: [ANSWER, PROMPT, { application: 'cti_curl', data: second.url }],
        calls,
        callsPerSecond: 40,
      });
      await pauseUpTo(1500);
      two.daemon.signal('SIGKILL');
      const { successful, failed, errors } = await sipp.result;
      expect({ successful, failed }, errors).toEqual({ successful: calls, failed: 0 });
      await two.settled({ calls });
    });
});
