import { describe, expect, it, vi } from 'vitest';
import type { TraceEntry } from '../../../src/call/call.js';
import type { CallRunner } from '../../../src/call/runner.js';
import { CallCallbacks } from '../../../src/wiring/call-callbacks.js';
import { callbacksWith, RECEIVER } from '../callbacks/world.js';
import type { World } from '../callbacks/world.js';

const UUID = 'uuid-of-the-call';

type Entry = TraceEntry extends infer T ? (T extends { atMs: number } ? Omit<T, 'atMs'> : never) : never;

interface Call {
  readonly world: World;
  /** Lets things happen on the call. */
  readonly happens: (...entries: Entry[]) => void;
  /** What receivers were told: the data, by type. */
  readonly told: (to?: string) => Promise<{ type: string; data: Record<string, unknown> }[]>;
  readonly another: () => Call['happens'];
  readonly wiring: CallCallbacks;
  readonly runner: CallRunner;
}

async function callTold(subjects: Readonly<Record<string, string>> = {}, wasAnswered = false): Promise<Call> {
  const world = await callbacksWith({ crm: RECEIVER, bank: { ...RECEIVER, show_digits: true } });
  const { calls } = world.callbacks;
  if (calls === undefined) throw new Error('off');
  const wiring = new CallCallbacks(calls, (target) =>
    target.startsWith('https://apps') ? 'apps' : undefined,
  );
  const runners = (): { runner: CallRunner; happens: Call['happens'] } => {
    const trace: TraceEntry[] = [];
    const runner = {
      begun: world.clock.now(),
      wasAnswered,
      trace,
      progress: { actionsRan: 2 },
      subjectOf: (list: number, index: number) => subjects[`${list}/${index}`],
    } as unknown as CallRunner;
    const happens: Call['happens'] = (...entries) => {
      for (const entry of entries) {
        const timed = { ...entry, atMs: 1 } as TraceEntry;
        trace.push(timed);
        wiring.onTrace(UUID, timed, runner);
      }
    };
    return { runner, happens };
  };
  const { runner, happens } = runners();
  happens(handedOver());
  return {
    world,
    happens,
    wiring,
    runner,
    another: () => runners().happens,
    async told(to = 'crm') {
      await world.rest();
      return world.receivers.taken
        .filter((one) => one.to === to)
        .map(({ event: { type, data } }) => ({ type, data }));
    },
  };
}

function handedOver(resumed = false): Entry {
  return { type: 'handed_over', program: 'https://apps.example/', destination: '1', caller: '2', resumed };
}

function outcome(
  application: string,
  status: 'ok' | 'failed' | 'refused' | 'not_run',
  more: object = {},
): Entry {
  return { type: 'outcome', list: 1, index: 0, application, status, variables: {}, ...more };
}

const ended = (
  result: 'done' | 'failed' | 'hung_up' | 'moved' | 'lost' | 'interrupted',
  detail = '',
): Entry => ({
  type: 'ended',
  result,
  detail,
});

describe('what happens on a call', () => {
  it('is told with its end', async () => {
    const { happens, told } = await callTold();
    happens(outcome('answer', 'ok'), outcome('playback', 'not_run'), ended('hung_up', 'NORMAL_CLEARING'));
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual([
      'call.started',
      'call.answered',
      'action.completed',
      'call.ended',
    ]);
    expect(events.at(-1)?.data).toMatchObject({
      result: 'hung_up',
      hangup_cause: 'NORMAL_CLEARING',
      actions_ran: 2,
    });
  });

  it('is told as answered when it was before', async () => {
    const { told } = await callTold({}, true);
    expect((await told()).at(-1)).toEqual({ type: 'call.answered', data: { by: 'before' } });
  });

  it('tells why a program failed', async () => {
    const { happens, told } = await callTold();
    happens(
      { type: 'failure', code: 'response_timeout', detail: 'no answer' },
      ended('failed', 'response_timeout'),
    );
    expect((await told()).at(-1)?.data).toMatchObject({
      result: 'failed',
      error: { code: 'response_timeout', detail: 'no answer' },
    });
  });

  it('is told by a defect, too, once', async () => {
    const { wiring, runner, told } = await callTold();
    wiring.onDefect(UUID, runner);
    wiring.onDefect(UUID, runner);
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(['call.started', 'call.ended']);
    expect(events.at(-1)?.data).toMatchObject({ result: 'failed', error: { code: 'internal' } });
  });

  it.each([
    ['bridge', 'ok', 'user/10001', 'transfer.completed', { kind: 'call', to: 'user/10001' }],
    ['bridge', 'failed', 'user/10001', 'transfer.failed', { kind: 'call', cause: 'USER_BUSY' }],
    ['bridge', 'refused', 'user/10001', 'transfer.failed', { status: 'refused' }],
    ['transfer', 'ok', '1000 XML default', 'transfer.completed', { by: 'transfer', to: '1000 XML default' }],
    ['callcenter', 'ok', 'support@default', 'transfer.completed', { kind: 'queue', to: 'support@default' }],
    ['record', 'ok', '/r/a.wav 10', 'recording.saved', { path: '/r/a.wav' }],
    ['record', 'failed', '/r/a.wav 10', 'recording.failed', { path: '/r/a.wav', reason: 'USER_BUSY' }],
    ['record_session', 'failed', '/r/a.wav', 'recording.failed', { path: '/r/a.wav' }],
  ] as const)('tells of %s %s', async (application, status, subject, type, data) => {
    const { happens, told } = await callTold({ '1/0': subject });
    happens(outcome(application, status, status === 'ok' ? {} : { detail: 'USER_BUSY' }));
    const event = (await told()).at(-1);
    expect(event?.type).toBe(type);
    expect(event?.data).toMatchObject(data);
  });

  it('tells of a recording of the whole call when it is stopped, or the channel ends', async () => {
    const { happens, told } = await callTold({ '1/0': '/r/a.wav', '1/1': '/r/b.wav', '1/2': '/r/a.wav' });
    happens(
      outcome('record_session', 'ok'),
      outcome('record_session', 'ok', { index: 1 }),
      outcome('stop_record_session', 'ok', { index: 2 }),
      ended('hung_up', 'NORMAL_CLEARING'),
    );
    const saved = (await told())
      .filter(({ type }) => type === 'recording.saved')
      .map(({ data }) => data['path']);
    expect(saved).toEqual(['/r/a.wav', '/r/b.wav']);
  });

  it('tells of no end of a recording that goes on', async () => {
    const { happens, told } = await callTold({ '1/0': '/r/a.wav' });
    happens(outcome('record_session', 'ok'), ended('moved', '1000'));
    const events = await told();
    expect(events.map(({ type }) => type)).not.toContain('recording.saved');
    expect(events.at(-1)?.data).toMatchObject({ result: 'moved', moved_to: '1000' });
  });
});

describe('what a caller entered', () => {
  const entered = outcome('play_and_get_digits', 'ok', {
    variables: { pin: '4711', read_result: 'success' },
  });

  it('is shown to those who are to see it, and hidden from others in every event', async () => {
    const { happens, told } = await callTold();
    happens(entered);
    expect((await told('bank')).at(-1)?.data).toMatchObject({
      variable: 'pin',
      digits: '4711',
      masked: false,
    });
    const others = await told('crm');
    expect(others.at(-1)?.data).toMatchObject({ variable: 'pin', digits: '****', masked: true });
    expect(JSON.stringify(others)).not.toContain('4711');
    expect(JSON.stringify(others)).toContain('"read_result":"success"');
  });

  it('is hidden from everybody where a flow says so', async () => {
    const { happens, told } = await callTold();
    happens(
      { type: 'doing', block: 'ask', id: 'digits', target: '', masked: true },
      // The runner has masked it already.
      { ...entered, id: 'digits', variables: { pin: '****' } } as Entry,
    );
    for (const to of ['crm', 'bank'])
      expect((await told(to)).at(-1)?.data).toMatchObject({ digits: '***', masked: true, block: 'ask' });
  });
});

describe('a call whose program is replaced', () => {
  it('is one call', async () => {
    const { happens, another, told } = await callTold();
    const next = another();
    // The new one has begun before the old one noticed.
    next(handedOver());
    happens(ended('interrupted'));
    next(outcome('playback', 'ok'), ended('done'));
    expect((await told()).map(({ type }) => type)).toEqual([
      'call.started',
      'action.completed',
      'call.ended',
    ]);
  });

  it('is told of to its end when it was lost and came back', async () => {
    const { happens, another, told } = await callTold();
    happens(ended('lost', 'connection closed'));
    const next = another();
    next(handedOver(true), outcome('playback', 'ok'), ended('done'));
    expect((await told()).map(({ type }) => type)).toEqual([
      'call.started',
      'action.completed',
      'call.ended',
    ]);
  });

  it('is forgotten when it was lost and does not come back', async () => {
    const { happens, told, world, wiring } = await callTold();
    const { calls } = world.callbacks;
    if (calls === undefined) throw new Error('off');
    const tell = vi.spyOn(calls, 'tell');
    happens(ended('lost', 'connection closed'));
    await world.pass(60_000);
    await calls.sweep(() => Promise.resolve(false));
    expect((await told()).at(-1)).toMatchObject({ type: 'call.ended', data: { result: 'lost' } });
    const before = tell.mock.calls.length;
    wiring.onAnswered(UUID, 'answer');
    expect(tell.mock.calls.length).toBe(before);
  });
});
