import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/call/action.js';
import type { CallRecord } from '../../../src/call/call.js';
import { DialLimits } from '../../../src/call/dial-limits.js';
import type { Outcome } from '../../../src/call/outcome.js';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { Policy } from '../../../src/call/policy.js';
import { CallRunner } from '../../../src/call/runner.js';
import { readState } from '../../../src/call/state.js';
import type { ActionSource, SourceMove, SourceState } from '../../../src/source/port.js';
import { FakeChannel } from './fake-channel.js';
import type { FakeChannelOptions, FakeStep } from './fake-channel.js';

/** A source that is asked again and again, and can be taken up by another daemon. */
class Asked implements ActionSource {
  readonly kind = 'test';
  readonly questions: string[] = [];
  readonly #moves: SourceMove[];
  #count: number;

  constructor(moves: readonly SourceMove[], count = 0) {
    this.#moves = moves.slice(count);
    this.#count = count;
  }

  start(): Promise<SourceMove> {
    return this.#next('start');
  }

  next(_call: unknown, outcomes: readonly Outcome[]): Promise<SourceMove> {
    const told = outcomes.map(({ application, status, detail }) =>
      [application, status, detail ?? ''].join(' ').trim(),
    );
    return this.#next(`next ${told.join(', ')}`.trim());
  }

  resume(): Promise<SourceMove> {
    this.#count -= 1;
    return this.#next('resume');
  }

  state(): SourceState {
    return { kind: 'test', data: this.#count };
  }

  report(): SourceState {
    return { kind: 'test', data: this.questions.length };
  }

  #next(question: string): Promise<SourceMove> {
    this.questions.push(question);
    this.#count += 1;
    return Promise.resolve(this.#moves.shift() ?? { kind: 'done' });
  }
}

function actions(...given: (string | Partial<Action>)[]): Action[] {
  return given.map((one): Action => {
    if (typeof one !== 'string') return { application: '', data: '', onError: 'continue', ...one };
    const [application = '', ...data] = one.split(' ');
    return { application, data: data.join(' '), onError: 'continue' };
  });
}

function list(given: Action[], more: Partial<SourceMove & { kind: 'actions' }> = {}): SourceMove {
  const rest = { policy: 'default', origin: 'test', warnings: [], final: false };
  return { kind: 'actions', actions: given, ...rest, ...more };
}

interface Played {
  readonly record: CallRecord;
  readonly channel: FakeChannel;
}

async function play(
  sources: Readonly<Record<string, ActionSource>>,
  options: FakeChannelOptions = {},
  reopened?: (data: unknown) => ActionSource,
): Promise<Played> {
  const channel = new FakeChannel({ ...options, variables: { cti_curl: 'main', ...options.variables } });
  const runner = new CallRunner(channel, {
    sources: {
      open: ({ target }) => {
        const source = sources[target];
        return source === undefined ? { code: 'invalid_url', detail: target } : { source };
      },
      reopen: ({ data }) =>
        reopened === undefined ? { code: 'flow_version_gone', detail: '' } : { source: reopened(data) },
      describe: ({ target }) => target,
    },
    policies: new Map([['default', new Policy('default', policyProfileSchema.parse({}))]]),
    limits: { chainDepth: 3, actionsPerCall: 50 },
    dialLimits: new DialLimits(),
  });
  return { record: await runner.run(), channel };
}

function app(...given: string[]): ActionSource {
  return {
    kind: 'app',
    start: () => Promise.resolve(list(actions(...given), { final: true })),
    next: () => Promise.resolve({ kind: 'done' }),
  };
}

describe('a source that is asked again', () => {
  it('gets the outcome of each action, and decides about what was refused', async () => {
    const main = new Asked([list(actions('answer', 'system id', 'playback a.wav')), { kind: 'done' }]);
    const { record } = await play({ main });
    expect(main.questions[1]).toMatch(/^next answer ok, system refused application: .*, playback ok$/);
    expect(record.result).toBe('done');
    expect(record.reports).toEqual([{ kind: 'test', data: 2 }]);
  });

  it('is asked when an action ends its list', async () => {
    const stop = { application: 'playback', data: 'a.wav', onError: 'stop' } as const;
    const main = new Asked([list(actions(stop, 'playback b.wav')), { kind: 'done' }]);
    const onStep = (): { values: Record<string, string> } => ({
      values: { current_application_response: 'FILE NOT FOUND' },
    });
    const { record, channel } = await play({ main }, { onStep });
    expect(main.questions[1]).toBe('next playback failed the file could not be played, playback not_run');
    expect(channel.applications).toEqual(['playback a.wav']);
    expect(record.result).toBe('done');
  });

  it('is told what became of an app that it leads to', async () => {
    const main = new Asked([
      list(actions('cti_curl second')),
      list(actions('cti_curl nowhere', 'answer')),
      { kind: 'done' },
    ]);
    const { record } = await play({ main, second: app('playback a.wav') });
    expect(main.questions.slice(1)).toEqual([
      'next cti_curl ok',
      'next cti_curl failed invalid_url: nowhere, answer ok',
    ]);
    expect(record.result).toBe('done');
  });

  it('has the digits that nobody else may see', async () => {
    const main = new Asked([
      list(actions('read 1 4 silence pin 5000 #'), { masked: ['pin'] }),
      { kind: 'done' },
    ]);
    const told: Outcome[][] = [];
    const next = main.next.bind(main);
    main.next = (call, outcomes) => {
      told.push([...outcomes]);
      return next(call, outcomes);
    };
    const { record } = await play(
      { main },
      { onStep: () => ({ values: { pin: '1234', read_result: 'success' } }) },
    );
    expect(told[0]?.[0]?.variables['pin']).toBe('1234');
    const outcome = record.trace.find((entry) => entry.type === 'outcome');
    expect(outcome?.type === 'outcome' && outcome.variables['pin']).toBe('****');
  });

  it('has what it came to kept on the channel when it asks for that', async () => {
    const main = new Asked([{ kind: 'keep' }, { kind: 'done' }]);
    const { channel } = await play({ main });
    expect(main.questions).toEqual(['start', 'next']);
    const state = readState(channel.segments[0]?.before['cti_state']);
    expect(state).toMatchObject({ segment: [], lists: [], asked: { source: { kind: 'test', data: 1 } } });
    expect(channel.segments[0]?.steps).toEqual([]);
    expect(channel.releases.at(-1)).toMatchObject({ cti_status: 'done', cti_state: '' });
  });
});

function killedInPlayback({ application }: { readonly application: string }): FakeStep {
  return application === 'playback' ? { end: { kind: 'lost', detail: '' } } : {};
}

describe('a second daemon', () => {
  const moves = [
    list(actions('answer', 'playback a.wav', 'sleep 1')),
    list(actions('playback b.wav')),
    { kind: 'done' },
  ] as const;

  it('tells the source what FreeSWITCH has run without anybody', async () => {
    const killed = await play(
      { main: new Asked(moves) },
      {
        onStep: killedInPlayback,
      },
    );
    expect(killed.record.result).toBe('lost');
    const cti_state = killed.channel.segments[0]?.before['cti_state'] ?? '';
    const { after } = killed.channel.segments[0] ?? {};
    const variables = { cti_state, cti_o1: 'x;1,1000,FILE PLAYED,300,;2,2000;E', ...after };
    let second: Asked | undefined;
    const { record, channel } = await play(
      {},
      { variables },
      (data) => (second = new Asked(moves, Number(data))),
    );
    expect(second?.questions).toEqual(['next answer ok, playback ok, sleep ok', 'next playback ok']);
    expect(channel.applications).toEqual(['playback b.wav']);
    expect(record).toMatchObject({ result: 'done', actionsRan: 4 });
    expect(channel.releases.at(-1)).toMatchObject({ cti_status: 'done', cti_actions: '4' });
  });

  it('puts a question again that was open', async () => {
    const killed = await play(
      { main: new Asked([{ kind: 'keep' }]) },
      { onStep: () => ({ end: { kind: 'lost', detail: '' } }) },
    );
    const cti_state = killed.channel.segments[0]?.before['cti_state'] ?? '';
    let second: Asked | undefined;
    await play({}, { variables: { cti_state } }, (data) => (second = new Asked(moves, Number(data) - 1)));
    expect(second?.questions[0]).toBe('resume');
  });

  it('finishes the app that a source had led to, then asks the source', async () => {
    const killed = await play(
      {
        main: new Asked([list(actions('cti_curl second', 'sleep 1')), { kind: 'done' }]),
        second: app('playback a.wav', 'cti_curl third'),
      },
      {
        onStep: killedInPlayback,
      },
    );
    const cti_state = killed.channel.segments[0]?.before['cti_state'] ?? '';
    expect(readState(cti_state)?.lists).toHaveLength(2);
    const { after } = killed.channel.segments[0] ?? {};
    const variables = { cti_state, cti_o1: 'x;0,1000,FILE PLAYED,300,;E', ...after };
    let main: Asked | undefined;
    const { channel } = await play(
      { third: app('playback c.wav') },
      { variables },
      () => (main = new Asked([{ kind: 'done' }])),
    );
    expect(channel.applications).toEqual(['playback c.wav', 'sleep 1']);
    expect(main?.questions).toEqual(['next cti_curl ok, sleep ok']);
  });

  it('gives the call back when the source is not to be had any more', async () => {
    const killed = await play(
      { main: new Asked(moves) },
      { onStep: () => ({ end: { kind: 'lost', detail: '' } }) },
    );
    const cti_state = killed.channel.segments[0]?.before['cti_state'] ?? '';
    const { record } = await play(
      {},
      {
        variables: {
          cti_state,
          cti_o1: 'x;1,1000,FILE PLAYED,300,;2,2;E',
          ...killed.channel.segments[0]?.after,
        },
      },
    );
    expect(record).toMatchObject({ result: 'failed', error: { code: 'flow_version_gone' } });
  });
});
