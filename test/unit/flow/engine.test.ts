import { describe, expect, it } from 'vitest';
import { advance, begin, MOST_BLOCKS, MOST_ERRORS, resume } from '../../../src/flow/engine.js';
import { keptOf } from '../../../src/flow/flow-set.js';
import type { Json } from '../../../src/flow/port.js';
import { PATH_LENGTH, readState, writeState } from '../../../src/flow/state.js';
import { setOf, SPEECH, Walk } from './walk.js';

const TWO = `
start: a
blocks:
  a: { type: wait, ms: 1, next: b, exits: { error: b } }
  b: { type: wait, ms: 2, next: c, exits: { error: c } }
  c: { type: end }`;

describe('begin', () => {
  it('knows the flow by its name', () => {
    const walk = new Walk({ flows: { main: TWO }, flow: 'nobody' });
    expect(walk.step).toEqual({ kind: 'failed', code: 'no_such_flow', detail: '"nobody"' });
    expect(walk.state.waits).toBe('');
  });

  it('takes attributes along', () => {
    const inputs = { attributes: { a: '1' }, flowAttributes: { b: '2' } };
    expect(new Walk({ flows: { main: TWO }, inputs }).state).toMatchObject(inputs);
  });
});

describe('advance', () => {
  it('goes on from any state that was put away', () => {
    const walk = new Walk({ flows: { main: TWO } });
    walk.now += 250;
    walk.done();
    expect(walk.said).toEqual(['sleep 2']);
    expect(walk.state.path).toEqual(['@main', 'a:next:250']);
    expect(walk.visits[0]).toMatchObject({ flow: 'main', block: 'a', type: 'wait', exit: 'next', next: 'b' });
    expect((walk.visits[0]?.leftAt ?? 0) - (walk.visits[0]?.enteredAt ?? 0)).toBe(250);
  });

  it('answers the same for the same', () => {
    const walk = new Walk({ flows: { main: TWO } });
    const event = { kind: 'outcomes', outcomes: [] } as const;
    expect(advance(walk.set, walk.state, event, walk.call)).toEqual(
      advance(walk.set, walk.state, event, walk.call),
    );
  });

  it('leaves the state that it was given as it was', () => {
    const walk = new Walk({ flows: { main: TWO } });
    const before = writeState(walk.state);
    advance(walk.set, walk.state, { kind: 'outcomes', outcomes: [] }, walk.call);
    expect(writeState(walk.state)).toBe(before);
  });

  it('does not take what it does not wait for', () => {
    const walk = new Walk({ flows: { main: TWO } }).answers({});
    expect(walk.step).toMatchObject({ kind: 'failed', code: 'flow_out_of_step' });
  });

  it('is done when it is done', () => {
    const walk = new Walk({ flows: { main: TWO } }).done().done();
    expect(walk.step).toEqual({ kind: 'done' });
    expect(walk.answers({}).step).toEqual({ kind: 'done' });
    expect(resume(walk.set, walk.state, walk.call).step).toEqual({ kind: 'done' });
  });

  it('does not go on in other flows than those with which the call began', () => {
    const walk = new Walk({ flows: { main: TWO } });
    const changed = setOf({ main: TWO.replace('ms: 2', 'ms: 3') });
    const event = { kind: 'outcomes', outcomes: [] } as const;
    for (const turn of [
      advance(changed, walk.state, event, walk.call),
      resume(changed, walk.state, walk.call),
    ]) {
      expect(turn.step).toMatchObject({ kind: 'failed', code: 'flow_version_gone' });
    }
  });

  it('fails where the state names a block that is not there', () => {
    const walk = new Walk({ flows: { main: TWO } });
    const state = { ...walk.state, block: 'nobody' };
    expect(advance(walk.set, state, { kind: 'outcomes', outcomes: [] }, walk.call).step).toMatchObject({
      code: 'flow_exit_missing',
    });
    expect(resume(walk.set, { ...walk.state, flow: 'nobody' }, walk.call).step).toMatchObject({
      code: 'flow_exit_missing',
    });
  });
});

describe('resume', () => {
  it('says the step again, with the voice that a new daemon can not know to be set', () => {
    const main = `
start: a
error: c
blocks:
  a: { type: play_prompt, prompt: one, next: b }
  b: { type: get_digits, prompt: two, tries: 2, next: c }
  c: { type: end }`;
    const walk = new Walk({ flows: { main } }).done().types('');
    expect(walk.said).toHaveLength(1);
    const again = resume(walk.set, readState(writeState(walk.state)) ?? walk.state, walk.call);
    expect(again.step).toMatchObject({ kind: 'actions' });
    const actions = again.step.kind === 'actions' ? again.step.actions : [];
    expect(actions.map(({ data }) => data)).toEqual([
      'tts_engine=flite',
      'tts_voice=slt',
      walk.actions[0]?.data,
    ]);
    expect(again.state.progress).toEqual(walk.state.progress);
  });

  it('invokes again', () => {
    const main = `
start: f
error: c
blocks:
  f: { type: invoke_function, function: f, parameters: { n: $.ContactId }, next: c }
  c: { type: end }`;
    const walk = new Walk({ flows: { main } });
    expect(resume(walk.set, walk.state, walk.call)).toEqual({ ...walk.turn, visits: [] });
  });
});

describe('exits', () => {
  const failing = (more: string): Walk =>
    new Walk({
      flows: {
        main: `start: a\n${more}\nblocks:\n  a: { type: play_prompt, prompt: { file: x.wav }, next: z }\n  z: { type: end }\n  sorry: { type: end }`,
      },
    });

  it("lead to the flow's error block where a block wires none", () => {
    expect(failing('error: sorry').done({ prompt: { status: 'failed' } }).exits).toEqual([
      'a:error',
      'sorry',
    ]);
  });

  it('give the call back where there is no way at all', () => {
    const walk = failing('').done({ prompt: { status: 'failed' } });
    expect(walk.step).toMatchObject({
      kind: 'failed',
      code: 'flow_exit_missing',
      detail: expect.stringContaining('action_failed') as string,
    });
    expect(walk.visits).toHaveLength(1);
  });

  it('do not lead from the error block to itself', () => {
    const main = 'start: a\nerror: a\nblocks:\n  a: { type: play_prompt, prompt: { file: x.wav }, next: a }';
    const walk = new Walk({ flows: { main } }).done({ prompt: { status: 'failed' } });
    expect(walk.step).toMatchObject({ kind: 'failed', code: 'flow_exit_missing' });
  });

  it('do not lead to the error block for ever', () => {
    const main = `
start: a
error: sorry
blocks:
  a: { type: play_prompt, prompt: { file: x.wav }, next: a }
  sorry: { type: set_attributes, next: a }`;
    const walk = new Walk({ flows: { main } });
    let times = 0;
    for (; walk.step.kind === 'actions'; times += 1) walk.done({ prompt: { status: 'failed' } });
    expect(walk.step).toMatchObject({ kind: 'failed', code: 'flow_loop' });
    expect(times).toBe(MOST_ERRORS + 1);
  });
});

describe('limits', () => {
  it('ends a circle in which nothing is waited for', () => {
    const main = `
start: a
blocks:
  a: { type: set_attributes, attributes: { x: 1 }, next: b }
  b: { type: set_attributes, attributes: { x: 2 }, next: a }`;
    expect(new Walk({ flows: { main } }).step).toMatchObject({ kind: 'failed', code: 'flow_loop' });
  });

  it('ends a call that goes round and round', () => {
    const main = 'start: a\nblocks:\n  a: { type: wait, ms: 1, next: a, exits: { error: a } }';
    const set = setOf({ main });
    const call = { uuid: 'u', get: () => undefined, now: () => 0 };
    const first = begin(set, 'main', call);
    const turn = advance(
      set,
      { ...first.state, count: MOST_BLOCKS },
      { kind: 'outcomes', outcomes: [] },
      call,
    );
    expect(turn.step).toMatchObject({ kind: 'failed', code: 'flow_loop' });
  });

  it('says it when the state grows too large', () => {
    const main = `
start: a
blocks:
  a: { type: set_attributes, attributes: { x: '$.Attributes.x$.Attributes.x' }, next: b }
  b: { type: wait, ms: 1, next: a, exits: { error: a } }`;
    const walk = new Walk({ flows: { main }, inputs: { attributes: { x: 'ü'.repeat(300) } } });
    for (let rounds = 0; walk.step.kind === 'actions' && rounds < 10; rounds += 1) walk.done();
    expect(walk.step).toEqual({
      kind: 'failed',
      code: 'flow_state_too_large',
      detail: expect.stringMatching(/^\d+ bytes, at most 4096 are allowed$/) as string,
    });
  });

  it('ends a flow whose attributes double with each block, before they have taken all memory', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) =>
        `  a${i}: { type: set_attributes, attributes: { x: '$.Attributes.x$.Attributes.x' }, next: a${i + 1} }`,
    );
    const main = `start: a0\nblocks:\n${doubling.join('\n')}\n  a40: { type: end }`;
    const walk = new Walk({ flows: { main }, inputs: { attributes: { x: 'xy' } } });
    expect(walk.step).toMatchObject({ kind: 'failed', code: 'flow_state_too_large' });
    expect(writeState(walk.state).length).toBeLessThan(10_000);
  });

  it.each<[string, object]>([
    ['a text', { prompt: '$.Attributes.x, '.repeat(300) }],
    ['SSML', { prompt: { ssml: '<p>$.Attributes.x</p>'.repeat(300) } }],
    ['many prompts', { prompt: Array(50).fill('$.Attributes.x '.repeat(6)) }],
    ['what is shown of it', { prompt: '$.Attributes.secret '.repeat(300) }],
  ])('ends a flow that says a long value over and over in %s', (_, parameters) => {
    const it = JSON.stringify({ type: 'play_prompt', ...parameters, next: 'end' });
    const main = `start: it\nblocks:\n  it: ${it}\n  end: { type: end }`;
    const long = 'x'.repeat(3_500);
    const walk = new Walk({
      flows: { main },
      inputs: { attributes: { x: long, secret: long }, masked: ['secret'] },
      settings: { stateMaxBytes: 65_536, speech: SPEECH },
    });
    expect(walk.step).toEqual({
      kind: 'failed',
      code: 'flow_text_too_large',
      detail: 'main/it: more than 1000000 characters at once',
    });
    expect(walk.state.waits).toBe('');
  });

  it('gives each turn as much room for its texts', () => {
    const say = JSON.stringify('$.Attributes.x, '.repeat(150));
    const main = `
start: a
blocks:
  a: { type: play_prompt, prompt: ${say}, next: b }
  b: { type: play_prompt, prompt: ${say}, next: c }
  c: { type: end }`;
    const walk = new Walk({
      flows: { main },
      inputs: { attributes: { x: 'x'.repeat(3_500) } },
      settings: { speech: SPEECH },
    });
    expect(walk.step.kind).toBe('actions');
    walk.done();
    expect(walk.step.kind).toBe('actions');
  });

  it('takes the limit of the configuration', () => {
    const walk = new Walk({ flows: { main: TWO }, settings: { stateMaxBytes: 100 } });
    expect(walk.step).toMatchObject({ code: 'flow_state_too_large' });
  });

  it('keeps the state of a long call small', () => {
    const main =
      'start: a-block-with-a-long-name\nblocks:\n  a-block-with-a-long-name: { type: wait, ms: 1, next: a-block-with-a-long-name, exits: { error: a-block-with-a-long-name } }';
    const walk = new Walk({ flows: { main } });
    for (let rounds = 0; rounds < 300; rounds += 1) walk.done();
    expect(walk.state.path).toHaveLength(PATH_LENGTH);
    expect(walk.state.count).toBe(301);
    expect(writeState(walk.state).length).toBeLessThan(1600);
  });
});

it.each<[string, Json, Json]>([
  ['an object', { a: '1', b: { c: 2, d: 3 }, e: 4 }, { a: '1', b: { c: 2 } }],
  ['a list where an object was expected', { b: [1, 2] }, { b: null }],
  ['a text', 'x', 'x'],
  ['a list', [1], null],
  ['names of objects', JSON.parse('{"__proto__": {"c": 1}, "a": "1"}') as Json, { a: '1' }],
])('keeps of %s what is referred to', (_title, answer, expected) => {
  expect(keptOf(answer, [['a'], ['b', 'c'], ['constructor']])).toEqual(expected);
});

it('keeps all of an answer where all of it is passed on', () => {
  const main = `
start: a
error: c
blocks:
  a: { type: invoke_function, function: f, next: b }
  b: { type: invoke_function, function: g, parameters: { all: $.External, a: $.External.a }, next: c }
  c: { type: end }`;
  expect(new Walk({ flows: { main } }).answers({ a: 1, b: [2] }).step).toMatchObject({
    parameters: { all: { a: 1, b: [2] }, a: 1 },
  });
});

describe('versions', () => {
  it('are the content, not how it is written', () => {
    const plain = setOf({ main: TWO });
    expect(setOf({ main: `# a comment\n${TWO}` }).version).toBe(plain.version);
    expect(setOf({ main: TWO.replace('ms: 2', 'ms: 3') }).version).not.toBe(plain.version);
    expect(setOf({ other: TWO }).version).not.toBe(plain.version);
    expect(setOf({ a: TWO, b: TWO }).version).toBe(setOf({ b: TWO, a: TWO }).version);
  });
});
