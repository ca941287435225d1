import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/call/action.js';
import type { CallRecord } from '../../../src/call/call.js';
import { DialLimits } from '../../../src/call/dial-limits.js';
import type { Outcome } from '../../../src/call/outcome.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { Policy } from '../../../src/call/policy.js';
import type { Program } from '../../../src/call/program.js';
import { CallRunner } from '../../../src/call/runner.js';
import { readState } from '../../../src/call/state.js';
import type { ActionSource, SourceAnswer } from '../../../src/source/port.js';
import { FakeChannel } from './fake-channel.js';
import type { FakeChannelOptions } from './fake-channel.js';

type Given = string | (Partial<Action> & { application: string });

function actions(given: readonly Given[]): Action[] {
  return given.map((one) => {
    if (typeof one !== 'string') return { data: '', onError: 'continue', ...one };
    const [application = '', ...data] = one.split(' ');
    return { application, data: data.join(' '), onError: 'continue' };
  });
}

function answer(
  given: readonly Given[],
  more: Partial<SourceAnswer & { kind: 'actions' }> = {},
): SourceAnswer {
  return {
    kind: 'actions',
    actions: actions(given),
    policy: 'default',
    origin: 'test',
    warnings: [],
    final: true,
    ...more,
  };
}

function source(...answers: SourceAnswer[]): ActionSource & { asked: (readonly Outcome[] | undefined)[] } {
  const left = [...answers];
  const asked: (readonly Outcome[] | undefined)[] = [];
  const give = (outcomes?: readonly Outcome[]): Promise<SourceAnswer> => {
    asked.push(outcomes);
    return Promise.resolve(left.shift() ?? { kind: 'done' });
  };
  return { kind: 'test', asked, start: () => give(), next: (_, outcomes) => give(outcomes) };
}

interface Scene {
  readonly sources?: Readonly<Record<string, ActionSource>>;
  readonly channel?: FakeChannelOptions;
  readonly limits?: { chainDepth?: number; actionsPerCall?: number };
  readonly profile?: object;
}

async function play(scene: Scene): Promise<{ record: CallRecord; channel: FakeChannel; outcomes: string[] }> {
  const channel = new FakeChannel({
    ...scene.channel,
    variables: { cti_curl: 'main', ...scene.channel?.variables },
  });
  const runner = new CallRunner(channel, {
    sources: {
      open: ({ target }: Program) => {
        const found = scene.sources?.[target];
        return found === undefined ? { code: 'invalid_url', detail: target } : { source: found };
      },
      describe: ({ target }) => target,
    },
    policies: new Map([['default', new Policy('default', policyProfileSchema.parse(scene.profile ?? {}))]]),
    limits: { chainDepth: 3, actionsPerCall: 50, ...scene.limits },
    dialLimits: new DialLimits(),
  });
  const record = await runner.run();
  return { record, channel, outcomes: outcomesOf(record) };
}

function outcomesOf(record: CallRecord): string[] {
  return record.trace.flatMap((entry) =>
    entry.type === 'outcome' ? [`${entry.list}:${entry.index} ${entry.application} ${entry.status}`] : [],
  );
}

describe('a list', () => {
  it('runs as one segment that carries the end of the program', async () => {
    const { record, channel, outcomes } = await play({
      sources: { main: source(answer(['answer', 'playback a.wav', 'bridge user/10001'])) },
    });
    expect(channel.segments).toHaveLength(1);
    expect(channel.segments[0]).toMatchObject({
      release: true,
      before: {},
      after: { cti_status: 'done', cti_error: '', cti_actions: '3' },
    });
    expect(channel.releases).toEqual([]);
    expect(outcomes).toEqual(['1:0 answer ok', '1:1 playback ok', '1:2 bridge ok']);
    expect(record).toMatchObject({ result: 'done', actionsRan: 3, program: 'main' });
    expect(record.error).toBeUndefined();
  });

  it('gives an empty answer straight back', async () => {
    const { record, channel } = await play({ sources: { main: source({ kind: 'done' }) } });
    expect(channel.releases).toEqual([{ cti_status: 'done', cti_error: '', cti_actions: '0' }]);
    expect(record.result).toBe('done');
  });

  it('looks at what is to be expanded as it is when its turn has come', async () => {
    const told = async (value: string): Promise<string[]> => {
      const { outcomes } = await play({
        sources: { main: source(answer(['read 1 9 a.wav cti_said 1000 #', 'log INFO said ${cti_said}'])) },
        channel: {
          onStep: ({ application }) =>
            application === 'read' ? { values: { read_result: 'success', cti_said: value } } : undefined,
        },
        profile: { expansion: { allow: true, variables: ['cti_said'] } },
      });
      return outcomes;
    };
    expect(await told('42')).toEqual(['1:0 read ok', '1:1 log ok']);
    expect(await told('${system(id)}')).toEqual(['1:0 read ok', '1:1 log refused']);
  });

  it('lets a bridge fail softly unless the dialplan or the app said otherwise', async () => {
    const scopes = async (given: Given[], variables: Record<string, string> = {}) => {
      const { channel } = await play({ sources: { main: source(answer(given)) }, channel: { variables } });
      return channel.segments.flatMap(({ steps }) =>
        steps.filter(({ application }) => application === 'bridge').map(({ scope }) => scope),
      );
    };
    expect(await scopes(['bridge user/1'])).toEqual([{ continue_on_fail: 'true' }]);
    expect(await scopes(['bridge user/1'], { continue_on_fail: 'USER_BUSY' })).toEqual([undefined]);
    expect(await scopes(['set continue_on_fail=USER_BUSY', 'bridge user/1'])).toEqual([undefined]);
    for (const setter of ['export continue_on_fail=false', 'multiset ^^;cti_note=b;continue_on_fail=false'])
      expect(await scopes([setter, 'bridge user/1'])).toEqual([undefined]);
    expect(await scopes(['set cti_note=continue_on_fail=', 'bridge user/1'])).toEqual([
      { continue_on_fail: 'true' },
    ]);
    const later = ['bridge user/1', 'set continue_on_fail=false', 'bridge user/2'];
    expect(await scopes(later)).toEqual([{ continue_on_fail: 'true' }, undefined]);
  });

  it('is broken before data that FreeSWITCH is to expand', async () => {
    const { channel, outcomes } = await play({
      sources: {
        main: source(
          answer(['answer', { application: 'playback', data: 'a.wav', timeoutMs: 500 }, 'sleep 10']),
        ),
      },
    });
    expect(channel.segments.map(({ steps }) => steps.length)).toEqual([1, 1, 1]);
    expect(outcomes).toEqual(['1:0 answer ok', '1:1 playback ok', '1:2 sleep ok']);
  });

  it('says how each action ended when the caller hangs up', async () => {
    const { record, channel, outcomes } = await play({
      sources: { main: source(answer(['answer', 'playback a.wav', 'bridge user/1'])) },
      channel: {
        onStep: ({ application }) =>
          application === 'playback' ? { end: { kind: 'hung_up', cause: '' } } : undefined,
      },
    });
    expect(outcomes).toEqual(['1:0 answer ok', '1:1 playback hung_up', '1:2 bridge not_run']);
    expect(record).toMatchObject({ result: 'hung_up', actionsRan: 2 });
    expect(channel.segments).toHaveLength(1);
  });

  it('takes a hang-up that was asked for as the end', async () => {
    const { record, outcomes } = await play({
      sources: { main: source(answer(['answer', 'hangup USER_BUSY', 'playback a.wav'])) },
      channel: {
        onStep: ({ application }) =>
          application === 'hangup' ? { end: { kind: 'hung_up', cause: '' } } : undefined,
      },
    });
    expect(outcomes).toEqual(['1:0 answer ok', '1:1 hangup ok', '1:2 playback not_run']);
    // The socket did not tell the cause.
    expect(record.trace.at(-1)).toMatchObject({ type: 'ended', result: 'done', detail: 'USER_BUSY' });
    expect(record.result).toBe('done');
  });

  it('runs nothing more on a channel that was moved', async () => {
    const { record, channel, outcomes } = await play({
      sources: {
        main: source(
          answer([
            { application: 'playback', data: 'a.wav', onError: 'stop' },
            'bridge user/1',
            'cti_curl next',
          ]),
        ),
        next: source(answer(['hangup'])),
      },
      channel: { onStep: () => ({ end: { kind: 'moved', to: 'elsewhere' } }) },
    });
    expect(outcomes).toEqual(['1:0 playback moved', '1:1 bridge not_run', '1:2 cti_curl not_run']);
    expect(channel.segments).toHaveLength(1);
    expect(record.result).toBe('moved');
  });

  it('stops where on_error says so', async () => {
    const { record, channel, outcomes } = await play({
      sources: {
        main: source(answer([{ application: 'playback', data: 'a.wav', onError: 'stop' }, 'hangup'])),
      },
      channel: { onStep: () => ({ values: { current_application_response: 'FILE NOT FOUND' } }) },
    });
    expect(outcomes).toEqual(['1:0 playback failed', '1:1 hangup not_run']);
    expect(record.error?.code).toBe('action_failed');
    expect(channel.releases).toEqual([
      { cti_status: 'failed', cti_error: 'action_failed', cti_actions: '1', cti_state: '' },
    ]);
  });

  it('does not know the end before a last action that may stop the program', async () => {
    const { record, channel } = await play({
      sources: {
        main: source(answer(['answer', { application: 'playback', data: 'a.wav', onError: 'stop' }])),
      },
    });
    expect(channel.segments.at(-1)?.release).toBe(false);
    expect(channel.releases).toMatchObject([{ cti_status: 'done', cti_actions: '2' }]);
    expect(record.result).toBe('done');
  });
});

describe('the policy', () => {
  it('keeps what is refused from the switch, runs the rest, and calls the program failed', async () => {
    const { record, channel, outcomes } = await play({
      sources: { main: source(answer(['answer', 'system rm', 'playback a.wav'])) },
    });
    expect(channel.applications).toEqual(['answer', 'playback a.wav']);
    expect(outcomes).toEqual(['1:0 answer ok', '1:1 system refused', '1:2 playback ok']);
    expect(record).toMatchObject({ result: 'failed', error: { code: 'action_refused' } });
    expect(channel.segments.at(-1)?.after).toMatchObject({
      cti_status: 'failed',
      cti_error: 'action_refused',
    });
  });

  it('releases a list of which nothing may run', async () => {
    const { record, channel } = await play({ sources: { main: source(answer(['system rm'])) } });
    expect(channel.segments).toEqual([]);
    expect(channel.releases).toMatchObject([
      { cti_status: 'failed', cti_error: 'action_refused', cti_actions: '0' },
    ]);
    expect(record.error?.detail).toMatch(/^system \[0\]: /);
  });

  it('refuses a time limit that FreeSWITCH cannot keep', async () => {
    const { outcomes } = await play({
      sources: {
        main: source(answer([{ application: 'read', data: '1 1 a.wav digits 1000 #', timeoutMs: 500 }])),
      },
    });
    expect(outcomes).toEqual(['1:0 read refused']);
  });
});

describe('chains', () => {
  it('lets a cti_curl at the end of a list decide from there', async () => {
    const { record, channel, outcomes } = await play({
      sources: {
        main: source(answer(['answer', 'cti_curl next'])),
        next: source(answer(['playback b.wav'])),
      },
    });
    expect(channel.applications).toEqual(['answer', 'playback b.wav']);
    expect(outcomes).toEqual(['1:0 answer ok', '1:1 cti_curl ok', '2:0 playback ok']);
    expect(channel.segments.at(-1)).toMatchObject({ release: true, after: { cti_actions: '3' } });
    expect(record.result).toBe('done');
  });

  it('comes back to the list that it stands in the middle of', async () => {
    const { channel, outcomes } = await play({
      sources: {
        main: source(answer(['cti_curl next', 'playback a.wav'])),
        next: source(answer(['playback b.wav'])),
      },
    });
    expect(channel.applications).toEqual(['playback b.wav', 'playback a.wav']);
    expect(channel.segments.map(({ release }) => release)).toEqual([false, true]);
    expect(outcomes).toEqual(['1:0 cti_curl ok', '2:0 playback ok', '1:1 playback ok']);
  });

  it('ends as failed when the last word is an app that fails', async () => {
    const { record, channel } = await play({
      sources: {
        main: source(answer(['answer', 'cti_curl next'])),
        next: source({ kind: 'failed', code: 'connect_refused', detail: 'x' }),
      },
    });
    expect(record.error?.code).toBe('connect_refused');
    expect(channel.releases).toMatchObject([
      { cti_status: 'failed', cti_error: 'connect_refused', cti_actions: '2' },
    ]);
  });

  it('goes on with the actions behind one that fails', async () => {
    const { record, channel, outcomes } = await play({
      sources: { main: source(answer(['cti_curl nowhere', 'playback sorry.wav'])) },
    });
    expect(channel.applications).toEqual(['playback sorry.wav']);
    expect(outcomes).toEqual(['1:0 cti_curl failed', '1:1 playback ok']);
    expect(record.result).toBe('done');
  });

  it('ends an app that nests itself', async () => {
    const again = (): SourceAnswer => answer(['cti_curl main', 'sleep 1']);
    const { record } = await play({ sources: { main: source(again(), again(), again(), again(), again()) } });
    expect(record.error?.code).toBe('too_deep');
  });

  it('ends an app that chains to itself for ever', async () => {
    const endless: ActionSource = {
      kind: 'test',
      start: () => Promise.resolve(answer(['sleep 1', 'cti_curl main'])),
      next: () => Promise.resolve({ kind: 'done' }),
    };
    const { record } = await play({ sources: { main: endless }, limits: { actionsPerCall: 20 } });
    expect(record.error?.code).toBe('too_many_actions');
    expect(record.actionsRan).toBe(20);
  });

  it('tells a flow that does not exist', async () => {
    const { outcomes, record } = await play({ sources: { main: source(answer(['cti_flow support'])) } });
    expect(outcomes).toEqual(['1:0 cti_flow failed']);
    expect(record.result).toBe('failed');
  });
});

describe('a source with more to say', () => {
  it('is told the outcomes and asked again', async () => {
    const main = source(answer(['playback a.wav'], { final: false }), answer(['sleep 1'], { final: false }));
    const { channel, record } = await play({ sources: { main } });
    expect(main.asked.map((outcomes) => outcomes?.map(({ status }) => status))).toEqual([
      undefined,
      ['ok'],
      ['ok'],
    ]);
    expect(channel.segments.map(({ release }) => release)).toEqual([false, false]);
    expect(record.result).toBe('done');
  });

  it('finds the digits of its list in the call', async () => {
    let seen: string | undefined;
    const main: ActionSource = {
      kind: 'test',
      start: () => Promise.resolve(answer(['read 1 4 a.wav digits 1000 #'], { final: false })),
      next: (call) => {
        seen = call.get('digits');
        return Promise.resolve({ kind: 'done' });
      },
    };
    await play({
      sources: { main },
      channel: { onStep: () => ({ values: { read_result: 'success', digits: '42' } }) },
    });
    expect(seen).toBe('42');
  });
});

describe('while a source is slow', () => {
  const slow = (
    until: Promise<void>,
    waiting?: ActionSource['waiting'],
  ): ActionSource & { aborted?: boolean } => ({
    kind: 'test',
    ...(waiting === undefined ? {} : { waiting }),
    start: async (_, { signal }) => {
      const stopped = new Promise<'stopped'>((resolve) =>
        signal.addEventListener('abort', () => resolve('stopped')),
      );
      const end = await Promise.race([until, stopped]);
      return end === 'stopped' ? { kind: 'failed', code: 'call_gone', detail: '' } : answer(['sleep 1']);
    },
    next: () => Promise.resolve({ kind: 'done' }),
  });

  it('plays the prompt in pieces until the answer is there', async () => {
    let ready: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (ready = resolve));
    let pieces = 0;
    const { channel, record } = await play({
      sources: { main: slow(until, { play: 'tone_stream://x', afterMs: 0 }) },
      channel: {
        onWait: () => {
          pieces += 1;
          if (pieces === 2) ready();
          return { kind: 'completed' };
        },
      },
    });
    expect(channel.waits).toEqual(['tone_stream://x', 'tone_stream://x']);
    expect(record.result).toBe('done');
  });

  it('does not begin a prompt again and again that cannot be played', async () => {
    const until = new Promise<void>((resolve) => setTimeout(resolve, 200));
    const { channel, record } = await play({
      sources: { main: slow(until, { play: 'missing.wav', afterMs: 0 }) },
    });
    expect(channel.waits.length).toBeLessThan(5);
    expect(record.result).toBe('done');
  });

  it('lets go of a call that is moved meanwhile, and stops asking', async () => {
    const never = new Promise<void>(() => undefined);
    const { channel, record } = await play({
      sources: { main: slow(never) },
      channel: { onWait: () => ({ kind: 'moved', to: 'elsewhere' }) },
    });
    expect(record.result).toBe('moved');
    expect(channel.segments).toEqual([]);
  });

  it('stops asking when the caller hangs up', async () => {
    const channel = new FakeChannel({ variables: { cti_curl: 'main' } });
    const main = slow(new Promise<void>(() => undefined));
    const runner = new CallRunner(channel, {
      sources: { open: () => ({ source: main }), describe: () => 'main' },
      policies: new Map(),
      limits: { chainDepth: 1, actionsPerCall: 1 },
      dialLimits: new DialLimits(),
    });
    const running = runner.run();
    channel.hangUp();
    expect((await running).result).toBe('hung_up');
  });
});

describe('a second daemon', () => {
  it('goes on behind the segment that the first one had written', async () => {
    const given = [
      { application: 'playback', data: 'a.wav', onError: 'stop' } as const,
      'playback b.wav',
      'sleep 1',
    ];
    const first = await play({
      sources: { main: source(answer(given)) },
      channel: { onStep: () => ({ end: { kind: 'lost', detail: 'killed' } }) },
    });
    expect(first.record.result).toBe('lost');
    const state = first.channel.segments[0]?.before['cti_state'] ?? '';
    expect(readState(state)?.lists[0]?.rest).toHaveLength(2);

    const { after } = first.channel.segments[0] ?? {};
    expect(after).toEqual({ cti_actions: '1' });
    const variables = { cti_state: state, cti_o1: 'x;0,1000,FILE PLAYED,300,;E', ...after };
    const main = source(answer(['hangup']));
    const second = await play({ sources: { main }, channel: { variables } });
    expect(main.asked).toEqual([]);
    expect(second.channel.applications).toEqual(['playback b.wav', 'sleep 1']);
    expect(second.outcomes).toEqual(['1:0 playback ok', '1:1 playback ok', '1:2 sleep ok']);
    expect(second.channel.segments.at(-1)?.after).toEqual({
      cti_status: 'done',
      cti_error: '',
      cti_actions: '3',
      cti_state: '',
    });
  });

  it('runs the segment that never reached FreeSWITCH, though it was written down', async () => {
    const given = [
      { application: 'playback', data: 'a.wav', onError: 'stop' } as const,
      { application: 'playback', data: 'b.wav', onError: 'stop' } as const,
      'sleep 1',
    ];
    const first = await play({
      sources: { main: source(answer(given)) },
      channel: {
        onStep: ({ data }) => (data === 'a.wav' ? undefined : { end: { kind: 'lost', detail: '' } }),
      },
    });
    // What the first segment has left: its outcome, and how many actions had run then.
    const [before, unsent] = first.channel.segments;
    const cti_state = unsent?.before['cti_state'] ?? '';
    const variables = { cti_state, cti_o1: 'x;0,1000,FILE PLAYED,300,;E', ...before?.after };
    const second = await play({ sources: { main: source() }, channel: { variables } });
    expect(second.channel.applications).toEqual(['playback b.wav', 'sleep 1']);
    expect(second.outcomes).toEqual(['1:1 playback ok', '1:2 sleep ok']);
    expect(second.channel.segments.at(-1)?.after).toMatchObject({ cti_status: 'done', cti_actions: '3' });
  });

  it('does not run anew what an asynchronous socket broke off with its end', async () => {
    const given = [{ application: 'playback', data: 'a.wav', onError: 'stop' } as const, 'sleep 1'];
    const first = await play({
      sources: { main: source(answer(given)) },
      channel: { onStep: () => ({ end: { kind: 'lost', detail: '' } }) },
    });
    const variables = { cti_state: first.channel.segments[0]?.before['cti_state'] ?? '', cti_o1: 'x;' };
    const channel = { variables, headers: { 'Socket-Mode': 'async' } };
    const second = await play({ sources: { main: source() }, channel });
    expect(second.channel.applications).not.toContain('playback a.wav');
  });

  it.each(['garbage', Buffer.from('{"v":9}').toString('base64url')])(
    'begins anew with a state it cannot read: %s',
    async (state) => {
      const { channel } = await play({
        sources: { main: source(answer(['answer'])) },
        channel: { variables: { cti_state: state } },
      });
      expect(channel.applications).toEqual(['answer']);
    },
  );
});

describe('what the dialplan hands over', () => {
  it.each([
    [{}, 'no_program'],
    [{ socket_path: 'nonsense' }, 'no_program'],
  ])('gives back a call without a program: %j', async (variables, code) => {
    const channel = new FakeChannel({ variables });
    const runner = new CallRunner(channel, {
      sources: { open: () => ({ code: 'invalid_url', detail: '' }), describe: () => '' },
      policies: new Map(),
      limits: { chainDepth: 1, actionsPerCall: 1 },
      dialLimits: new DialLimits(),
    });
    const record = await runner.run();
    expect(record.error?.code).toBe(code);
    expect(channel.releases).toMatchObject([{ cti_status: 'failed', cti_error: code }]);
  });
});
