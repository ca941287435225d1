import { expect, it, onTestFinished } from 'vitest';
import { Line, type Trouble } from '../support/line.js';
import { onEveryBed } from './bed.js';
import { repeat } from './form.js';
import { pause } from './traffic.js';

const ACTIONS = [
  { application: 'answer' },
  { application: 'set', data: 'cti_first=ran' },
  { application: 'playback', data: 'silence_stream://300' },
  { application: 'set', data: 'cti_after=ran' },
];

/** The receiver's answers are lost, late, or never given; it has taken what it was sent all the same. */
const TROUBLES: readonly Trouble[] = [
  { holds: 'down' },
  { holds: 'up' },
  { holds: 'both' },
  { newcomers: 'ignore' },
  { newcomers: 'refuse' },
  { cutAfter: { direction: 'down', bytes: 5, how: 'reset' } },
  { cutAfter: { direction: 'up', bytes: 400, how: 'end' } },
  { delayMs: 600 },
  { dribble: { bytes: 20, everyMs: 2 } },
];

onEveryBed(
  'a receiver of callbacks that',
  ({ bed }) => {
    it('is behind a network in which everything breaks is told everything once, in order', async () => {
      const lines: Line[] = [];
      onTestFinished(async () => {
        for (const line of lines) await line.close();
      });
      const receiver = async (port: number): Promise<number> => {
        const line = await Line.before(port);
        lines.push(line);
        return line.port;
      };
      const one = await bed({ through: { receiver } });
      const [line] = lines;
      if (line === undefined) throw new Error('the bed has no line');
      let calls = 0;
      for (const trouble of TROUBLES) {
        calls += (await one.calls(repeat(4, 40), 40, { actions: ACTIONS })).length;
        line.trouble = trouble;
        calls += (await one.calls(repeat(4, 40), 40, { actions: ACTIONS })).length;
        await pause(repeat(700, 4000));
        line.cut(calls % 3 === 0 ? 'end' : 'reset');
        line.trouble = {};
      }
      await one.settled({ calls, ends: ['done'] });
      expect(one.logged(/dead letter/)).toEqual([]);
    });

    it('refuses, is overloaded and fails is told everything once, in order', async () => {
      const one = await bed();
      let calls = 0;
      for (const status of [500, 503, 429, 404, 302, 204]) {
        one.receiver.status = status;
        calls += (await one.calls(repeat(4, 40), 40, { actions: ACTIONS })).length;
        await pause(repeat(400, 2000));
      }
      await one.settled({ calls, ends: ['done'] });
      // Several troubles on end are one.
      expect(one.logged(/callbacks wait: the receiver does not take them/).length).toBeLessThanOrEqual(2);
    });
  },
  { on: 'simulator' },
);
