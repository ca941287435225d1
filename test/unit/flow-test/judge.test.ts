import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/flow-test/judge.js';
import type { Expectation, FlowCase } from '../../../src/flow-test/case-file.js';
import { caseFileSchema } from '../../../src/flow-test/case-file.js';
import { junitReport, tapReport } from '../../../src/flow-test/reports.js';
import type { CaseRun } from '../../../src/flow-test/run-case.js';

function caseOf(expectation: Expectation): FlowCase {
  const { cases, ...common } = caseFileSchema.parse({ cases: [{ name: 'one', expect: expectation }] });
  const [one] = cases;
  if (one === undefined) throw new Error('no case');
  return { ...one, ...common, place: 'x.yaml:1' };
}

function visit(block: string, exit: string): CaseRun['visits'][number] {
  return { flow: 'f', version: '1', block, type: 't', exit, enteredAt: 0, leftAt: 1 };
}

const RUN: CaseRun = {
  visits: [visit('a', 'next'), visit('b', 'error'), visit('c', '')],
  last: undefined,
  heard: [
    { what: 'prompt', text: 'Hello.' },
    { what: 'digits', text: '42' },
    { what: 'prompt', text: 'Your balance is 5.' },
    { what: 'transfer', text: 'user/operator' },
    { what: 'queue', text: 'support' },
    { what: 'action', text: 'set x=1' },
  ],
  functions: [{ name: 'f', parameters: { a: '1', deep: { b: [2] } }, result: 'ok', detail: '' }],
  unknownFunctions: [],
  attributes: { x: '1' },
  variable: (name) => (name === 'v' ? '2' : undefined),
  ends: 'by_flow',
  error: '',
  errorDetail: '',
  cause: 'NORMAL_CLEARING',
  durationMs: 500,
  undone: 0,
};

describe('a case passes', () => {
  it.each<[string, Expectation]>([
    ['with nothing expected', {}],
    ['by its path', { path: ['a', 'b:error', 'f/c'] }],
    ['by blocks on its way', { passes: ['a:next', 'c'] }],
    ['by what it avoids', { avoids: ['d', 'a:error'] }],
    ['by everything that is heard', { prompts: ['Hello.', '/balance is \\d/'] }],
    ['by some of it', { hears: ['/^your/i'] }],
    ['by its digits', { digits: ['42'] }],
    ['by its functions', { functions: [{ function: 'f', parameters: { deep: { b: [2] } } }] }],
    ['by their names', { functions: ['f'] }],
    ['by attributes', { attributes: { x: '/^\\d$/', y: '' } }],
    ['by variables', { variables: { v: '2', w: '' } }],
    ['by who was called', { transfers: ['user/operator'], queues: ['support'] }],
    ['by what ran', { actions: ['set x=1'] }],
    ['by its end', { ends: 'by_flow', cause: 'NORMAL_CLEARING', at_most_ms: 500 }],
  ])('%s', (_, expectation) => expect(judge(caseOf(expectation), RUN)).toEqual([]));
});

describe('a case fails', () => {
  it.each<[string, Expectation]>([
    ['path', { path: ['a', 'b'] }],
    ['path', { path: ['a', 'b:next', 'c'] }],
    ['path', { path: ['g/a', 'b', 'c'] }],
    ['passes', { passes: ['c', 'a'] }],
    ['avoids', { avoids: ['b:error'] }],
    ['prompts', { prompts: ['Hello.'] }],
    ['hears', { hears: ['Your balance is 5.', 'Hello.'] }],
    ['digits', { digits: ['43'] }],
    ['functions', { functions: [] }],
    ['functions', { functions: [{ function: 'f', parameters: { a: '2' } }] }],
    ['functions', { functions: [{ function: 'f', parameters: { none: null, a: '2' } }] }],
    ['attributes.x', { attributes: { x: '' } }],
    ['attributes.toString', { attributes: { toString: 'x' } }],
    ['variables.w', { variables: { w: '1' } }],
    ['transfers', { transfers: [] }],
    ['queues', { queues: ['sales'] }],
    ['actions', { actions: ['set y=1'] }],
    ['ends', { ends: 'in_dialplan' }],
    ['error', { error: 'flow_loop' }],
    ['cause', { cause: 'USER_BUSY' }],
    ['at_most_ms', { at_most_ms: 499 }],
  ])('by its %s', (what, expectation) => {
    expect(judge(caseOf(expectation), RUN).map((miss) => miss.what)).toEqual([what]);
  });

  it('when the flow fails and nobody expects it', () => {
    const failed: CaseRun = { ...RUN, ends: 'failed', error: 'flow_loop' };
    expect(judge(caseOf({}), failed).map(({ what }) => what)).toEqual(['ends']);
    expect(judge(caseOf({ ends: 'failed' }), failed)).toEqual([]);
    expect(judge(caseOf({ error: 'flow_loop' }), failed)).toEqual([]);
  });

  it('when a function is invoked of which nothing is said, or the caller is not asked', () => {
    const run: CaseRun = { ...RUN, unknownFunctions: ['g'], undone: 2 };
    expect(judge(caseOf({}), run).map(({ what }) => what)).toEqual(['functions.g', 'does']);
    expect(judge(caseOf({}), { ...RUN, undone: 1, ends: 'by_caller' })).toEqual([]);
  });
});

describe('reports', () => {
  const miss = { what: 'path', expected: 'a → b', got: '<nothing> & "more" \u0001' };
  const results = [
    { file: 'x.yaml', name: 'good', place: 'x.yaml:2', misses: [], realMs: 1.25, run: RUN },
    { file: 'x.yaml', name: 'bad # one\nline', place: 'x.yaml:9', misses: [miss], realMs: 2, run: RUN },
  ];

  it('speak TAP', () => {
    expect(tapReport(results)).toBe(
      [
        'TAP version 14',
        '1..2',
        'ok 1 - x.yaml - good',
        'not ok 2 - x.yaml - bad \\# one line',
        '  ---',
        '  at: "x.yaml:9"',
        '  duration_ms: 2.0',
        '  misses:',
        '    - what: "path"',
        '      expected: "a → b"',
        '      got: "<nothing> & \\"more\\" \\u0001"',
        '  ...',
        '',
      ].join('\n'),
    );
  });

  it('speak JUnit', () => {
    const xml = junitReport(results);
    expect(xml).toContain('<testsuites name="flows" tests="2" failures="1">');
    expect(xml).toContain('<testcase classname="x.yaml" name="good" time="0.001"/>');
    expect(xml).toContain('expected a → b, got &lt;nothing&gt; &amp; &quot;more&quot; \ufffd');
    expect(xml).not.toContain('\u0001');
  });
});
