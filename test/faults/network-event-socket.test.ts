import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Line, type Trouble } from '../support/line.js';
import { type Bed, onEveryBed } from './bed.js';
import { full, repeat } from './form.js';
import { oneSwitch } from './one-switch.js';
import { LISTS, PATIENT } from './kinds.js';
import { pause, placeKinds, settledAsKinds } from './traffic.js';

/** What happens to the connections through which a daemon has its attached calls. */
interface Weather {
  readonly title: string;
  readonly first?: Trouble;
  /** While the calls are under way. */
  readonly then?: (line: Line, one: Bed) => Promise<void>;
  /** It lasts longer than a call waits for its daemon. */
  readonly outlastsGuards?: boolean;
}

const oneOf = <T>(...choice: readonly [T, ...T[]]): T =>
  choice[Math.floor(Math.random() * choice.length)] ?? choice[0];

async function connected(one: Bed): Promise<void> {
  await one.daemon.ready('ok');
}

const WEATHERS: readonly Weather[] = [
  { title: 'is slow', first: { delayMs: repeat(50, 200) } },
  { title: 'dribbles', first: { dribble: { bytes: repeat(1500, 400), everyMs: 1 } } },
  {
    title: 'stands still for a while',
    then: async (line) => {
      for (const holds of ['both', 'up', 'down'] as const) {
        await pause(Math.random() * 300);
        line.trouble = { holds };
        await pause(repeat(400, 8000));
        line.trouble = {};
      }
    },
  },
  {
    title: 'breaks at any byte, again and again',
    then: async (line, one) => {
      for (let count = 0; count < repeat(3, 15); count += 1) {
        await pause(Math.random() * 200);
        const cutAfter = {
          direction: oneOf('up', 'down'),
          bytes: 1 + Math.floor(Math.random() * 20_000),
          how: oneOf('reset', 'end'),
        } as const;
        line.trouble = { cutAfter };
        await pause(300);
        line.trouble = {};
        await connected(one);
      }
    },
  },
  {
    title: 'is away for a while',
    then: async (line, one) => {
      await pause(Math.random() * 400);
      line.trouble = { newcomers: oneOf('refuse', 'ignore') };
      line.cut(oneOf('reset', 'end'));
      await pause(repeat(1000, 20_000));
      line.trouble = {};
      line.cut();
      await connected(one);
    },
    outlastsGuards: full,
  },
];

onEveryBed(
  'a connection to the Event Socket that',
  ({ bed }) => {
    const bedBehind = async (trouble: Trouble): Promise<{ readonly one: Bed; readonly line: Line }> => {
      const lines: Line[] = [];
      onTestFinished(async () => {
        for (const line of lines) await line.close();
      });
      const eventSocket = async (port: number): Promise<number> => {
        const line = await Line.before(port);
        lines.push(line);
        line.trouble = trouble;
        return line.port;
      };
      const one = await bed({ attach: true, through: { eventSocket } });
      const [line] = lines;
      if (line === undefined) throw new Error('the bed has no line');
      await connected(one);
      return { one, line };
    };

    for (const { title, first = {}, then, outlastsGuards = false } of WEATHERS) {
      it(title, async () => {
        const { one, line } = await bedBehind(first);
        const kinds = outlastsGuards ? PATIENT : LISTS;
        const placed = await placeKinds(one, kinds, 300, { handOver: 'parked' });
        await then?.(line, one);
        const lost = outlastsGuards ? { others: ['failed'] as const, errors: ['daemon_lost'] } : {};
        await settledAsKinds(one, placed, { timeoutMs: 60_000, ...lost });
      });
    }

    it.runIf(full)('swallows what is sent is given up by the daemon itself', async () => {
      for (const holds of ['both', 'up', 'down'] as const) {
        const { one, line } = await bedBehind({});
        const placed = await placeKinds(one, PATIENT, 300, { handOver: 'parked' });
        const before = line.connections;
        line.trouble = { holds };
        await eventually('the daemon to connect again', () => line.connections > before || undefined, {
          timeoutMs: 40_000,
        });
        line.trouble = {};
        line.cut();
        await connected(one);
        await settledAsKinds(one, placed, { timeoutMs: 60_000 });
        expect(one.logged(/"code":"switch_timeout".*switch not connected/)).toHaveLength(1);
      }
    });
  },
  oneSwitch,
);
