import { describe, expect, it } from 'vitest';
import { Timeline } from '../../../src/cli/timeline.js';
import { harness } from './harness.js';

function told(run: (timeline: Timeline) => void, colour = false): string {
  const { cli, out } = harness();
  run(new Timeline({ ...cli, colour }));
  return out().replaceAll(/^ *\d+ ms {2}/gm, '');
}

describe('the timeline', () => {
  it('tells a call from hand-over to release', () => {
    const text = told((timeline) => {
      timeline.entry({
        atMs: 0,
        type: 'handed_over',
        program: 'curl/app',
        caller: '1001',
        destination: '7001',
        resumed: false,
      });
      timeline.entry({
        atMs: 1,
        type: 'request',
        url: 'http://a/',
        attempt: 1,
        durationMs: 3.4,
        status: 200,
      });
      timeline.entry({ atMs: 2, type: 'answer', origin: 'a', policy: 'default', actions: 2, warnings: [] });
      timeline.entry({
        atMs: 3,
        type: 'outcome',
        list: 1,
        index: 0,
        application: 'bridge',
        status: 'failed',
        response: 'BUSY',
        detail: 'USER_BUSY',
        variables: {},
        durationMs: 20,
      });
      timeline.entry({ atMs: 4, type: 'ended', result: 'done', detail: '' });
    });
    expect(text.split('\n')).toEqual([
      'call        1001 → 7001 handed over by the dialplan, program curl/app',
      'request     http://a/  HTTP 200  in 3 ms',
      'answer      2 actions under policy default',
      'outcome     bridge  failed  BUSY  USER_BUSY  20 ms',
      'released    done',
      '',
    ]);
  });

  it('colours what is good and what is bad, where the terminal can', () => {
    expect(told((timeline) => timeline.line('x', 'fine', 'good'), true)).toBe(
      'x           \u001b[32mfine\u001b[0m\n',
    );
    expect(told((timeline) => timeline.line('x', 'fine', 'good'))).toBe('x           fine\n');
  });

  it('stays on one line, whatever it is told', () => {
    expect(told((timeline) => timeline.line('x', 'a\nb\u001b[2Jc'))).toBe('x           a b\\x1b[2Jc\n');
  });
});
