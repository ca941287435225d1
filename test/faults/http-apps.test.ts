import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Line } from '../support/line.js';
import { UnrulyPeer, unrulyWays } from '../support/unruly-peer.js';
import { type Bed, onEveryBed } from './bed.js';
import { repeat } from './form.js';
import { oneSwitch } from './one-switch.js';

/** Asked soon, given up soon; everything else as by default. */
const FAST = {
  app: {
    policy: 'suite',
    connect_timeout_ms: 400,
    try_timeout_ms: 800,
    total_timeout_ms: 3000,
    retry_delay_ms: 20,
  },
};
const LIST = JSON.stringify([{ application: 'answer' }, { application: 'set', data: 'cti_after=ran' }]);

const portOf = (url: string): number => Number(new URL(url).port);

onEveryBed(
  'an app that',
  ({ bed }) => {
    it('does with its connections what it likes leaves each call in its dialplan', async () => {
      const one = await bed({ settings: FAST });
      const asked = await Promise.all(
        unrulyWays(LIST).flatMap((each) =>
          Array.from({ length: repeat(2, 10) }, async () => {
            const peer = await UnrulyPeer.start(each.behaves);
            onTestFinished(() => peer.close());
            const call = await one.call({ url: `${peer.origin}/app` });
            return { each, call };
          }),
        ),
      );
      for (const { each, call } of asked) {
        await call.returned();
        const { title, error } = each;
        expect.soft(await call.get('cti_status'), title).toBe(error === undefined ? 'done' : 'failed');
        expect.soft(await call.get('cti_error'), title).toBe(error);
        expect.soft(await call.get('cti_after'), title).toBe(error === undefined ? 'ran' : undefined);
        expect.soft(await call.alive(), title).toBe(true);
      }
      await one.settled({ calls: asked.length, ends: ['done', 'failed'] });
    });

    it('answers after the hang-up runs nothing any more', async () => {
      const one = await bed({ settings: { app: { policy: 'suite' } } });
      const route = one.app.held([{ application: 'answer' }, { application: 'log', data: 'INFO late' }]);
      const calls = await one.calls(repeat(5, 20), 50, { url: route.url });
      const requests = await Promise.all(calls.map((_, at) => route.asked(at + 1)));
      await Promise.all(calls.map((call) => call.hangUp()));
      for (const { abandoned } of requests) expect(await abandoned).toBe(true);
      route.release();
      await one.settled({ calls: calls.length, ends: ['hung_up'] });
      expect(calls.flatMap(({ ran }) => ran)).not.toContain('log');
    });

    it('is behind a network that breaks, stands still and dribbles is asked again, within its time', async () => {
      const one = await bed({
        settings: { app: { ...FAST.app, try_timeout_ms: 300, total_timeout_ms: 4000, retry_delay_ms: 250 } },
      });
      const route = one.app.list([{ application: 'answer' }, { application: 'set', data: 'cti_after=ran' }]);
      const line = await Line.before(portOf(route.url));
      onTestFinished(() => line.close());
      const url = route.url.replace(String(portOf(route.url)), String(line.port));
      const place = (): ReturnType<Bed['call']> => one.call({ url });
      const troubles = [
        () => (line.trouble = { holds: 'up' }),
        () => (line.trouble = { holds: 'down' }),
        () => (line.trouble = { newcomers: 'ignore' }),
        () => (line.trouble = { newcomers: 'refuse' }),
        () => (line.trouble = { cutAfter: { direction: 'down', bytes: 30, how: 'reset' } }),
        () => (line.trouble = { cutAfter: { direction: 'up', bytes: 30, how: 'end' } }),
        () => (line.trouble = { dribble: { bytes: 3, everyMs: 1 } }),
      ];
      let calls = 0;
      for (let round = 0; round < repeat(1, 5); round += 1) {
        for (const make of troubles) {
          // The connections that are kept from the last request are those in which it happens.
          await (await place()).returned();
          make();
          const second = await place();
          await eventually('a try to be made', () => line.open > 0 || line.connections > 0);
          await new Promise((resolve) => setTimeout(resolve, 150));
          if (round % 2 === 1) line.cut('reset');
          line.trouble = {};
          await second.returned();
          expect(await second.get('cti_status')).toBe('done');
          expect(await second.get('cti_after')).toBe('ran');
          calls += 2;
        }
      }
      await one.settled({ calls, ends: ['done'] });
    });

    it('is dead is left alone, told once, and found again', async () => {
      const one = await bed({
        settings: { app: { ...FAST.app, tries: 1, breaker: { failures: 5, open_ms: 300 } } },
      });
      const list = [{ application: 'answer' }, { application: 'set', data: 'cti_after=ran' }];
      const server = http.createServer((_request, response) => response.end(JSON.stringify(list)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const url = `http://127.0.0.1:${port}/`;
      const line = await Line.before(port);
      onTestFinished(async () => {
        await line.close();
        server.closeAllConnections();
        server.close();
      });
      line.trouble = { newcomers: 'refuse' };
      const dead = url.replace(String(port), String(line.port));
      const calls = await one.calls(repeat(20, 100), 50, { url: dead });
      await Promise.all(calls.map((call) => call.returned()));
      const errors = await Promise.all(calls.map((call) => call.get('cti_error')));
      expect(new Set(errors)).toEqual(new Set(['connect_refused', 'circuit_open']));
      expect(line.connections).toBeLessThan(calls.length);
      line.trouble = {};
      const after = await eventually('the app to be asked again', async () => {
        const call = await one.call({ url: dead });
        calls.push(call);
        await call.returned();
        return (await call.get('cti_status')) === 'done' ? call : undefined;
      });
      expect(await after.get('cti_after')).toBe('ran');
      await one.settled({
        calls: calls.length,
        ends: ['done', 'failed'],
        errors: ['connect_refused', 'circuit_open'],
      });
      one.logSaysOnce(/"state":"closed".*circuit breaker changed/);
    });
  },
  oneSwitch,
);
