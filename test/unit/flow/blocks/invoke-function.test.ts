import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/flow/port.js';
import { readState, writeState } from '../../../../src/flow/state.js';
import { around, faultsOf, Walk } from '../walk.js';

const EXITS = ['error', 'unreachable', 'exception', 'not_understood', 'too_large', 'too_slow'];

function invoking(parameters: string, exits: readonly string[] = EXITS, more = ''): Walk {
  const main = `${around(`type: invoke_function\nfunction: f\n${parameters}`, exits)}${more}`;
  return new Walk({
    flows: { main },
    variables: { caller_id_number: '+4930' },
    inputs: { attributes: { a: 'A' } },
  });
}

function nestedIn(levels: number): Json {
  return levels === 0 ? 'deep' : { a: nestedIn(levels - 1) };
}

describe('an answer that is nested', () => {
  const main = `
start: it
blocks:
  it: { type: invoke_function, function: f, next: and, exits: { not_understood: lost, error: lost } }
  and: { type: invoke_function, function: g, parameters: { all: $.External }, next: done, exits: { error: lost } }
  lost: { type: end }
  done: { type: end }`;

  it('is kept in a state that can be read back', () => {
    const { step, state } = new Walk({ flows: { main } }).answers(nestedIn(32));
    expect(step).toMatchObject({ function: 'g', parameters: { all: nestedIn(32) } });
    expect(readState(writeState(state))).toEqual(state);
  });

  it('is not understood when it is deeper than that', () => {
    for (const levels of [33, 63, 64, 500]) {
      const walk = new Walk({ flows: { main } }).answers(nestedIn(levels));
      expect(walk.exits[0]).toBe('it:not_understood');
      expect(walk.state).toMatchObject({ error: 'function_not_understood', external: null });
      expect(readState(writeState(walk.state))).toEqual(walk.state);
    }
  });
});

describe('the request', () => {
  it('fills in parameters, nested ones too', () => {
    const walk = invoking(`parameters:
  plain: x
  number: 5
  caller: $.CustomerEndpoint.Address
  text: 'a=$.Attributes.a'
  missing: $.Attributes.nobody
  nested: { list: [$.Attributes.a, { deep: '$.ContactId' }], no: null, yes: true }`);
    expect(walk.step).toEqual({
      kind: 'invoke',
      function: 'f',
      parameters: {
        plain: 'x',
        number: 5,
        caller: '+4930',
        text: 'a=A',
        missing: null,
        nested: { list: ['A', { deep: 'c0ffee' }], no: null, yes: true },
      },
      masked: [],
    });
  });

  it('says how it is to be sent, and how long it may take', () => {
    expect(invoking('event: flat\ntimeout_ms: 3000').step).toMatchObject({ event: 'flat', timeoutMs: 3000 });
  });

  it('passes an answer on to the next function as it is', () => {
    const main = `
start: a
error: done
blocks:
  a: { type: invoke_function, function: f, next: b }
  b: { type: invoke_function, function: g, parameters: { list: $.External.list }, next: done }
  done: { type: end }`;
    const walk = new Walk({ flows: { main } }).answers({ list: [1, { x: 2 }], other: 'y' });
    expect(walk.step).toMatchObject({ function: 'g', parameters: { list: [1, { x: 2 }] } });
    expect(walk.state.external).toEqual({ list: [1, { x: 2 }] });
  });

  it('has a file played while the function is slow', () => {
    const walk = invoking("waiting: { prompt: { file: 'local_stream://moh' }, after_ms: 300 }");
    expect(walk.step).toMatchObject({
      kind: 'invoke',
      waiting: { play: 'local_stream://moh', afterMs: 300 },
    });
  });

  it('sets the voice before a text is to be spoken meanwhile', () => {
    const walk = invoking('waiting: { prompt: One moment }');
    expect(walk.said).toEqual(['set tts_engine=flite', 'set tts_voice=slt']);
    expect(walk.done().step).toMatchObject({
      kind: 'invoke',
      waiting: { play: 'say:One moment', afterMs: 1000 },
    });
  });

  it('does not try again and again to set a voice that is refused', () => {
    const walk = invoking('waiting: { prompt: One moment }').done({ set: { status: 'refused' } });
    expect(walk.step.kind).toBe('invoke');
  });

  it('leaves by error when nobody can speak the waiting prompt', () => {
    const flows = { main: around('type: invoke_function\nfunction: f\nwaiting: { prompt: x }', ['error']) };
    const walk = new Walk({ flows, settings: { speech: { languages: {}, defaultLanguage: 'en' } } });
    expect(walk.exits[0]).toBe('it:error');
  });
});

describe('the answer', () => {
  it('is $.External, as far as the flows refer to it', () => {
    const walk = invoking(
      '',
      EXITS,
      "  unused: { type: wait, ms: 1, note: x, next: at-next }\n  uses: { type: play_prompt, prompt: '$.External.x $.External.deep.a', next: at-next }",
    );
    walk.answers({ x: '1', deep: { a: 'b', big: 'z'.repeat(30_000) }, y: 'no' });
    expect(walk.exits).toEqual(['it:next', 'at-next']);
    expect(walk.state.external).toEqual({ x: '1', deep: { a: 'b' } });
  });

  it.each<[string, string, Json, Readonly<Record<string, string>>]>([
    ['the whole answer', 'output: region', 'Beijing', { region: 'Beijing' }],
    ['a number', 'output: region', 5, { region: '5' }],
    ['the value of that name', 'output: region', { region: 'Hebei', more: 'x' }, { region: 'Hebei' }],
    ['the only value', 'output: region', { answer: 'Hebei' }, { region: 'Hebei' }],
    ['several by their names', 'outputs: [a, b]', { a: '1', b: 'x', c: 'y' }, { a: '1', b: 'x' }],
    [
      'several under other names',
      'outputs: { one: a, two: deep.b }',
      { a: '1', deep: { b: true } },
      { one: '1', two: 'true' },
    ],
    ['both', 'output: a\noutputs: { b: b }', { a: '1', b: '2' }, { a: '1', b: '2' }],
    ['empty values', 'outputs: [a]', { a: '' }, { a: '' }],
  ])('gives attributes %s', (_title, parameters, answer, expected) => {
    const walk = invoking(parameters).answers(answer);
    expect(walk.exits[0]).toBe('it:next');
    expect(walk.state.attributes).toMatchObject(expected);
  });

  it.each<[string, string, Json]>([
    ['one is missing', 'outputs: [a, b]', { a: '1' }],
    ['one is a list', 'outputs: [a]', { a: [1] }],
    ['one is an object', 'output: a', { a: { b: 'c' } }],
    ['one is null', 'output: a', { a: null }],
    ['there are several and none has the name', 'output: x', { a: '1', b: '2' }],
    ['there is none', 'output: x', null],
    ['names of objects are asked for', 'outputs: { x: constructor }', {}],
  ])('is not understood when %s', (_title, parameters, answer) => {
    const walk = invoking(parameters).answers(answer);
    expect(walk.exits).toEqual(['it:not_understood', 'at-not_understood']);
    expect(walk.state.attributes).toEqual({ a: 'A' });
  });

  it('is too large when the state can not hold what the flows refer to', () => {
    const walk = invoking('', EXITS, '  uses: { type: play_prompt, prompt: $.External.x, next: at-next }');
    walk.answers({ x: 'z'.repeat(30_000) });
    expect(walk.exits).toEqual(['it:too_large', 'at-too_large']);
    expect(walk.state).toMatchObject({ error: 'flow_state_too_large', external: null });
  });
});

describe('a failure', () => {
  it.each([
    ['function_unreachable', 'unreachable'],
    ['function_throttled', 'unreachable'],
    ['no_such_function', 'unreachable'],
    ['circuit_open', 'unreachable'],
    ['egress_refused', 'unreachable'],
    ['function_exception', 'exception'],
    ['function_not_loadable', 'exception'],
    ['function_not_understood', 'not_understood'],
    ['function_status', 'not_understood'],
    ['function_parameters', 'not_understood'],
    ['function_too_large', 'too_large'],
    ['function_timeout', 'too_slow'],
    ['something_else', 'error'],
  ])('%s leaves by %s', (code, exit) => {
    const walk = invoking('').fails(code);
    expect(walk.exits).toEqual([`it:${exit}`, `at-${exit}`]);
    expect(walk.state).toMatchObject({ error: code, external: null });
  });

  it.each(['function_unreachable', 'function_timeout', 'something_else'])(
    '%s leaves by error where that is all there is',
    (code) => {
      expect(invoking('', ['error']).fails(code).visits[0]).toMatchObject({ next: 'at-error', error: code });
    },
  );

  it('takes the answer before away', () => {
    const main = `
start: a
error: done
blocks:
  a: { type: invoke_function, function: f, next: b }
  b: { type: invoke_function, function: f, next: done, exits: { error: c } }
  c: { type: branch, cases: [{ when: { value: $.External.x, exists: true }, next: done }], next: gone }
  gone: { type: end }
  done: { type: end }`;
    expect(new Walk({ flows: { main } }).answers({ x: '1' }).fails('function_timeout').exits).toContain(
      'gone',
    );
  });
});

it('refuses what is no name of an attribute', () => {
  expect(faultsOf(around("type: invoke_function\nfunction: f\noutputs: ['a b']"))[0]).toContain(
    'attribute name',
  );
});
