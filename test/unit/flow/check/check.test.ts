import { describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../../src/flow/check/context.js';
import { checkFlows } from '../../../../src/flow/check/check.js';
import { functionsUsed, usesOf } from '../../../../src/flow/uses.js';
import { setOf, SPEECH, told } from '../walk.js';

const FUNCTIONS: CheckContext['functions'] = (name) =>
  name === 'f'
    ? {
        parameters: [
          { name: 'a', required: true },
          { name: 'b', required: false },
        ],
        outputs: ['x', 'deep'],
      }
    : name === 'free'
      ? {}
      : undefined;

function check(flows: string | Readonly<Record<string, string>>, context: CheckContext = {}): string[] {
  return checkFlows(setOf(typeof flows === 'string' ? { main: flows } : flows), context).map(told);
}

/** A flow that begins with these blocks; `done` ends it. */
function flow(blocks: string, head = 'error: done'): string {
  return `start: a\n${head}\nblocks:\n${blocks}\n  done: { type: end }\n`;
}

it('finds nothing in a good flow', () => {
  expect(
    check(flow('  a: { type: wait, ms: 5, next: done }'), {
      functions: FUNCTIONS,
      policy: () => undefined,
      speech: SPEECH,
    }),
  ).toEqual([]);
});

describe('blocks and exits', () => {
  it.each<[string, string, string]>([
    [
      'a start that is not there',
      'start: b\nblocks:\n  a: { type: end }',
      '1:1 dangling_exit: there is no block "b"',
    ],
    [
      'an error block that is not there',
      'start: a\nerror: sorry\nblocks:\n  a: { type: end }',
      '2:1 dangling_exit: there is no block "sorry"',
    ],
    [
      'a dangling next',
      flow('  a:\n    type: wait\n    ms: 5\n    next: dome'),
      '7:5 dangling_exit: there is no block "dome"',
    ],
    [
      'a dangling exit',
      flow('  a:\n    type: wait\n    ms: 5\n    next: done\n    exits:\n      error: b'),
      '9:7 dangling_exit: there is no block "b"',
    ],
    [
      'a dangling choice',
      flow("  a:\n    type: menu\n    choices:\n      '1': b"),
      '7:7 dangling_exit: there is no block "b"',
    ],
    [
      'a dangling case',
      flow(
        '  a:\n    type: branch\n    cases:\n      - when: { value: x, equals: x }\n        next: b\n    next: done',
      ),
      '8:9 dangling_exit',
    ],
    ['a near name', flow('  a: { type: wait, ms: 5, next: Done }'), '"done" is meant?'],
    [
      'a missing next',
      flow('  a: { type: wait, ms: 5 }'),
      '4:3 missing_exit: "next" of wait leads nowhere: it is taken when it is done',
    ],
    [
      'a missing exit',
      flow('  a: { type: hours, open: {}, exits: { open: done } }'),
      'missing_exit: "closed" of hours leads nowhere',
    ],
    [
      'a missing way for failures',
      flow('  a: { type: transfer, to: { user: x }, next: done }', ''),
      'missing_exit: "busy" of transfer leads nowhere, nor of "error"',
    ],
    [
      'an exit that does not exist',
      flow('  a: { type: wait, ms: 5, next: done, exits: { eror: done } }'),
      'unknown_exit: wait has no exit "eror"; there are next, error',
    ],
    [
      'a block that nothing leads to',
      flow('  a: { type: wait, ms: 5, next: done }\n  b: { type: end }'),
      '5:3 unreachable_block: no way leads to the block "b"',
    ],
    [
      'failures that end the flow',
      flow('  a: { type: wait, ms: 5, next: done }', ''),
      'no_error_block: without an error block a failure in a ends',
    ],
    [
      'two cases of one name',
      flow(
        '  a: { type: branch, cases: [{ name: x, when: { value: a, equals: b }, next: done }, { name: x, when: { value: a, equals: b }, next: done }], next: done }',
      ),
      'parameters: two exits are named "x"',
    ],
    [
      'two shares of one name',
      flow(
        '  a: { type: distribute, shares: [{ name: x, percent: 50, next: done }, { name: x, percent: 50, next: done }] }',
      ),
      'parameters: two exits are named "x"',
    ],
    [
      'more digits than allowed',
      flow('  a: { type: get_digits, min: 5, max: 3, next: done }'),
      'parameters: at least 5 digits, but at most 3',
    ],
    [
      'a key that is not there',
      flow('  a: { type: get_digits, encrypt: k, next: done }'),
      'parameters: "k" is not among public_keys',
    ],
    [
      'two kinds of queue',
      flow('  a: { type: queue, callcenter: x, fifo: y, next: done }'),
      'parameters: expected callcenter or fifo',
    ],
    [
      'a name that is there twice',
      flow('  a: { type: invoke_function, function: f, output: x, outputs: [x], next: done }'),
      'parameters: "x" is named twice',
    ],
  ])('tells of %s', (_title, text, expected) => {
    const found = check(text);
    expect(
      found.filter((one) => one.includes(expected)),
      found.join('\n'),
    ).toHaveLength(1);
  });

  it('does not call reached what only a broken start leads to', () => {
    expect(check('start: x\nblocks:\n  a: { type: end }')).toHaveLength(1);
  });
});

describe('endless loops', () => {
  it.each<[string, string]>([
    [
      'of prompts',
      '  a: { type: play_prompt, prompt: x, next: b }\n  b: { type: play_prompt, prompt: y, next: a }',
    ],
    ['of one block', '  a: { type: wait, ms: 1, next: a }'],
    [
      'of functions',
      '  a: { type: invoke_function, function: f, next: b }\n  b: { type: branch, cases: [{ when: { value: x, equals: x }, next: done }], next: a }',
    ],
    ['by an error exit', '  a: { type: play_prompt, prompt: x, next: done, exits: { error: a } }'],
  ])('%s', (_title, blocks) => {
    expect(check(flow(blocks)).filter((one) => one.includes('endless_loop'))).toHaveLength(1);
  });

  it('are told with the blocks along them', () => {
    const blocks =
      '  a: { type: wait, ms: 1, next: b }\n  b: { type: wait, ms: 1, next: c }\n  c: { type: wait, ms: 1, next: b }';
    expect(check(flow(blocks)).find((one) => one.includes('endless_loop'))).toContain(
      '5:3 endless_loop: an endless loop: b → c → b',
    );
  });

  it.each<[string, string]>([
    ['asks', '  a: { type: get_digits, prompt: x, next: a, exits: { no_input: done } }'],
    [
      'counts',
      '  a: { type: loop, times: 3, next: done, exits: { again: b } }\n  b: { type: play_prompt, prompt: x, next: a }',
    ],
    ['connects', '  a: { type: transfer, to: { user: x }, next: a }'],
    ['queues', '  a: { type: queue, callcenter: x, next: a }'],
  ])('are none where a block %s', (_title, blocks) => {
    expect(check(flow(blocks)).filter((one) => one.includes('endless_loop'))).toEqual([]);
  });

  it('are none in the way back from the error block, which the engine bounds', () => {
    expect(
      check(
        flow(
          '  a: { type: play_prompt, prompt: x, next: done }\n  sorry: { type: wait, ms: 1, next: a }',
          'error: sorry',
        ),
      ),
    ).toEqual([]);
  });

  it('go through flows', () => {
    const main = flow('  a: { type: go_to_flow, flow: other }');
    const other = flow('  a: { type: go_to_flow, flow: main }');
    expect(check({ main, other }).filter((one) => one.includes('endless_loop'))).toHaveLength(1);
  });

  it('are none where a called flow asks', () => {
    const main = flow('  a: { type: call_flow, flow: other, next: a }');
    const asks = flow('  a: { type: get_digits, next: b }\n  b: { type: return }');
    const quiet = flow('  a: { type: wait, ms: 1, next: b }\n  b: { type: return }');
    expect(check({ main, other: asks }).filter((one) => one.includes('endless_loop'))).toEqual([]);
    expect(check({ main, other: quiet }).filter((one) => one.includes('endless_loop'))).toHaveLength(1);
  });
});

describe('references', () => {
  const says = (text: string, before = '', head = 'error: done'): string =>
    before === ''
      ? flow(`  a:\n    type: play_prompt\n    prompt: "${text}"\n    next: done`, head)
      : flow(`${before}\n  b:\n    type: play_prompt\n    prompt: "${text}"\n    next: done`, head);

  it.each<[string, string, string]>([
    [
      'an attribute that nobody sets',
      says('$.Attributes.x'),
      '6:5 unset_attribute: $.Attributes.x is set on no way to this block',
    ],
    [
      'one that is set later',
      flow(
        '  a: { type: play_prompt, prompt: $.Attributes.x, next: b }\n  b: { type: set_attributes, attributes: { x: 1 }, next: done }',
      ),
      'unset_attribute',
    ],
    [
      'one that is set on another way',
      flow(
        '  a: { type: hours, open: {}, exits: { open: b, closed: c } }\n  b: { type: set_attributes, attributes: { x: 1 }, next: done }\n  c: { type: play_prompt, prompt: $.Attributes.x, next: done }',
      ),
      'unset_attribute',
    ],
    ['one of the flow that nobody sets', says('$.FlowAttributes.x'), 'unset_attribute'],
    ['digits that nobody asks for', says('$.StoredInput'), 'no way to this block asks for digits'],
    ['a queue that nobody enters', says('$.Queue.Name'), 'goes through a queue'],
    ['a function that nobody invokes', says('$.External.x'), 'no way to this block leads from a function'],
    [
      'a function that has failed',
      flow(
        '  a: { type: invoke_function, function: free, next: done, exits: { error: b } }\n  b: { type: play_prompt, prompt: $.External.x, next: done }',
      ),
      'no way to this block leads from a function',
    ],
    [
      'an answer that is not declared',
      says('$.External.y', '  a: { type: invoke_function, function: f, parameters: { a: 1 }, next: b }'),
      'f does not answer "y"',
    ],
    [
      'a reference that means nothing',
      says('$.Atributes.x'),
      'reference: $.Atributes.x: there is no $.Atributes',
    ],
    ['a block that is not there', says('${nobody.x}'), 'there is no block "nobody"'],
    [
      'a block that does not set it',
      says('${a.y}', '  a: { type: invoke_function, function: free, output: x, next: b }'),
      'the block "a" does not set "y"',
    ],
    [
      'an output of a function that failed',
      flow(
        '  a: { type: invoke_function, function: free, output: x, next: done, exits: { error: b } }\n  b: { type: play_prompt, prompt: $.Attributes.x, next: done }',
      ),
      'unset_attribute',
    ],
  ])('tells of %s', (_title, text, expected) => {
    const found = check(text, { functions: FUNCTIONS });
    expect(
      found.filter((one) => one.includes(expected)),
      found.join('\n'),
    ).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['are declared', says('$.Attributes.x', '', 'error: done\ninputs: [x]')],
    [
      'a block before sets',
      says('$.Attributes.x', '  a: { type: set_attributes, attributes: { x: 1 }, next: b }'),
    ],
    [
      'a function gives',
      says('${a.x} $.Attributes.x', '  a: { type: invoke_function, function: free, output: x, next: b }'),
    ],
    [
      'a function answers',
      says('$.External.deep.a', '  a: { type: invoke_function, function: f, parameters: { a: 1 }, next: b }'),
    ],
    ['the caller types', says('$.StoredInput', '  a: { type: get_digits, next: b }')],
    [
      'a recording gives',
      says(
        '$.Attributes.x',
        '  a: { type: record, file: /r/a.wav, output: x, next: b, exits: { nothing: done } }',
      ),
    ],
    ['a queue gives', says('$.Queue.Name', '  a: { type: queue, callcenter: x, next: b }')],
    [
      'are always there',
      says('$.ContactId $.CustomerEndpoint.Address $.Channel.x $.Error.Code ${start.caller}'),
    ],
  ])('lets stand what %s', (_title, text) => {
    expect(check(text, { functions: FUNCTIONS })).toEqual([]);
  });

  it('sees attributes through flows', () => {
    const main = flow(
      '  a: { type: set_attributes, attributes: { x: 1 }, next: b }\n  b: { type: call_flow, flow: other, inputs: { in: 1 }, outputs: { got: out }, next: c }\n  c: { type: play_prompt, prompt: $.Attributes.y $.FlowAttributes.got, next: done }',
    );
    const other = flow(
      '  a: { type: set_attributes, attributes: { y: "$.Attributes.x$.FlowAttributes.in" }, next: b }\n  b: { type: return, values: { out: 1 } }',
    );
    expect(check({ main, other })).toEqual([]);
    expect(check({ main: main.replace('inputs: { in: 1 }', 'inputs: { no: 1 }'), other })).toEqual(
      ['5:50 unset_attribute: $.FlowAttributes.in is set on no way to this block'].map(
        (text) => expect.stringContaining(text.slice(5)) as string,
      ),
    );
  });
});

describe('functions and flows', () => {
  const invokes = (parameters: string): string =>
    flow(`  a:\n    type: invoke_function\n    ${parameters}\n    next: done`);

  it.each<[string, string, string]>([
    ['an unknown function', invokes('function: g'), '6:5 unknown_function: there is no function "g"'],
    ['a missing parameter', invokes('function: f'), 'missing_parameter: f requires the parameter "a"'],
    [
      'an unknown parameter',
      invokes('function: f\n    parameters:\n      a: 1\n      c: 1'),
      '9:7 unknown_parameter: f has no parameter "c"',
    ],
    [
      'an unknown output',
      invokes('function: f\n    parameters: { a: 1 }\n    outputs: [nope]'),
      '8:5 unknown_output: f does not answer "nope"',
    ],
    [
      'an unknown flow',
      flow('  a: { type: go_to_flow, flow: nobody }'),
      'unknown_flow: there is no flow "nobody"',
    ],
  ])('tells of %s', (_title, text, expected) => {
    const found = check(text, { functions: FUNCTIONS });
    expect(
      found.filter((one) => one.includes(expected)),
      found.join('\n'),
    ).toHaveLength(1);
  });

  it('tells of an input that the other flow needs', () => {
    const other = flow('  a: { type: end }', 'error: done\nflow_inputs: [n]')
      .replace('  done: { type: end }\n', '')
      .replace('error: done\n', '');
    expect(check({ main: flow('  a: { type: call_flow, flow: other, next: done }'), other })).toEqual([
      expect.stringContaining('missing_input: other needs the input "n"'),
    ]);
    expect(
      check({ main: flow('  a: { type: call_flow, flow: other, inputs: { n: 1 }, next: done }'), other }),
    ).toEqual([]);
  });

  it('says who uses a function', () => {
    const set = setOf({
      main: invokes('function: f\n    parameters: { a: 1 }\n    outputs: { x: y.z }'),
      other: invokes('function: g'),
    });
    expect(functionsUsed(set)).toEqual(['f', 'g']);
    expect(usesOf(set, 'f')).toEqual([
      {
        flow: 'main',
        file: 'main.yaml',
        block: 'a',
        path: ['blocks', 'a', 'function'],
        line: 6,
        column: 5,
        parameters: ['a'],
        outputs: ['y.z'],
      },
    ]);
  });
});

describe('prompts', () => {
  const plays = (prompt: string): string =>
    flow(`  a:\n    type: play_prompt\n    prompt: ${prompt}\n    next: done`);

  it.each<[string, string, string]>([
    [
      'a file that is not there',
      plays('{ file: nope.wav }'),
      '6:15 missing_file: there is no file "nope.wav"',
    ],
    ['one among several', plays('[hi, { file: nope.wav }]'), 'missing_file'],
    [
      'a tag that is not supported',
      plays('{ ssml: "<voice>x</voice>" }'),
      '6:15 ssml: <voice> is not supported',
    ],
    [
      'prosody that does nothing',
      plays('{ ssml: "<prosody rate=\'slow\'>x</prosody>" }'),
      'ssml: <prosody> does nothing',
    ],
    [
      'an unknown say-as',
      plays('{ ssml: "<say-as interpret-as=\'song\'>x</say-as>" }'),
      'ssml: interpret-as="song" is not supported',
    ],
    [
      'a language that nobody speaks',
      flow('  a: { type: play_prompt, prompt: x, language: fr, next: done }'),
      'no_voice: no voice for "fr"',
    ],
    [
      'a flow in such a language',
      flow('  a: { type: play_prompt, prompt: x, next: done }', 'error: done\nlanguage: fr'),
      'no_voice: no voice for "fr"',
    ],
    [
      'a menu with such a file',
      flow("  a: { type: menu, no_input: { file: nope.wav }, choices: { '1': done } }"),
      'missing_file',
    ],
    [
      'a waiting prompt with such a file',
      flow(
        '  a: { type: invoke_function, function: f, waiting: { prompt: { file: nope.wav } }, next: done }',
      ),
      'missing_file',
    ],
  ])('tells of %s', (_title, text, expected) => {
    const found = check(text, { speech: SPEECH, fileExists: (file) => file !== 'nope.wav' });
    expect(
      found.filter((one) => one.includes(expected)),
      found.join('\n'),
    ).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['a file that can not be known', plays('{ file: elsewhere.wav }')],
    ['a file that depends', plays('{ file: "x-$.ContactId.wav" }')],
    [
      'a language that depends',
      flow('  a: { type: play_prompt, prompt: x, language: $.Channel.lang, next: done }'),
    ],
    [
      'a language without a voice where only files are played',
      flow('  a: { type: play_prompt, prompt: { file: a.wav }, next: done }', 'error: done\nlanguage: fr'),
    ],
  ])('lets stand %s', (_title, text) => {
    expect(check(text, { speech: SPEECH, fileExists: () => undefined })).toEqual([]);
  });

  it('lets an engine with SSML have its tags', () => {
    const speech = {
      languages: { en: { engine: 'unimrcp', voice: 'x', ssml: true } },
      defaultLanguage: 'en',
    };
    expect(
      check(plays('{ ssml: "<prosody rate=\'slow\'>x</prosody><voice>y</voice>" }'), { speech }),
    ).toEqual([]);
  });
});

describe('the policy', () => {
  const policy: CheckContext['policy'] = ({ application, data }) =>
    application === 'bridge' && !data.startsWith('user/')
      ? 'dial.gateway: no'
      : application === 'playback' && data.includes('..')
        ? 'play.traversal: no'
        : undefined;

  it.each<[string, string]>([
    ['a number', '  a: { type: transfer, to: { number: "123", gateway: carrier }, next: done }'],
    ['a prompt', '  a: { type: play_prompt, prompt: { file: ../x.wav }, next: done }'],
    [
      'a waiting prompt',
      '  a: { type: invoke_function, function: f, waiting: { prompt: { file: ../x.wav } }, next: done }',
    ],
    [
      'an action',
      '  a: { type: run_actions, actions: [{ application: bridge, data: sofia/x/y }], next: done, exits: { failed: done } }',
    ],
  ])('refuses %s', (_title, blocks) => {
    expect(
      check(flow(blocks), { policy }).filter((one) => one.includes('4:3 action_refused: the policy refuses')),
    ).toHaveLength(1);
  });

  it('is not asked for what depends on the call', () => {
    const blocks = '  a: { type: transfer, to: { number: $.Channel.x, gateway: carrier }, next: done }';
    expect(check(flow(blocks), { policy })).toEqual([]);
  });
});
