import { describe, expect, it } from 'vitest';
import { MOST_FLOWS_DEEP } from '../../../../src/flow/engine.js';
import { Walk } from '../walk.js';

const OTHER = `
start: say
blocks:
  say: { type: wait, ms: 5, next: back, exits: { error: back } }
  back: { type: return, values: { answer: '$.FlowAttributes.in!', queue: q } }`;

describe('go_to_flow', () => {
  const main = `
start: a
blocks:
  a: { type: set_attributes, attributes: { x: '1' }, flow_attributes: { local: '2' }, next: go }
  go: { type: go_to_flow, flow: other, inputs: { in: $.Attributes.x }, exits: { error: lost } }
  lost: { type: end }`;

  it('takes attributes along, and gives the flow its own', () => {
    const walk = new Walk({ flows: { main, other: OTHER } });
    expect(walk.state).toMatchObject({
      flow: 'other',
      block: 'say',
      attributes: { x: '1' },
      flowAttributes: { in: '1' },
      stack: [],
    });
    expect(walk.done().step).toEqual({ kind: 'done' });
    expect(walk.visits.map(({ flow, block }) => `${flow}/${block}`)).toEqual([
      'main/a',
      'main/go',
      'other/say',
      'other/back',
    ]);
  });

  it('leaves by error when there is no such flow', () => {
    const walk = new Walk({ flows: { main } });
    expect(walk.exits).toEqual(['a:next', 'go:error', 'lost']);
    expect(walk.state.error).toBe('no_such_flow');
  });
});

describe('call_flow', () => {
  const main = `
start: a
blocks:
  a: { type: set_attributes, flow_attributes: { local: mine }, next: call }
  call:
    type: call_flow
    flow: other
    inputs: { in: 5, missing: $.Attributes.nobody }
    outputs: { got: answer, none: nothing }
    next: done
    exits: { error: lost }
  done: { type: wait, ms: 1, next: lost, exits: { error: lost } }
  lost: { type: end }`;

  it('comes back with what the other flow returns', () => {
    const walk = new Walk({ flows: { main, other: OTHER } });
    expect(walk.state).toMatchObject({ flow: 'other', flowAttributes: { in: '5' } });
    walk.done();
    expect(walk.state).toMatchObject({
      flow: 'main',
      block: 'done',
      flowAttributes: { local: 'mine', got: '5!' },
      stack: [],
    });
    expect(walk.exits).toEqual(['a:next', 'call', 'say:next', 'back', 'call:next']);
    expect(walk.state.path).toContain('@other');
  });

  it('leaves by error when there is no such flow', () => {
    expect(new Walk({ flows: { main } }).exits).toEqual(['a:next', 'call:error', 'lost']);
  });

  it('leaves by error when flows call each other too deep', () => {
    const self = `
start: again
blocks:
  again: { type: call_flow, flow: main, next: back, exits: { error: back } }
  back: { type: return }`;
    const walk = new Walk({ flows: { main: self } });
    expect(walk.step).toEqual({ kind: 'done' });
    expect(walk.visits.filter(({ error }) => error === 'flow_too_deep')).toHaveLength(1);
    expect(walk.visits.filter(({ exit }) => exit === 'next')).toHaveLength(MOST_FLOWS_DEEP);
  });
});

it('return ends a flow that nobody called', () => {
  expect(new Walk({ flows: { main: 'start: a\nblocks:\n  a: { type: return }' } }).step).toEqual({
    kind: 'done',
  });
});
