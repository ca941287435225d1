import { describe, expect, it } from 'vitest';
import { draw } from '../../../../src/flow/blocks/distribute.js';
import { faultsOf, Walk } from '../walk.js';

const ENDS = `
  a: { type: end }
  b: { type: end }
  c: { type: end }`;

function at(block: string, options: Partial<ConstructorParameters<typeof Walk>[0]> = {}): Walk {
  return new Walk({ flows: { main: `start: it\nblocks:\n  it: ${block}${ENDS}` }, ...options });
}

describe('branch', () => {
  const BRANCH = `{ type: branch, cases: [
    { when: { value: $.Attributes.x, equals: 1 }, next: a },
    { name: two, when: { value: $.Attributes.x, equals: 2 }, next: b }], next: c }`;

  it.each([
    ['1', 'it:case 1', 'a'],
    ['2', 'it:two', 'b'],
    ['3', 'it:next', 'c'],
  ])('takes the way of %s', (x, exit, block) => {
    expect(at(BRANCH, { inputs: { attributes: { x } } }).exits).toEqual([exit, block]);
  });

  it('takes the last way where nothing is set', () => {
    expect(at(BRANCH).exits).toEqual(['it:next', 'c']);
  });
});

describe('distribute', () => {
  const SHARES =
    '{ type: distribute, shares: [{ percent: 20, next: a }, { name: most, percent: 70, next: b }, { percent: 10, next: c }] }';

  it.each([
    [0, 'it:share 1'],
    [19.999, 'it:share 1'],
    [20, 'it:most'],
    [89.9, 'it:most'],
    [99.99, 'it:share 3'],
  ])('sends %s', (drawn, exit) => {
    expect(at(SHARES, { draw: () => drawn }).exits[0]).toBe(exit);
  });

  it('draws the same for the same call, and fairly over many', () => {
    const takes = Array.from({ length: 2000 }, (_, index) => at(SHARES, { uuid: `call-${index}` }).exits[0]);
    expect(at(SHARES, { uuid: 'call-7' }).exits[0]).toBe(takes[7]);
    const most = takes.filter((exit) => exit === 'it:most').length;
    expect(most).toBeGreaterThan(1300);
    expect(most).toBeLessThan(1500);
  });

  it('draws from 0 to 100', () => {
    const drawn = Array.from({ length: 5000 }, (_, index) => draw(String(index)));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(100);
  });

  it('never takes a share of nothing when the rounding leaves something over', () => {
    const thirds =
      '{ type: distribute, shares: [{ percent: 33.3333, next: a }, { percent: 66.6666, next: b }, { percent: 0, next: c }] }';
    expect(at(thirds, { draw: () => 99.99999 }).exits[0]).toBe('it:share 2');
  });

  it('refuses what is not a hundred', () => {
    expect(
      faultsOf(
        `start: it\nblocks:\n  it: { type: distribute, shares: [{ percent: 20, next: a }] }${ENDS}`,
      )[0],
    ).toContain('not 100 together');
  });
});

describe('loop', () => {
  const main = (times: string): string => `
start: it
blocks:
  it: { type: loop, times: ${times}, next: a, exits: { again: step } }
  step: { type: wait, ms: 1, next: it, exits: { error: it } }
  a: { type: end }`;

  it.each([
    ['2', 2],
    ['$.Attributes.n', 3],
    ['$.Attributes.much', 100],
    ['$.Attributes.bad', 0],
    ['$.Attributes.minus', 0],
    ['$.Attributes.nobody', 0],
  ])('goes round %s times', (times, expected) => {
    const attributes = { n: '3', much: '1e9', bad: 'x', minus: '-5' };
    const walk = new Walk({ flows: { main: main(times) }, inputs: { attributes } });
    let rounds = 0;
    for (; walk.step.kind === 'actions'; rounds += 1) walk.done();
    expect(rounds).toBe(expected);
    expect(walk.exits.slice(-2)).toEqual(['it:next', 'a']);
    expect(walk.state.loops).toEqual({});
  });

  it('counts from the beginning when it is come to again', () => {
    const flows = {
      main: `
start: outer
blocks:
  outer: { type: loop, times: 2, next: a, exits: { again: inner } }
  inner: { type: loop, times: 3, next: outer, exits: { again: step } }
  step: { type: wait, ms: 1, next: inner, exits: { error: inner } }
  a: { type: end }`,
    };
    const walk = new Walk({ flows });
    let rounds = 0;
    for (; walk.step.kind === 'actions'; rounds += 1) walk.done();
    expect(rounds).toBe(6);
  });
});

describe('wait', () => {
  const WAIT = '{ type: wait, ms: 1500, next: a, exits: { error: b } }';

  it('sleeps', () => {
    const walk = at(WAIT);
    expect(walk.said).toEqual(['sleep 1500']);
    expect(walk.done().exits).toEqual(['it:next', 'a']);
  });

  it('leaves by error when it may not', () => {
    expect(at(WAIT).done({ sleep: { status: 'refused' } }).exits).toEqual(['it:error', 'b']);
  });
});

describe('disconnect and end', () => {
  it('hangs up with its cause, as the last thing', () => {
    const walk = at('{ type: disconnect, cause: USER_BUSY }');
    expect(walk.step).toMatchObject({ kind: 'actions', final: true });
    expect(walk.said).toEqual(['hangup USER_BUSY']);
    expect(walk.exits).toEqual(['it']);
    expect(walk.state.waits).toBe('');
    expect(walk.done().step).toEqual({ kind: 'done' });
  });

  it('gives the call back', () => {
    expect(at('{ type: end }').step).toEqual({ kind: 'done' });
  });
});
