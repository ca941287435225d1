import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Line, type Trouble } from '../support/line.js';
import { type Bed, type BedOptions, onEveryBed } from './bed.js';
import { full, repeat } from './form.js';
import { oneSwitch } from './one-switch.js';
import { LISTS, PATIENT } from './kinds.js';
import type { Way } from './settled.js';
import { pause, placeKinds, settledAsKinds } from './traffic.js';

/** What the network does to connections of calls that are in every kind of action. */
interface Weather {
  readonly title: string;
  /** From the begin. */
  readonly first?: Trouble;
  /** While the calls are under way; resolves when it is over. */
  readonly then?: (line: Line) => Promise<void>;
  /** Besides the way in which the call would have left anyway. */
  readonly ends?: readonly Way[];
  /** Connections are lost. */
  readonly loses?: boolean;
}

const moment = (): Promise<void> => pause(100 + Math.random() * 500);

/** FreeSWITCH waits for its first command for 25 s (mod_event_socket.c listener_run), and the dialplan tries twice. */
const OUTLASTED: readonly Way[] = full ? ['unreached'] : [];

const WEATHERS: readonly Weather[] = [
  { title: 'is slow', first: { delayMs: repeat(60, 250) } },
  { title: 'dribbles', first: { dribble: { bytes: repeat(96, 24), everyMs: 1 } } },
  {
    title: 'stands still for a while, both ways',
    then: async (line) => {
      await moment();
      line.trouble = { holds: 'both' };
      await pause(repeat(1500, 15_000));
      line.trouble = {};
    },
  },
  {
    title: 'is half-open towards the daemon, then breaks',
    then: async (line) => {
      await moment();
      line.trouble = { holds: 'up' };
      await pause(repeat(700, 30_000));
      line.cut('reset');
      line.trouble = {};
    },
    ends: OUTLASTED,
    loses: true,
  },
  {
    title: 'is half-open towards the switch, then breaks',
    then: async (line) => {
      await moment();
      line.trouble = { holds: 'down' };
      await pause(repeat(700, 30_000));
      line.cut('end');
      line.trouble = {};
    },
    ends: OUTLASTED,
    loses: true,
  },
  {
    title: 'breaks again and again',
    then: async (line) => {
      for (let count = 0; count < repeat(6, 20); count += 1) {
        await pause(Math.random() * 300);
        line.cut(count % 2 === 0 ? 'reset' : 'end');
      }
    },
    ends: ['unreached'],
    loses: true,
  },
  {
    title: 'goes away and stays away',
    then: async (line) => {
      await moment();
      line.trouble = { newcomers: 'refuse' };
      line.cut('reset');
    },
    ends: ['unreached'],
    loses: true,
  },
];

/** A caller who hangs up when the connection is lost is looked for later, which takes its time. */
const QUICK = LISTS.filter(({ way }) => way !== 'hung_up');

onEveryBed(
  'a network between the switch and the daemon that',
  ({ bed }) => {
    const bedBehind = async (
      trouble: Trouble,
      options: BedOptions = {},
    ): Promise<{ readonly one: Bed; readonly line: Line }> => {
      const lines: Line[] = [];
      onTestFinished(async () => {
        for (const line of lines) await line.close();
      });
      const socket = async (port: number): Promise<number> => {
        const line = await Line.before(port);
        lines.push(line);
        line.trouble = trouble;
        return line.port;
      };
      const one = await bed({ ...options, through: { socket } });
      const [line] = lines;
      if (line === undefined) throw new Error('the bed has no line');
      return { one, line };
    };

    for (const { title, first = {}, then, ends = [], loses = false } of WEATHERS) {
      it(title, async () => {
        const { one, line } = await bedBehind(first);
        const placed = await placeKinds(one, full ? PATIENT : loses ? QUICK : LISTS, 200);
        await then?.(line);
        await eventually('every connection to be over', () => line.open === 0, { timeoutMs: 40_000 });
        await settledAsKinds(one, placed, { others: ends, timeoutMs: 40_000 });
      });
    }

    it.runIf(full)(
      'takes connections and delivers nothing gives the calls back to the dialplan',
      async () => {
        const { one } = await bedBehind({ newcomers: 'ignore' });
        await one.calls(5, 10, { actions: [{ application: 'answer' }] });
        // mod_event_socket.c listener_run: 25 s for the first command; the dialplan tries twice.
        await one.settled({ calls: 5, ends: ['unreached'], timeoutMs: 70_000 });
      },
    );

    it.runIf(full)('is too slow for an introduction gives the calls back to the dialplan', async () => {
      const { one } = await bedBehind({ dribble: { bytes: 8, everyMs: 50 } });
      await one.calls(2, 10, { actions: [{ application: 'answer' }] });
      await one.settled({ calls: 2, ends: ['unreached'], timeoutMs: 70_000 });
      expect(one.logged(/"code":"switch_timeout".*connection dropped/)).toHaveLength(4);
    });
  },
  oneSwitch,
);
