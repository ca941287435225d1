import { describe, expect, it } from 'vitest';
import { DialLimits } from '../../../../src/call/dial-limits.js';
import type { Outcome } from '../../../../src/call/outcome.js';
import { CallRunner } from '../../../../src/call/runner.js';
import type { FunctionResult } from '../../../../src/flow/port.js';
import { compiled } from '../../../../src/flow-files/folder.js';
import { unpacked } from '../../../../src/source/flow/flow-state.js';
import type { FlowInvocation } from '../../../../src/source/flow/functions.js';
import { FlowSource } from '../../../../src/source/flow/source.js';
import type { FlowTools } from '../../../../src/source/flow/source.js';
import type { SourceContext, SourceMove, SourceNote } from '../../../../src/source/port.js';
import { FakeChannel } from '../../call/fake-channel.js';

const FLOW = {
  start: 'one',
  error: 'bad',
  inputs: ['who'],
  blocks: {
    one: { type: 'invoke_function', function: 'f', parameters: { who: '$.Attributes.who' }, next: 'two' },
    two: {
      type: 'invoke_function',
      function: 'g',
      waiting: { prompt: { file: 'a.wav' }, after_ms: 200 },
      next: 'play',
    },
    play: { type: 'play_prompt', prompt: { file: 'b.wav' }, next: 'pin' },
    pin: {
      type: 'get_digits',
      min: 4,
      max: 4,
      mask: true,
      next: 'end',
      exits: { no_input: 'end', no_match: 'end' },
    },
    end: { type: 'end' },
    bad: { type: 'end' },
  },
};

const { set, problems } = compiled(
  [{ name: 'a', file: 'a.yaml', document: FLOW, place: () => undefined }],
  {},
);
if (problems.length > 0) throw new Error(JSON.stringify(problems));

/** As it comes off the channel. */
function kept({ source }: World): ReturnType<typeof unpacked> {
  return unpacked(JSON.parse(JSON.stringify(source.state())) as { kind: string; data: unknown });
}

interface World {
  readonly source: FlowSource;
  readonly notes: SourceNote[];
  readonly context: SourceContext;
  readonly invoked: FlowInvocation[];
  readonly answer: (result?: FunctionResult) => void;
  readonly hangUp: () => void;
}

function world(more: Partial<FlowTools> = {}, kept?: ReturnType<typeof unpacked>): World {
  const notes: SourceNote[] = [];
  const invoked: FlowInvocation[] = [];
  const waiting: ((result: FunctionResult) => void)[] = [];
  const controller = new AbortController();
  const tools: FlowTools = {
    functions: {
      invoke: (invocation) => {
        invoked.push(invocation);
        return new Promise((resolve) => {
          waiting.push((result) => resolve({ result, durationMs: 5, attempts: 1 }));
        });
      },
    },
    policy: 'default',
    ...more,
  };
  const beginning = kept === undefined ? { flow: 'a', attributes: {} } : { kept };
  return {
    source: new FlowSource(set, tools, beginning),
    notes,
    invoked,
    context: { signal: controller.signal, onAttempt: () => undefined, onNote: (note) => notes.push(note) },
    answer: (result = { ok: true, values: { x: '1' } }) => waiting.shift()?.(result),
    hangUp: () => {
      controller.abort();
      waiting.shift()?.({ ok: false, code: 'call_gone', detail: '' });
    },
  };
}

const VALUES: Readonly<Record<string, string>> = { cti_attr_who: 'Ada', caller_id_number: '1' };
const call = { uuid: 'u', get: (name: string) => VALUES[name] };

function ok(move: SourceMove): Outcome[] {
  if (move.kind !== 'actions') throw new Error(move.kind);
  return move.actions.map(({ application, id }, index) => ({
    ...{ index, application, status: 'ok' as const, variables: {} },
    ...(id === undefined ? {} : { id }),
  }));
}

async function toSecond(one: World): Promise<void> {
  expect(await one.source.start(call, one.context)).toEqual({ kind: 'keep' });
  const first = one.source.next(call, [], one.context);
  one.answer();
  expect(await first).toEqual({ kind: 'keep' });
}

describe('a flow as a source', () => {
  it('has its state kept before a function is invoked that a lost one would be invoked before again', async () => {
    const one = world();
    await toSecond(one);
    expect(one.invoked).toMatchObject([
      { name: 'f', parameters: { who: 'Ada' }, attributes: { who: 'Ada' }, language: 'en-US' },
    ]);
    const second = one.source.next(call, [], one.context);
    expect(one.source.waiting).toMatchObject({ play: 'a.wav' });
    expect(one.source.waiting?.afterMs).toBeGreaterThanOrEqual(200);
    one.answer();
    const move = await second;
    expect(one.source.waiting).toBeUndefined();
    expect(move).toMatchObject({ kind: 'actions', policy: 'default', origin: 'flow/a/play', final: false });
  });

  it('tells of blocks and functions, and what is masked', async () => {
    const one = world();
    await toSecond(one);
    const second = one.source.next(call, [], one.context);
    one.answer({ ok: false, code: 'function_timeout', detail: 'no answer' });
    await second;
    expect(one.notes).toMatchObject([
      { type: 'function', function: 'f', block: 'one', attempts: 1 },
      {
        type: 'block',
        block: 'one',
        blockType: 'invoke_function',
        exit: 'next',
        version: set.flows.get('a')?.version,
      },
      { type: 'function', function: 'g', code: 'function_timeout' },
      { type: 'block', block: 'two', exit: 'too_slow', error: 'function_timeout' },
      { type: 'block', block: 'bad', exit: '' },
    ]);
    expect(one.source.report()).toMatchObject({
      data: { flow: 'a', block: 'bad', isInside: false, attributes: { who: 'Ada' } },
    });
  });

  it('plays nothing that the policy does not allow', async () => {
    const one = world({ mayPlay: () => false });
    await toSecond(one);
    void one.source.next(call, [], one.context);
    expect(one.source.waiting).toBeUndefined();
  });

  it('stops when the call is gone', async () => {
    const one = world();
    await toSecond(one);
    const second = one.source.next(call, [], one.context);
    one.hangUp();
    expect(await second).toMatchObject({ kind: 'failed', code: 'call_gone' });
    expect(one.notes.filter(({ type }) => type === 'function')).toHaveLength(1);
  });

  it('goes on elsewhere: in the middle of a function, which is asked again', async () => {
    const one = world();
    await toSecond(one);
    const two = world({}, kept(one));
    const resumed = two.source.resume(call, two.context);
    expect(two.invoked.map(({ name }) => name)).toEqual(['g']);
    two.answer();
    expect(await resumed).toMatchObject({ kind: 'actions', origin: 'flow/a/play' });
    expect(two.notes.slice(0, 2)).toMatchObject([
      { type: 'block', block: 'one', exit: 'next' },
      { type: 'function', function: 'f', block: 'one', durationMs: 5 },
    ]);
  });

  it('goes on elsewhere: with the outcomes of what FreeSWITCH had', async () => {
    const one = world();
    await toSecond(one);
    const second = one.source.next(call, [], one.context);
    one.answer();
    const move = await second;
    const two = world({}, kept(one));
    const next = await two.source.next(call, ok(move), two.context);
    expect(next).toMatchObject({ kind: 'actions', origin: 'flow/a/pin', masked: ['cti_digits'] });
    expect(two.notes.at(-1)).toEqual({ type: 'doing', block: 'pin', id: 'digits', target: '', masked: true });
  });

  it('has nothing to tell of a call that was gone before it began', async () => {
    const { source } = world();
    const channel = new FakeChannel({ variables: { cti_flow: 'a' } });
    channel.hangUp();
    const runner = new CallRunner(channel, {
      sources: { open: () => ({ source }), describe: () => 'a' },
      policies: new Map(),
      limits: { chainDepth: 1, actionsPerCall: 1 },
      dialLimits: new DialLimits(),
    });
    expect((await runner.run()).result).toBe('hung_up');
  });

  it.each([
    { kind: 'curl', data: {} },
    { kind: 'flow', data: { s: { v: 9 }, i: [] } },
    { kind: 'flow', data: 'x' },
  ])('is not made of a state that is none: %j', (state) => expect(unpacked(state)).toBeUndefined());
});
