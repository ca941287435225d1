import type { AttachedChannel } from '../../src/switch/attached/attached-channel.js';
import type { AttachRequest } from '../../src/switch/attached/attaching.js';
import type { Step } from '../../src/switch/channel.js';
import { Cuttable } from '../support/cuttable.js';
import { eventually } from '../support/eventually.js';
import { Line } from '../support/line.js';
import type { TestCall } from '../support/test-call.js';
import { summaryOf, type Settings, type TestDaemon } from '../support/test-daemon.js';
import { attachedTo, onEverySwitch, type World } from './suite.js';

/** Each scenario has its own daemons: the suite's takes no parked calls. */
const ALONE = { switches: {} };
/** They are about parked channels and those that are attached on request. */
const PARKED = { handOvers: ['parked'], sequential: true } as const;

const PROMPT = { application: 'playback', data: 'silence_stream://20000' };

async function attachingDaemon(world: World, attach = true, port?: number): Promise<TestDaemon> {
  return daemonWith(world, settingsOf(world, { attach, ...(port === undefined ? {} : { port }) }));
}

function settingsOf(world: World, change: object): Settings {
  const { switches, instance } = attachedTo(world.switch) as {
    readonly instance: string;
    readonly switches: { readonly main: object };
  };
  return { instance, switches: { main: { ...switches.main, ...change } } };
}

async function daemonWith(world: World, settings: Settings): Promise<TestDaemon> {
  const daemon = await world.anotherDaemon(settings);
  await daemon.ready();
  return daemon;
}

/** The switch has it. */
function toldToKeep(call: TestCall): Promise<true> {
  return eventually('the target to be kept', async () =>
    (await call.get('cti_then')) === 'park inline' ? true : undefined,
  );
}

async function attached(
  daemon: TestDaemon,
  call: TestCall,
  request?: AttachRequest,
): Promise<AttachedChannel> {
  const result = await daemon.link.attach(call.uuid, request);
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.channel;
}

function run(channel: AttachedChannel, ...steps: Step[]): ReturnType<AttachedChannel['run']> {
  return channel.run({ steps, before: {}, after: { cti_status: 'done' }, release: true });
}

onEverySwitch(
  'a parked channel',
  ALONE,
  ({ scenario }) => {
    scenario('is taken by one of two daemons that share the switch', async (world) => {
      const { expect, app } = world;
      const [one, other] = await Promise.all([attachingDaemon(world), attachingDaemon(world)]);
      const route = app.list([{ application: 'answer' }]);
      const calls = await Promise.all(Array.from({ length: 8 }, () => world.call({ url: route.url })));
      const records = await Promise.all(
        calls.map(({ uuid }) => Promise.race([one.record(uuid), other.record(uuid)])),
      );
      expect(records.map(({ result }) => result)).toEqual(calls.map(() => 'done'));
      await Promise.all(calls.map((call) => call.returned()));
      expect(route.requests).toHaveLength(calls.length);
      for (const call of calls)
        expect(call.ran.filter((application) => application === 'answer')).toHaveLength(1);
    });

    for (const [end, actions] of [
      ['has gone on', [{ application: 'answer' }]],
      ['has hung up', [{ application: 'answer' }, { application: 'hangup' }]],
    ] as const) {
      scenario(
        `that another daemon had and that ${end} is left alone by one that hears late`,
        async (world) => {
          const { expect, app } = world;
          const line = await Line.before(world.switch.eventSocketPort);
          world.cleanUpWith(() => line.close());
          const late = await attachingDaemon(world, true, line.port);
          line.trouble = { holds: 'down' };
          const daemon = await attachingDaemon(world);
          const route = app.list(actions);
          const call = await world.call({ url: route.url });
          expect((await daemon.record(call.uuid)).result).toBe('done');
          // The first one has given it back.
          await daemon.link.roundTripMs();
          line.trouble = {};
          // It hears of the channel, asks whether it may have it, and would ask the app.
          for (let turn = 0; turn < 3; turn += 1) await late.link.roundTripMs();
          expect(late.activeCalls).toBe(0);
          expect(route.requests).toHaveLength(1);
        },
      );
    }

    scenario('that was parked while no daemon was there is found by the next', async (world) => {
      const route = world.app.list([{ application: 'answer' }]);
      const call = await world.call({ url: route.url });
      await call.parked();
      const daemon = await attachingDaemon(world);
      world.expect((await daemon.record(call.uuid)).result).toBe('done');
      await call.returned();
    });

    scenario(
      'is not sent elsewhere, and nothing is scheduled, by an app that sets our variables',
      async (world) => {
        const { expect, app } = world;
        const daemon = await attachingDaemon(world);
        const route = app.list([
          { application: 'answer' },
          { application: 'set', data: 'cti_then=elsewhere XML elsewhere' },
          { application: 'set', data: 'cti_release=elsewhere XML elsewhere' },
          { application: 'set', data: 'cti_guard=+1 none global_setvar cti_reached=yes' },
          // A second list: what is scheduled is so at the end of the first.
          { application: 'cti_curl', data: app.list([{ application: 'sleep', data: '2000' }]).url },
        ]);
        const call = await world.call({ url: route.url });
        const record = await daemon.record(call.uuid);
        const refused = record.trace.filter(
          (entry) => entry.type === 'outcome' && entry.status === 'refused',
        );
        expect(refused).toHaveLength(3);
        expect(record.error).toMatchObject({ code: 'action_refused' });
        await call.returned();
        expect(await daemon.link.api('global_getvar cti_reached')).not.toContain('yes');
      },
    );

    scenario('without a program is left alone', async (world) => {
      const daemon = await attachingDaemon(world);
      const foreign = await world.call({});
      await foreign.parked();
      // Parked before it, so a daemon that wanted it would have taken it by the time the next one is done.
      const ours = await world.callWith([{ application: 'answer' }]);
      await daemon.record(ours.uuid);
      world.expect(await foreign.get('cti_owner')).toBeUndefined();
      world.expect(await foreign.get('cti_status')).toBeUndefined();
    });

    scenario('that was under control already is left alone', async (world) => {
      const { expect } = world;
      const daemon = await attachingDaemon(world);
      const moved = await world.callWith([{ application: 'answer' }, PROMPT]);
      await moved.playing();
      await moved.park();
      expect((await daemon.record(moved.uuid)).result).toBe('moved');
      const done = await world.callWith([{ application: 'answer' }]);
      expect((await daemon.record(done.uuid)).result).toBe('done');
      await done.returned();
      await done.parked();
      const later = await world.callWith([{ application: 'answer' }]);
      await daemon.record(later.uuid);
      expect(daemon.activeCalls).toBe(0);
      expect(await moved.alive()).toBe(true);
      expect(await moved.get('cti_owner')).toBe('-');
    });

    scenario('that an asynchronous socket has parked is left alone', async (world) => {
      const daemon = await attachingDaemon(world);
      const route = world.app.held([{ application: 'answer' }]);
      const call = await world.call({ url: route.url, extension: 'socket-async-full' });
      await call.parked();
      await route.asked();
      const ours = await world.callWith([{ application: 'answer' }]);
      await daemon.record(ours.uuid);
      world.expect(await call.get('cti_owner')).toBeUndefined();
      route.release();
      world.expect((await world.daemon.record(call.uuid)).result).toBe('done');
    });

    scenario('is left alone by a daemon that is not to attach', async (world) => {
      const daemon = await attachingDaemon(world, false);
      const call = await world.callWith([{ application: 'answer' }]);
      await call.parked();
      world.expect(await daemon.link.api(`uuid_exists ${call.uuid}`)).toBe('true');
      world.expect(await call.get('cti_owner')).toBeUndefined();
    });

    scenario('says itself where it goes afterwards', async (world) => {
      const daemon = await attachingDaemon(world);
      const call = await world.callWith([{ application: 'answer' }], {
        variables: { cti_release: 'colleague' },
      });
      // `default` is the context of one that names none, and has no such extension here.
      world.expect((await daemon.record(call.uuid)).result).toBe('done');
      world.expect((await call.hungUp()).get('variable_transfer_source')).toContain('colleague/default/XML');
    });

    scenario('whose way on cannot be read goes where the switch sends it', async (world) => {
      const daemon = await attachingDaemon(world);
      const call = await world.callWith([{ application: 'answer' }], {
        variables: { cti_release: 'x!hangup' },
      });
      world.expect((await daemon.record(call.uuid)).result).toBe('done');
      await call.returned();
    });

    scenario('of a daemon that is full goes on, told so', async (world) => {
      const daemon = await world.anotherDaemon({ ...attachedTo(world.switch), limits: { calls: 1 } });
      await daemon.ready();
      const first = await world.callWith([{ application: 'answer' }, PROMPT]);
      await first.playing();
      const second = await world.callWith([{ application: 'answer' }]);
      world.expect((await daemon.record(second.uuid)).error?.code).toBe('overloaded');
      await second.returned();
      world.expect(await second.get('cti_error')).toBe('overloaded');
    });
  },
  PARKED,
);

onEverySwitch(
  'attaching on request',
  ALONE,
  ({ scenario }) => {
    scenario('takes a channel out of its prompt, and runs a list on it', async (world) => {
      const { expect } = world;
      const daemon = await attachingDaemon(world);
      const call = await world.call({ extension: 'playing' });
      await call.playing();
      const channel = await attached(daemon, call, { variables: { cti_own: ` it's; "a\\b" x` } });
      expect(channel.data.variable('cti_own')).toContain(`it's; "a\\b" x`);
      const { end, steps } = await run(channel, { application: 'playback', data: 'silence_stream://40' });
      expect(end).toEqual({ kind: 'completed' });
      expect(steps.map(({ state }) => state)).toEqual(['ran']);
      await call.returned();
      expect(await call.get('cti_own')).toBe(`it's; "a\\b" x`);
    });

    scenario('takes a channel out of its bridge; the other side is let go', async (world) => {
      const { expect } = world;
      const daemon = await attachingDaemon(world);
      const call = await world.call({ extension: 'bridged' });
      const bridge = await call.bridged();
      const other = bridge.get('Bridge-B-Unique-ID') ?? bridge.get('Other-Leg-Unique-ID') ?? '';
      const channel = await attached(daemon, call);
      await world.switch.events.first(
        'the other side to hang up',
        (event) => event.get('Event-Name') === 'CHANNEL_HANGUP' && event.get('Unique-ID') === other,
      );
      const { end } = await run(channel, { application: 'playback', data: 'silence_stream://40' });
      expect(end).toEqual({ kind: 'completed' });
      await call.returned();
    });

    scenario('takes a parked channel, and sends it where it is told', async (world) => {
      const { expect } = world;
      const daemon = await attachingDaemon(world);
      const call = await world.call({ extension: 'back' });
      await call.parked();
      const then = { extension: 'colleague', dialplan: 'XML', context: 'callers' };
      const { end } = await run(await attached(daemon, call, { then }), { application: 'answer', data: '' });
      expect(end).toEqual({ kind: 'completed' });
      expect(await call.variable('arrived')).toBe('colleague');
    });

    scenario('hangs up afterwards where it is told to', async (world) => {
      const daemon = await attachingDaemon(world);
      const call = await world.call({ extension: 'back' });
      await call.parked();
      const channel = await attached(daemon, call, { then: 'hangup' });
      world
        .expect((await run(channel, { application: 'answer', data: '' })).end)
        .toEqual({ kind: 'completed' });
      world.expect((await call.hungUp()).get('Hangup-Cause')).toBe('NORMAL_CLEARING');
    });

    scenario('keeps a call whose last list runs, when something is to come after it', async (world) => {
      const { expect } = world;
      const daemon = await attachingDaemon(world);
      const call = await world.call({ extension: 'playing' });
      await call.playing();
      const channel = await attached(daemon, call);
      const last = run(channel, { application: 'playback', data: 'silence_stream://400' });
      await call.begun('playback', 'silence_stream://400');
      expect(channel.keep()).toBe(true);
      expect(await last).toMatchObject({ end: { kind: 'completed' }, kept: true, steps: [{ state: 'ran' }] });
      expect(await call.get('back_in_dialplan')).toBeUndefined();
      const { end, kept } = await run(channel, { application: 'playback', data: 'silence_stream://40' });
      expect({ end, kept }).toEqual({ end: { kind: 'completed' }, kept: undefined });
      await call.returned();
      expect(channel.keep()).toBe(false);
    });

    scenario('keeps it also when the connection is cut over the end of that list', async (world) => {
      const { expect } = world;
      const line = await Cuttable.before(world.switch.eventSocketPort);
      world.cleanUpWith(() => line.close());
      const daemon = await attachingDaemon(world, true, line.port);
      const call = await world.call({ extension: 'playing' });
      await call.playing();
      const channel = await attached(daemon, call);
      const last = run(channel, { application: 'playback', data: 'silence_stream://700' });
      await call.begun('playback', 'silence_stream://700');
      expect(channel.keep()).toBe(true);
      await toldToKeep(call);
      line.cut();
      expect(await call.variable('cti_status')).toBe('done');
      await call.begun('park');
      line.restore();
      expect(await last).toMatchObject({ end: { kind: 'completed' }, kept: true });
      const { end } = await run(channel, { application: 'playback', data: 'silence_stream://40' });
      expect(end).toEqual({ kind: 'completed' });
      await call.returned();
    });

    scenario('leaves a call that was to be kept to the guard when its daemon has died', async (world) => {
      const { expect } = world;
      const line = await Cuttable.before(world.switch.eventSocketPort);
      world.cleanUpWith(() => line.close());
      const settings = settingsOf(world, { guard_s: 3 });
      const { switches } = settings as { readonly switches: { readonly main: object } };
      const first = await daemonWith(world, {
        ...settings,
        switches: { main: { ...switches.main, port: line.port } },
      });
      const call = await world.call({ extension: 'playing' });
      await call.playing();
      const channel = await attached(first, call);
      void run(channel, { application: 'playback', data: 'silence_stream://700' });
      await call.begun('playback', 'silence_stream://700');
      expect(channel.keep()).toBe(true);
      await toldToKeep(call);
      line.cut();
      await first.stop();
      await daemonWith(world, settings);
      await call.returned();
      expect(await call.get('cti_error')).toBe('daemon_lost');
    });

    scenario('interrupts what the daemon itself has running there', async (world) => {
      const { expect } = world;
      const daemon = await attachingDaemon(world);
      const call = await world.callWith([
        { application: 'answer' },
        PROMPT,
        { application: 'log', data: 'WARNING the list went on' },
      ]);
      await call.playing();
      const channel = await attached(daemon, call);
      const record = await daemon.record(call.uuid);
      expect(record.result).toBe('moved');
      expect(summaryOf(record)).toEqual(['answer ok', 'playback moved', 'log not_run']);
      const { end } = await run(channel, { application: 'playback', data: 'silence_stream://40' });
      expect(end).toEqual({ kind: 'completed' });
      await call.returned();
      expect(call.ran).not.toContain('log');
    });

    for (const extension of ['program', 'socket-async-full']) {
      scenario(`takes a call from a socket of the same daemon (${extension})`, async (world) => {
        const { expect } = world;
        const daemon = await attachingDaemon(world);
        const list = [{ application: 'answer' }, PROMPT, { application: 'log', data: 'WARNING ran on' }];
        const call = await world.callWith(list, { extension, hosts: daemon.host });
        await call.playing();
        const channel = await attached(daemon, call);
        expect((await daemon.record(call.uuid)).result).toBe('moved');
        const { end } = await run(channel, { application: 'playback', data: 'silence_stream://40' });
        expect(end).toEqual({ kind: 'completed' });
        await call.returned();
        expect(call.ran).not.toContain('log');
      });
    }

    scenario('leaves a call to the daemon that has it', async (world) => {
      const { expect } = world;
      const one = await attachingDaemon(world);
      const other = await attachingDaemon(world, false);
      const call = await world.callWith([{ application: 'answer' }, PROMPT]);
      await call.playing();
      expect(await other.link.attach(call.uuid)).toMatchObject({ ok: false, code: 'call_taken' });
      expect(one.activeCalls).toBe(1);
    });

    scenario('says that there is no such channel', async (world) => {
      const daemon = await attachingDaemon(world);
      for (const uuid of ['0dd8b0f2-0000-4000-8000-000000000000', 'a b', '', 'x\n\nexit', '${uuid}', 'a/b'])
        world.expect(await daemon.link.attach(uuid)).toMatchObject({ ok: false, code: 'no_such_call' });
    });

    scenario('refuses a channel that still rings at the far side', async (world) => {
      const daemon = await attachingDaemon(world);
      const call = await world.call({ extension: 'ringing' });
      const ringing = await world.switch.events.first(
        'the far side',
        (event) =>
          event.get('Event-Name') === 'CHANNEL_CREATE' &&
          event.get('variable_ringing_for') === call.uuid &&
          event.get('Call-Direction') === 'outbound',
      );
      const uuid = ringing.get('Unique-ID') ?? '';
      world.expect(await daemon.link.attach(uuid)).toMatchObject({ ok: false, code: 'attach_failed' });
      world.expect(await call.alive()).toBe(true);
    });
  },
  PARKED,
);
