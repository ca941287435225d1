import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { summaryOf } from '../support/test-daemon.js';
import { type CliRun, harness, runCli } from '../unit/cli/harness.js';
import { run as runProgram } from '../../src/cli/program.js';
import { onEverySwitch, type HandOver, type World } from './suite.js';

const PROMPT = { application: 'playback', data: 'silence_stream://20000' };
const ANSWER = { application: 'answer' };

/** The command line, asking the daemon of the scenario. */
function switchhook(
  world: World,
  args: readonly string[],
  input?: { text?: string; answer?: string },
): Promise<CliRun> {
  return runCli(args, { SWITCHHOOK_URL: world.daemon.httpOrigin }, input);
}

async function well(world: World, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await switchhook(world, args);
  world.expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

function set(name: string): { application: string; data: string } {
  return { application: 'set', data: `cti_${name}=ran` };
}

function list(...actions: readonly unknown[]): string {
  return JSON.stringify(actions);
}

onEverySwitch('live calls', {}, ({ scenario }) => {
  scenario('are listed and shown, with what has happened so far', async (world) => {
    const { expect, callWith, app } = world;
    const call = await callWith([ANSWER, PROMPT], { variables: { origination_caller_id_number: '49891' } });
    await call.playing();
    const table = await well(world, 'calls');
    expect(table).toMatch(new RegExp(`${call.uuid} .* running +answer playback `));
    const { total, calls } = JSON.parse(await well(world, 'calls', '--json')) as {
      total: number;
      calls: Record<string, unknown>[];
    };
    expect(total).toBeGreaterThan(0);
    expect(calls.find(({ uuid }) => uuid === call.uuid)).toMatchObject({
      origin: world.handOver === 'socket' ? 'socket' : 'attached',
      caller: '49891',
      state: 'running',
      running: ['answer', 'playback'],
      actions_ran: 0,
      appended: 0,
    });
    const shown = JSON.parse(await well(world, 'call', 'show', call.uuid, '--json')) as {
      application: string;
      trace: { type: string }[];
    };
    expect(shown.application).toBe('playback');
    expect(shown.trace.map(({ type }) => type)).toEqual(['handed_over', 'request', 'answer', 'run']);
    expect(await well(world, 'call', 'show', call.uuid)).toMatch(/on the channel: playback/);

    const held = app.held([]);
    const asking = await world.call({ url: held.url });
    await held.asked();
    expect(await well(world, 'calls', '--state', 'asking')).toContain(asking.uuid);
    expect(await well(world, 'calls', '--state', 'asking')).not.toContain(call.uuid);
    held.release();
  });

  scenario('can be watched', async (world) => {
    const call = await world.callWith([ANSWER, PROMPT]);
    await call.playing();
    const { cli, signal } = harness({ SWITCHHOOK_URL: world.daemon.httpOrigin });
    const watching = runProgram(['calls', '--watch', '--json'], cli);
    await cli.told(new RegExp(`${call.uuid}[^\\n]*\\n[^\\n]*${call.uuid}`));
    signal('SIGINT');
    world.expect(await watching).toBe(130);
  });

  scenario('are hung up with a cause', async (world) => {
    const { expect } = world;
    const call = await world.callWith([ANSWER, PROMPT]);
    await call.playing();
    const refused = await switchhook(world, ['call', 'hangup', call.uuid, '--cause', 'BUSY', '--yes']);
    expect(refused.err).toContain('error invalid_request');
    expect(await call.alive()).toBe(true);
    await well(world, 'call', 'hangup', call.uuid, '--cause', 'USER_BUSY', '--yes');
    expect((await call.hungUp()).get('Hangup-Cause')).toBe('USER_BUSY');
    expect((await world.daemon.record(call.uuid)).result).toBe('hung_up');
    const again = await switchhook(world, ['call', 'hangup', call.uuid, '--yes']);
    expect(again.code).toBe(1);
    expect(again.err).toContain('error call_not_controlled');
  });

  scenario('are transferred, and the rest of their list does not run', async (world) => {
    const { expect } = world;
    const call = await world.callWith([ANSWER, PROMPT, set('after')]);
    await call.playing();
    const unasked = await switchhook(world, ['call', 'transfer', call.uuid, 'back', '--context', 'callers']);
    expect(unasked.err).toContain('error confirmation_needed');
    await well(world, 'call', 'transfer', call.uuid, 'back', '--context', 'callers', '--yes');
    await call.returned();
    const record = await world.daemon.record(call.uuid);
    expect(record.result).toBe('moved');
    expect(summaryOf(record)).toEqual(['answer ok', 'playback moved', 'set not_run']);
    expect(await call.get('cti_after')).toBeUndefined();
  });

  scenario('are transferred by nothing that would run applications', async (world) => {
    const call = await world.callWith([ANSWER, PROMPT]);
    await call.playing();
    for (const args of [
      ['system:id', '--dialplan', 'inline'],
      ['1001', '--dialplan', 'Lua', '--context', 'a.lua'],
      ['hangup', '--dialplan', 'INLINE'],
      ['back XML callers'],
      ['${system(id)}'],
      ['back', '--context', 'a b'],
    ]) {
      const { code, err } = await switchhook(world, ['call', 'transfer', call.uuid, ...args, '--yes']);
      world.expect(code).toBe(2);
      world.expect(err).toContain('error invalid_request');
    }
    const option = await fetch(`${world.daemon.httpOrigin}/v1/calls/${call.uuid}/transfer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ extension: '-both' }),
    });
    world.expect(option.status).toBe(400);
    world.expect(await call.alive()).toBe(true);
  });

  scenario('run an appended list behind their program, before they are given back', async (world) => {
    const { expect } = world;
    const call = await world.callWith([
      ANSWER,
      { application: 'playback', data: 'silence_stream://1500' },
      set('own'),
    ]);
    await call.playing();
    const out = await well(
      world,
      'call',
      'run',
      call.uuid,
      list(set('appended'), { application: 'playback', data: 'silence_stream://100' }),
      '--append',
    );
    expect(out).toContain('when the program of the call has ended');
    await call.returned();
    const record = await world.daemon.record(call.uuid);
    expect(record.result).toBe('done');
    expect(summaryOf(record)).toEqual(['answer ok', 'playback ok', 'set ok', 'set ok', 'playback ok']);
    expect(await call.get('cti_own')).toBe('ran');
    expect(await call.get('cti_appended')).toBe('ran');
    expect(await call.get('cti_status')).toBe('done');
    expect(await call.get('cti_actions')).toBe('5');
  });

  scenario('know in an appended list what is known of the call', async (world) => {
    const appended = world.app.list([set('appended')]);
    const call = await world.callWith([ANSWER, { application: 'playback', data: 'silence_stream://1500' }], {
      variables: { customer_id: '7' },
    });
    await call.playing();
    const next = { application: 'cti_curl', data: `${appended.url}?customer={customer_id}` };
    await well(world, 'call', 'run', call.uuid, list(next), '--append');
    await call.returned();
    world.expect(appended.requests[0]?.url.searchParams.get('customer')).toBe('7');
    world.expect(await call.get('cti_appended')).toBe('ran');
  });

  scenario('run what was appended while their app was asked, also when that fails', async (world) => {
    const { expect, app } = world;
    let fail = (): void => undefined;
    const gate = new Promise<void>((resolve) => (fail = resolve));
    const route = app.route(async () => {
      await gate;
      return { status: 404 };
    });
    const call = await world.call({ url: route.url });
    await route.asked();
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-list-'));
    world.cleanUpWith(() => rm(folder, { recursive: true }));
    await writeFile(
      join(folder, 'list.json'),
      list(set('one'), { application: 'cti_curl', data: app.list([set('chained')]).url }),
    );
    await well(world, 'call', 'run', call.uuid, join(folder, 'list.json'), '--append');
    const second = await switchhook(world, ['call', 'run', call.uuid, '-', '--append'], {
      text: list(set('two')),
    });
    expect(second.code).toBe(0);
    fail();
    await call.returned();
    expect(await call.get('cti_one')).toBe('ran');
    expect(await call.get('cti_chained')).toBe('ran');
    expect(await call.get('cti_two')).toBe('ran');
    expect(await call.get('cti_status')).toBe('failed');
    expect(await call.get('cti_error')).toBe('http_status');
  });

  scenario('are interrupted while a list runs: the new list takes its place', async (world) => {
    const { expect } = world;
    const call = await world.callWith([
      ANSWER,
      { application: 'playback', data: 'silence_stream://100' },
      PROMPT,
      set('after'),
    ]);
    await call.begun('playback', PROMPT.data);
    const out = await well(
      world,
      'call',
      'run',
      call.uuid,
      list(set('new'), { application: 'playback', data: 'silence_stream://100' }),
      '--interrupt',
      '--yes',
      '--then',
      'back XML callers',
    );
    expect(out).toContain('in place of the program');
    await call.returned();
    const [old, fresh] = await world.daemon.records(call.uuid, 2);
    expect(old?.result).toBe('interrupted');
    expect(old === undefined ? [] : summaryOf(old)).toEqual([
      'answer ok',
      'playback ok',
      'playback interrupted',
      'set not_run',
    ]);
    expect(fresh).toMatchObject({ result: 'done', program: 'operator/local' });
    expect(fresh === undefined ? [] : summaryOf(fresh)).toEqual(['set ok', 'playback ok']);
    expect(await call.get('cti_new')).toBe('ran');
    expect(await call.get('cti_after')).toBeUndefined();
    expect(await call.get('cti_status')).toBe('done');
  });

  scenario('are interrupted while their app is asked, and go back to where they came from', async (world) => {
    const { expect, app } = world;
    const held = app.held([set('late')]);
    const call = await world.call({ url: held.url });
    await held.asked();
    await well(world, 'call', 'run', call.uuid, list(set('new')), '--interrupt', '--yes');
    await call.returned();
    const [old, fresh] = await world.daemon.records(call.uuid, 2);
    expect([old?.result, fresh?.result]).toEqual(['interrupted', 'done']);
    expect(await held.requests[0]?.abandoned).toBe(true);
    expect(await call.get('cti_new')).toBe('ran');
    expect(await call.get('cti_late')).toBeUndefined();
    held.release();
  });

  scenario('are interrupted while their app is asked, and go where it is said', async (world) => {
    const { expect, app } = world;
    const held = app.held([set('late')]);
    const call = await world.call({ url: held.url });
    await held.asked();
    const target = 'colleague XML callers';
    const args = ['call', 'run', call.uuid, list(set('new')), '--interrupt', '--yes', '--then', target];
    await well(world, ...args);
    expect(await call.variable('arrived')).toBe('colleague');
    const [old, fresh] = await world.daemon.records(call.uuid, 2);
    expect([old?.result, fresh?.result]).toEqual(['interrupted', 'done']);
    expect(await call.get('cti_new')).toBe('ran');
    expect(await call.get('back_in_dialplan')).toBeUndefined();
    held.release();
  });

  scenario('are interrupted also when their app answers in that moment', (world) =>
    interruptedWhenAnswered(world),
  );

  scenario('are interrupted on an asynchronous socket when their app answers in that moment', (world) =>
    interruptedWhenAnswered(world, { extension: 'socket-async-full' }),
  );

  scenario('run nothing that the policy does not allow', async (world) => {
    const { expect } = world;
    const call = await world.callWith([ANSWER, PROMPT]);
    await call.playing();
    const bad = list(set('x'), { application: 'system', data: 'id' });
    for (const mode of ['--append', '--interrupt']) {
      const { code, err } = await switchhook(world, ['call', 'run', call.uuid, bad, mode, '--yes']);
      expect(code).toBe(1);
      expect(err).toMatch(/error action_refused: .*actions\[1\] system: application:/);
    }
    const unknown = await switchhook(world, [
      'call',
      'run',
      call.uuid,
      list(ANSWER),
      '--append',
      '--policy',
      'none',
    ]);
    expect(unknown.err).toContain('there is no profile "none"');
    const calls = JSON.parse(await well(world, 'call', 'show', call.uuid, '--json')) as { state: string };
    expect(calls.state).toBe('running');
  });

  scenario('are asked about before they are harmed', async (world) => {
    const { expect } = world;
    const call = await world.callWith([ANSWER, PROMPT]);
    await call.playing();
    const nobody = await switchhook(world, ['call', 'hangup', call.uuid]);
    expect(nobody.err).toContain('error confirmation_needed');
    const no = await switchhook(world, ['call', 'hangup', call.uuid], { answer: 'n' });
    expect(no.err).toContain(`Hang up ${call.uuid}? [y/N]`);
    expect(no.code).toBe(1);
    expect(await call.alive()).toBe(true);
    const yes = await switchhook(world, ['call', 'hangup', call.uuid], { answer: 'y' });
    expect(yes.code).toBe(0);
    await call.hungUp();
  });
});

onEverySwitch(
  'a channel that is attached on request',
  {},
  ({ scenario }) => {
    async function parked(world: World): Promise<string> {
      return world.somebody();
    }

    scenario('runs a list of the command line', async (world) => {
      const { expect } = world;
      const uuid = await parked(world);
      const out = await well(
        world,
        'call',
        'attach',
        uuid,
        '--actions',
        list(set('new')),
        '--then',
        'hangup',
        '--yes',
      );
      expect(out).toContain('operator/local');
      const record = await world.daemon.record(uuid);
      expect(record).toMatchObject({ program: 'operator/local', result: 'done' });
      expect(summaryOf(record)).toEqual(['set ok']);
    });

    scenario('asks the app that was named, and can be shown meanwhile', async (world) => {
      const { expect, app } = world;
      const uuid = await parked(world);
      const held = app.held([{ application: 'playback', data: 'silence_stream://100' }]);
      await well(
        world,
        'call',
        'attach',
        uuid,
        '--url',
        `${held.url}?token=hunter2`,
        '--then',
        'hangup',
        '--yes',
      );
      await held.asked();
      const shown = await well(world, 'call', 'show', uuid);
      expect(shown).toContain('attached to switch main');
      expect(shown).not.toContain('hunter2');
      const again = await switchhook(world, ['call', 'attach', uuid, '--url', held.url, '--yes']);
      expect(again.err).toContain('error call_under_control');
      held.release();
      const record = await world.daemon.record(uuid);
      expect(summaryOf(record)).toEqual(['playback ok']);
      expect(
        await eventually('the end of the channel', async () =>
          (await world.switch.api(`uuid_exists ${uuid}`)) === 'false' ? true : undefined,
        ),
      ).toBe(true);
    });

    scenario('is left alone when what it should run is not there', async (world) => {
      const { expect } = world;
      const uuid = await parked(world);
      for (const [args, code] of [
        [['--url', 'no-such-endpoint'], 'invalid_url'],
        [['--actions', list({ application: 'system', data: 'id' })], 'action_refused'],
        [['--actions', list(ANSWER), '--switch', 'other'], 'no_such_switch'],
        [['--actions', list(ANSWER), '--then', 'x inline default'], 'invalid_request'],
      ] as const) {
        const { err } = await switchhook(world, ['call', 'attach', uuid, ...args, '--yes']);
        expect(err).toContain(`error ${code}`);
      }
      expect(await world.switch.api(`uuid_getvar ${uuid} cti_owner`)).toBe('_undef_');
      const nobody = await switchhook(world, [
        'call',
        'attach',
        'b1946ac9-0000-4000-8000-000000000000',
        '--actions',
        list(ANSWER),
        '--yes',
      ]);
      expect(nobody.err).toContain('error no_such_call');
    });
  },
  { handOvers: ['parked'] },
);

// Parked calls come through a switch of the configuration; these have none.
onEverySwitch(
  'live calls of a daemon that knows no switch',
  {},
  ({ scenario }) => {
    scenario('can be acted on while their connection is free', async (world) => {
      const { expect, app } = world;
      const held = app.held([ANSWER]);
      const call = await world.call({ url: held.url });
      await held.asked();
      await well(world, 'call', 'transfer', call.uuid, 'back', '--context', 'callers', '--yes');
      await call.returned();
      expect((await world.daemon.record(call.uuid)).result).toBe('moved');
    });

    scenario('are out of reach while a list runs on a synchronous socket', async (world) => {
      const { expect } = world;
      const call = await world.callWith([ANSWER, PROMPT]);
      await call.playing();
      for (const args of [
        ['hangup', call.uuid, '--yes'],
        ['transfer', call.uuid, 'back', '--yes'],
        ['run', call.uuid, list(ANSWER), '--interrupt', '--yes'],
      ]) {
        const { code, err } = await switchhook(world, ['call', ...args]);
        expect({ code, err }).toEqual({
          code: 1,
          err: expect.stringContaining('error call_out_of_reach') as string,
        });
      }
      expect(await call.alive()).toBe(true);
      await well(world, 'call', 'run', call.uuid, list(set('appended')), '--append');
      expect(
        (JSON.parse(await well(world, 'call', 'show', call.uuid, '--json')) as { appended: number }).appended,
      ).toBe(1);
    });

    scenario('can be hung up on an asynchronous socket', async (world) => {
      const { expect } = world;
      const call = await world.callWith([ANSWER, PROMPT], { extension: 'socket-async-full' });
      await call.playing();
      await well(world, 'call', 'hangup', call.uuid, '--cause', 'CALL_REJECTED', '--yes');
      expect((await call.hungUp()).get('Hangup-Cause')).toBe('CALL_REJECTED');
    });
  },
  { handOvers: ['socket'] },
);

async function interruptedWhenAnswered(world: World, handOver: HandOver = {}): Promise<void> {
  const { expect, app } = world;
  const held = app.held([set('late')]);
  const call = await world.call({ ...handOver, url: held.url });
  await held.asked();
  const target = 'colleague XML callers';
  const args = ['call', 'run', call.uuid, list(set('new')), '--interrupt', '--yes', '--then', target];
  const interrupted = well(world, ...args);
  const isTakenOver = async (): Promise<true | undefined> => {
    const { trace } = JSON.parse(await well(world, 'call', 'show', call.uuid, '--json')) as {
      trace: { what?: string }[];
    };
    return trace.some(({ what }) => what === 'interrupted') ? true : undefined;
  };
  await Promise.race([eventually('the call to be taken over', isTakenOver, { everyMs: 2 }), interrupted]);
  held.release();
  await interrupted;
  expect(await call.variable('arrived')).toBe('colleague');
  const [old, fresh] = await world.daemon.records(call.uuid, 2);
  expect([old?.result, fresh?.result]).toEqual(['interrupted', 'done']);
  expect(await call.get('cti_new')).toBe('ran');
  expect(await call.get('cti_late')).toBeUndefined();
}
