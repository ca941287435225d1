import { Cuttable } from '../support/cuttable.js';
import { DaemonProcess } from '../support/daemon-process.js';
import { eventually } from '../support/eventually.js';
import type { TestCall } from '../support/test-call.js';
import { summaryOf, type Settings, type TestDaemon } from '../support/test-daemon.js';
import { attachedTo, onEverySwitch, suiteSettings, type World } from './suite.js';

/** Each scenario has its own daemons: the suite's takes no parked calls. */
const ALONE = { switches: {} };
const PARKED = { handOvers: ['parked'], sequential: true } as const;

const ANSWER = { application: 'answer' };
const PROMPT = { application: 'playback', data: 'silence_stream://900' };
const AFTER = { application: 'set', data: 'cti_after=ran' };

function settingsFor(world: World, change: object = {}): Settings & { readonly instance: string } {
  const { instance, switches } = attachedTo(world.switch) as {
    readonly instance: string;
    readonly switches: { readonly main: object };
  };
  return { instance, switches: { main: { ...switches.main, ...change } } };
}

async function behindLine(
  world: World,
  change: object = {},
): Promise<{ daemon: TestDaemon; line: Cuttable }> {
  const line = await Cuttable.before(world.switch.eventSocketPort);
  const daemon = await world.anotherDaemon(settingsFor(world, { port: line.port, ...change }));
  world.cleanUpWith(() => line.close());
  await daemon.ready();
  return { daemon, line };
}

function timesPlayed(call: TestCall): number {
  return call.ran.filter((application) => application === 'playback').length;
}

onEverySwitch(
  'a connection to the switch that is cut',
  ALONE,
  ({ scenario }) => {
    scenario('in the middle of a prompt, and is back before its end, costs nothing', async (world) => {
      const { expect } = world;
      const { daemon, line } = await behindLine(world);
      const call = await world.callWith([ANSWER, { ...PROMPT, data: 'silence_stream://2500' }, AFTER]);
      await call.playing();
      line.cut();
      line.restore();
      const record = await daemon.record(call.uuid);
      expect(record.result).toBe('done');
      expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'set ok']);
      await call.returned();
      expect(timesPlayed(call)).toBe(1);
    });

    scenario('until the list has ended costs nothing either', async (world) => {
      const { expect } = world;
      const { daemon, line } = await behindLine(world);
      const call = await world.callWith([ANSWER, PROMPT, AFTER]);
      await call.playing();
      line.cut();
      await call.returned();
      expect(await call.get('cti_status')).toBe('done');
      line.restore();
      const record = await daemon.record(call.uuid);
      expect(record.result).toBe('done');
      expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'set ok']);
      await eventually('the mark of the owner to go', async () =>
        (await call.get('cti_owner')) === '-' ? true : undefined,
      );
    });

    scenario('between two lists leaves the second for when it is back', async (world) => {
      const { expect, app } = world;
      const { daemon, line } = await behindLine(world);
      const second = app.list([{ application: 'set', data: 'cti_second=ran' }]);
      const call = await world.callWith([
        ANSWER,
        PROMPT,
        { application: 'cti_curl', data: second.url },
        AFTER,
      ]);
      await call.playing();
      line.cut();
      await call.begun('event');
      line.restore();
      const record = await daemon.record(call.uuid);
      expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'cti_curl ok', 'set ok', 'set ok']);
      await call.returned();
      expect(await call.get('cti_second')).toBe('ran');
      expect(second.requests).toHaveLength(1);
      expect(timesPlayed(call)).toBe(1);
    });

    scenario('between two lists leaves no guard on in the second', async (world) => {
      const { expect, app } = world;
      const { daemon, line } = await behindLine(world, { guard_s: 3 });
      const second = app.list([{ application: 'playback', data: 'silence_stream://4000' }]);
      const call = await world.callWith([ANSWER, PROMPT, { application: 'cti_curl', data: second.url }]);
      await call.playing();
      // The guard that the first list arms at its end must not fire before the daemon is back.
      line.cut('kept waiting');
      await call.begun('event');
      line.restore();
      const record = await daemon.record(call.uuid);
      expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'cti_curl ok', 'playback ok']);
      await call.returned();
      expect(await call.get('cti_error')).toBeUndefined();
    });

    scenario('between two lists for too long leaves the call where the guard sent it', async (world) => {
      const { expect, app } = world;
      const { daemon, line } = await behindLine(world, { guard_s: 1 });
      const second = app.list([AFTER]);
      const call = await world.callWith([ANSWER, PROMPT, { application: 'cti_curl', data: second.url }]);
      await call.playing();
      line.cut();
      await call.returned();
      expect(await call.get('cti_error')).toBe('daemon_lost');
      line.restore();
      expect((await daemon.record(call.uuid)).result).toBe('moved');
      expect(second.requests).toHaveLength(0);
      expect(await call.get('cti_after')).toBeUndefined();
      expect(await call.alive()).toBe(true);
    });

    scenario('leaves a call to another daemon that has it meanwhile', async (world) => {
      const { expect, app } = world;
      const { daemon, line } = await behindLine(world);
      const route = app.held([ANSWER, AFTER]);
      const call = await world.call({ url: route.url });
      await route.asked();
      line.cut();
      await call.setVariable('cti_owner', 'another-daemon');
      line.restore();
      expect((await daemon.record(call.uuid)).result).toBe('moved');
      route.release();
      await daemon.ready();
      expect(await call.get('cti_owner')).toBe('another-daemon');
      expect(await call.get('cti_after')).toBeUndefined();
    });

    scenario('while the app is asked leaves the list for when it is back', async (world) => {
      const { expect, app } = world;
      const { daemon, line } = await behindLine(world);
      const route = app.held([ANSWER, AFTER]);
      const call = await world.call({ url: route.url });
      await route.asked();
      line.cut();
      route.release();
      line.restore();
      expect((await daemon.record(call.uuid)).result).toBe('done');
      await call.returned();
      expect(await call.get('cti_after')).toBe('ran');
    });

    scenario('does not hide a hang-up', async (world) => {
      const { daemon, line } = await behindLine(world);
      const call = await world.callWith([ANSWER, PROMPT, AFTER]);
      await call.playing();
      line.cut();
      await call.hangUp();
      await call.destroyed();
      line.restore();
      const record = await daemon.record(call.uuid);
      world.expect(record.result).toBe('hung_up');
      world.expect(summaryOf(record)).toContain('set not_run');
    });

    scenario('does not hide that the call was moved', async (world) => {
      const { expect } = world;
      const { daemon, line } = await behindLine(world);
      const call = await world.callWith([ANSWER, PROMPT, AFTER]);
      await call.playing();
      line.cut();
      await call.transfer('parking', 'elsewhere');
      await call.variable('arrived');
      line.restore();
      const record = await daemon.record(call.uuid);
      expect(record.result).toBe('moved');
      expect(await call.alive()).toBe(true);
      expect(await call.get('cti_after')).toBeUndefined();
    });

    scenario('lets a call be taken that a daemon had claimed and died', async (world) => {
      const { daemon, line } = await behindLine(world, { guard_s: 1 });
      line.cut();
      const call = await world.callWith([ANSWER, AFTER]);
      await call.parked();
      await world.switch.api(`hash insert_ifempty/switchhook/${call.uuid}/dead-daemon`);
      line.restore();
      world.expect((await daemon.record(call.uuid)).result).toBe('done');
      await call.returned();
      world.expect(await call.get('cti_after')).toBe('ran');
    });

    scenario('for too long lets a call that waits go on without the daemon', async (world) => {
      const { expect, app } = world;
      const { daemon, line } = await behindLine(world, { guard_s: 1 });
      const route = app.held([ANSWER, AFTER]);
      const call = await world.call({ url: route.url });
      await route.asked();
      line.cut();
      await call.returned();
      expect(await call.get('cti_status')).toBe('failed');
      expect(await call.get('cti_error')).toBe('daemon_lost');
      line.restore();
      expect((await daemon.record(call.uuid)).result).toBe('moved');
      route.release();
    });
  },
  PARKED,
);

onEverySwitch(
  'a daemon with attached calls that is killed',
  ALONE,
  ({ scenario }) => {
    const started = async (
      world: World,
      change: object = {},
    ): Promise<{ daemon: DaemonProcess; settings: Settings }> => {
      const settings = settingsFor(world, change);
      const daemon = await DaemonProcess.start({ ...suiteSettings(world.switch.recordings), ...settings });
      world.cleanUpWith(() => daemon.stop());
      // What is parked before is found late, and its lists end when the next step of a scenario is over.
      await daemon.ready('ok');
      return { daemon, settings };
    };
    const kill = async (daemon: DaemonProcess): Promise<void> => {
      daemon.signal('SIGKILL');
      await daemon.exited();
    };

    scenario('leaves the last list of a program to run to its end', async (world) => {
      const { expect } = world;
      const { daemon } = await started(world, { guard_s: 1 });
      const call = await world.callWith([ANSWER, { ...PROMPT, data: 'silence_stream://2500' }, AFTER]);
      await call.playing();
      await kill(daemon);
      await call.returned();
      expect(await call.get('cti_status')).toBe('done');
      expect(await call.get('cti_actions')).toBe('3');
      expect(await call.get('cti_after')).toBe('ran');
    });

    scenario('leaves nobody waiting: the guard lets the call go on', async (world) => {
      const { expect, app } = world;
      const { daemon } = await started(world, { guard_s: 1 });
      const route = app.held([ANSWER]);
      const asked = await world.call({ url: route.url });
      await route.asked();
      const between = await world.callWith([ANSWER, PROMPT, { application: 'cti_curl', data: route.url }]);
      await between.playing();
      await kill(daemon);
      for (const call of [asked, between]) {
        await call.returned();
        expect(await call.get('cti_status')).toBe('failed');
        expect(await call.get('cti_error')).toBe('daemon_lost');
        expect(await call.alive()).toBe(true);
      }
      expect(timesPlayed(between)).toBe(1);
      route.release();
    });

    scenario('and started again goes on with its calls, and nothing runs twice', async (world) => {
      const { expect, app } = world;
      const { daemon, settings } = await started(world);
      const second = app.list([{ application: 'set', data: 'cti_second=ran' }]);
      const list = [ANSWER, PROMPT, { application: 'cti_curl', data: second.url }, AFTER];
      const [ended, running] = [await world.callWith(list), await world.callWith([...list])];
      await Promise.all([ended.playing(), running.playing()]);
      await kill(daemon);
      // One list has ended before the new daemon is there; the other, as long, may be running still.
      await ended.begun('event');
      const again = await world.anotherDaemon(settings);
      for (const call of [ended, running]) {
        const record = await again.record(call.uuid);
        expect(record.result).toBe('done');
        expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'cti_curl ok', 'set ok', 'set ok']);
        await call.returned();
        expect(await call.get('cti_status')).toBe('done');
        expect(await call.get('cti_second')).toBe('ran');
        expect(timesPlayed(call)).toBe(1);
      }
      expect(second.requests).toHaveLength(2);
    });

    scenario('and started again while a list runs waits for its end', async (world) => {
      const { expect, app } = world;
      const { daemon, settings } = await started(world);
      const second = app.list([AFTER]);
      const call = await world.callWith([
        ANSWER,
        { ...PROMPT, data: 'silence_stream://3000' },
        { application: 'cti_curl', data: second.url },
      ]);
      await call.playing();
      await kill(daemon);
      const again = await world.anotherDaemon(settings);
      await again.ready();
      expect(second.requests).toHaveLength(0);
      expect((await again.record(call.uuid)).result).toBe('done');
      await call.returned();
      expect(await call.get('cti_after')).toBe('ran');
      expect(timesPlayed(call)).toBe(1);
    });

    scenario('and started again has a call among its own whose last list still runs', async (world) => {
      const { expect } = world;
      const { daemon, settings } = await started(world);
      const call = await world.callWith([ANSWER, { ...PROMPT, data: 'silence_stream://20000' }]);
      await call.playing();
      await kill(daemon);
      const again = await world.anotherDaemon(settings);
      const calls = async (): Promise<{ uuid: string; state: string; program: string }[]> => {
        const answer = await fetch(`${again.httpOrigin}/v1/calls`);
        return ((await answer.json()) as { calls: Awaited<ReturnType<typeof calls>> }).calls;
      };
      const [left] = await eventually('the call', async () => {
        const all = await calls();
        return all.length > 0 ? all : undefined;
      });
      expect(left).toMatchObject({ uuid: call.uuid, state: 'running', origin: 'attached' });
      expect(left?.program).toContain(world.app.origin);
      const hangup = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
      const answer = await fetch(`${again.httpOrigin}/v1/calls/${call.uuid}/hangup`, hangup);
      expect(answer.ok).toBe(true);
      await call.destroyed();
      await eventually('no call', async () => ((await calls()).length === 0 ? true : undefined));
    });

    scenario(
      'and started again takes a call on request out of the list that was left to run',
      async (world) => {
        const { expect, app } = world;
        const { daemon, settings } = await started(world);
        const route = app.held([ANSWER]);
        const other = await world.call({ url: route.url });
        await route.asked(1);
        const call = await world.callWith([ANSWER, { ...PROMPT, data: 'silence_stream://20000' }, AFTER]);
        await call.playing();
        await kill(daemon);
        const again = await world.anotherDaemon(settings);
        // Both calls were found when the other one is resumed.
        await route.asked(2);
        const attached = await again.link.attach(call.uuid);
        if (!attached.ok) throw new Error(`${attached.code}: ${attached.detail}`);
        const steps = [{ application: 'playback', data: 'silence_stream://400' }];
        const after = { cti_status: 'done' };
        const { end } = await attached.channel.run({ steps, before: {}, after, release: true });
        expect(end).toEqual({ kind: 'completed' });
        await call.returned();
        expect(await call.get('cti_after')).toBeUndefined();
        // The program of before is not begun again.
        expect(await again.records(call.uuid, 0)).toEqual([]);
        route.release();
        await other.returned();
      },
    );

    scenario('while the app is asked, and started again, asks again', async (world) => {
      const { expect, app } = world;
      const { daemon, settings } = await started(world);
      const route = app.route((request) =>
        route.requests.length === 1
          ? request.abandoned.then(() => ({ actions: [] }))
          : { actions: [ANSWER, AFTER] },
      );
      const call = await world.call({ url: route.url });
      await route.asked(1);
      await kill(daemon);
      const again = await world.anotherDaemon(settings);
      expect((await again.record(call.uuid)).result).toBe('done');
      await call.returned();
      expect(route.requests).toHaveLength(2);
    });

    scenario('does not take back a call that was moved meanwhile', async (world) => {
      const { expect } = world;
      const { daemon, settings } = await started(world);
      const call = await world.callWith([ANSWER, { ...PROMPT, data: 'silence_stream://20000' }, AFTER]);
      await call.playing();
      await kill(daemon);
      await call.transfer('parking', 'elsewhere');
      await call.variable('arrived');
      const again = await world.anotherDaemon(settings);
      await again.ready();
      await eventually('the mark of the owner to go', async () =>
        (await call.get('cti_owner')) === '-' ? true : undefined,
      );
      expect(again.activeCalls).toBe(0);
      expect(await call.get('arrived')).toBe('parking');
      expect(await call.get('cti_after')).toBeUndefined();
    });

    scenario('leaves its claims, which the next one clears away', async (world) => {
      const { daemon, settings } = await started(world);
      const call = await world.callWith([ANSWER, { ...PROMPT, data: 'silence_stream://20000' }]);
      await call.playing();
      await kill(daemon);
      await call.over();
      world.expect(await world.switch.api(`hash select/switchhook/${call.uuid}`)).toBe(settings['instance']);
      await world.anotherDaemon(settings);
      await eventually('the claim to be gone', async () => {
        const holder = await world.switch.api(`hash select/switchhook/${call.uuid}`);
        return holder.startsWith('suite') ? undefined : true;
      });
    });
  },
  PARKED,
);
