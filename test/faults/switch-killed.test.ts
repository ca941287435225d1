import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { onEveryBed, type Bed } from './bed.js';
import { full, repeat } from './form.js';
import { BLOCKS, LISTS } from './kinds.js';
import { everyKindSettings, pauseUpTo, placeKinds } from './traffic.js';

const ANSWER = { application: 'answer' };
const KINDS = [...LISTS, ...BLOCKS];
const PLACING_MS = 1000;

/** Kills the switch, and starts it again when every daemon knows. */
async function crash({ switch: sut, daemons }: Bed): Promise<void> {
  if (sut.crash === undefined) throw new Error('this switch can not be killed');
  await sut.crash.kill();
  for (const daemon of daemons) {
    await eventually(
      'the daemon to know',
      async () => {
        if (!daemon.isRunning) throw new Error(`the daemon process ended:\n${daemon.output.slice(-4000)}`);
        const answer = await fetch(`${daemon.httpOrigin}/healthz`).catch(() => undefined);
        return ((await answer?.json()) as { status: string } | undefined)?.status === 'degraded' || undefined;
      },
      { timeoutMs: 20_000 },
    );
  }
  await sut.crash.startAgain();
  for (const daemon of daemons) await daemon.ready('ok');
}

onEveryBed(
  'a switch that is killed and started again, in every kind of action',
  ({ bed }) => {
    for (const handOver of ['socket', 'parked'] as const) {
      it(`leaves one record and one end of each call, and the next call is taken (${handOver})`, async () => {
        const one = await bed({
          settings: everyKindSettings,
          attach: handOver === 'parked',
          ownSwitch: true,
        });
        for (let round = 0; round < repeat(1, 5); round += 1) {
          const placing = placeKinds(one, KINDS, PLACING_MS, { handOver });
          await placing;
          await pauseUpTo(PLACING_MS);
          await crash(one);
        }
        const next = await one.call({
          actions: [ANSWER, { application: 'set', data: 'cti_after=ran' }],
          handOver,
        });
        await next.returned();
        expect(await next.get('cti_status')).toBe('done');
        await one.settled({ calls: repeat(1, 5) * KINDS.length + 1, switchKilled: true });
        if (!full) one.logSaysOnce(/"code":"switch_closed".*"switch not connected"/);
      });
    }

    it('with SIP calls in progress, that end where the callers notice it', async () => {
      const one = await bed({ ownSwitch: true });
      const calls = repeat(20, 100);
      const sipp = await one.sip({
        actions: [ANSWER, { application: 'playback', data: 'silence_stream://60000' }],
        calls,
        callsPerSecond: 50,
        timeoutMs: 8000,
      });
      await eventually('all calls', () => (one.placed.length >= calls ? true : undefined));
      await Promise.all(one.placed.map((call) => call.playing()));
      await crash(one);
      await sipp.stop();
      await one.settled({ calls, switchKilled: true });
    });
  },
  { on: 'FreeSWITCH' },
);
