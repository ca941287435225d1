import { outcomesOf, summaryOf } from '../support/test-daemon.js';
import { freeTcpPort } from '../support/ports.js';
import { onEverySwitch } from './suite.js';

const LIST = [
  { application: 'answer' },
  { application: 'playback', data: 'silence_stream://60' },
  { application: 'playback', data: 'no-such-file.wav' },
  { application: 'set', data: 'cti_after=ran' },
];

onEverySwitch(
  'the socket application',
  {},
  ({ scenario }) => {
    for (const mode of ['full', 'async full'] as const) {
      const handOver = { extension: `socket-${mode.replace(' ', '-')}` };

      scenario(`with "${mode}" runs a list`, async ({ expect, run }) => {
        const { call, record } = await run(LIST, handOver);
        expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'playback failed', 'set ok']);
        expect(record.result).toBe('done');
        await call.returned();
        expect(await call.get('cti_after')).toBe('ran');
        expect(await call.get('cti_status')).toBe('done');
      });

      scenario(`with "${mode}" lets go of a call that is moved`, async ({ expect, callWith, daemon }) => {
        const call = await callWith(
          [
            { application: 'answer' },
            { application: 'playback', data: 'silence_stream://20000' },
            { application: 'log', data: 'WARNING the list went on' },
          ],
          handOver,
        );
        await call.playing();
        await call.transfer('parking', 'elsewhere');
        await call.variable('arrived');
        const record = await daemon.record(call.uuid);
        expect(record.result).toBe('moved');
        expect(outcomesOf(record).map(({ status }) => status)).toEqual(['ok', 'moved', 'not_run']);
        expect(await call.alive()).toBe(true);
        await call.over();
        expect(call.ran).not.toContain('log');
      });

      scenario(`with "${mode}" sees the caller hang up`, async ({ expect, callWith, daemon }) => {
        const call = await callWith(
          [{ application: 'answer' }, { application: 'playback', data: 'silence_stream://20000' }],
          handOver,
        );
        await call.playing();
        await call.hangUp();
        const record = await daemon.record(call.uuid);
        expect(record.result).toBe('hung_up');
      });
    }

    for (const extension of ['socket-bare', 'socket-bare-async']) {
      scenario(
        `without "full" gives the call back with a reason (${extension})`,
        async ({ expect, callWith, daemon }) => {
          const call = await callWith(LIST, { extension });
          const record = await daemon.record(call.uuid);
          expect(record.error?.code).toBe('socket_not_full');
          await call.returned();
          expect(await call.get('cti_status')).toBe('failed');
          expect(await call.get('cti_error')).toBe('socket_not_full');
        },
      );
    }

    scenario('takes the next host when the first does not answer', async ({ expect, run, daemon }) => {
      const { call } = await run(LIST, { hosts: `127.0.0.1:${await freeTcpPort()}|${daemon.host}` });
      await call.returned();
      expect(await call.get('cti_status')).toBe('done');
    });

    scenario('with no daemon at all leaves the call to the dialplan', async ({ expect, callWith }) => {
      const call = await callWith(LIST, { hosts: `127.0.0.1:${await freeTcpPort()}` });
      await call.returned();
      expect(await call.get('cti_status')).toBeUndefined();
      expect(await call.alive()).toBe(true);
    });

    scenario(
      'of a daemon that holds as many calls as it may gives the call back',
      async ({ expect, callWith, anotherDaemon }) => {
        const full = await anotherDaemon({ limits: { calls: 1 } });
        const holding = [
          { application: 'answer' },
          { application: 'playback', data: 'silence_stream://20000' },
        ];
        const first = await callWith(holding, { hosts: full.host });
        await first.playing();
        const second = await callWith(LIST, { hosts: full.host });
        expect((await full.record(second.uuid)).error?.code).toBe('overloaded');
        await second.returned();
        expect(await second.get('cti_error')).toBe('overloaded');
      },
    );
  },
  // They are about that application.
  { handOvers: ['socket'] },
);

onEverySwitch(
  'the path of the socket application',
  {
    endpoints: {
      reception: {
        url: 'http://127.0.0.1:9/',
        fallback_actions: [{ application: 'set', data: 'cti_fallback=ran' }],
        tries: 1,
      },
    },
  },
  ({ scenario }) => {
    scenario('names an endpoint', async ({ expect, call, daemon }) => {
      const placed = await call({
        extension: 'socket-full',
        variables: { test_path: '/curl/reception' },
      });
      const record = await daemon.record(placed.uuid);
      expect(record.program).toContain('reception');
      await placed.returned();
      expect(await placed.get('cti_fallback')).toBe('ran');
    });
  },
  { handOvers: ['socket'] },
);
