import { pause } from '../bench/bed.js';
import { eventually } from '../support/eventually.js';
import type { SoakBed } from './bed.js';
import { type SoakDaemon, total } from './daemon.js';

interface Fault {
  /** What happens. Resolves when everything should be as before. */
  readonly run: (bed: SoakBed, turn: number) => Promise<void>;
  /** No call may notice. */
  readonly isHarmless?: boolean;
  /** The switch went with all of its calls; whoever runs the fault starts it again. */
  readonly killsSwitch?: boolean;
}

/** Time for the last call to get over it. */
const AFTER_MS = 1000;
const RECOVERY_MS = 60_000;

/** Daemon a lives as long as the soak, so that it can be seen what it keeps; b is the one that dies. */
export const FAULTS = {
  kill: {
    run: async ({ b }) => {
      await b.end('SIGKILL', 5000);
      await pause(1000);
      await b.start();
      await pause(AFTER_MS);
    },
  },
  'app-down': {
    run: async (bed) => {
      await bed.app('down');
      await pause(5000);
      await bed.app('up');
      await circuitsClosed(bed);
      await pause(AFTER_MS);
    },
  },
  'receiver-down': {
    isHarmless: true,
    run: async (bed) => {
      await bed.receiver('down');
      await pause(10_000);
      await bed.receiver('up');
    },
  },
  reload: {
    isHarmless: true,
    run: async (bed, turn) => {
      await bed.reload(turn);
      await pause(2000);
      await bed.reload(turn + 1);
      await pause(2000);
      await bed.reload(turn);
      await pause(2000);
    },
  },
  'event-socket-cut': {
    run: async ({ eventSocket, a, b }) => {
      eventSocket.trouble = { newcomers: 'refuse' };
      eventSocket.cut('reset');
      await pause(3000);
      eventSocket.trouble = {};
      await Promise.all([a, b].map((daemon) => daemon.until('ok', RECOVERY_MS)));
      await pause(AFTER_MS);
    },
  },
  stop: {
    run: async ({ a }) => {
      a.signal('SIGSTOP');
      await pause(2000);
      a.signal('SIGCONT');
      await a.until('degraded', RECOVERY_MS);
      await pause(2 * AFTER_MS);
    },
  },
  'app-slow': {
    run: async (bed) => {
      await bed.app('slow');
      await pause(5000);
      await bed.app('up');
      await pause(2000);
      await circuitsClosed(bed);
      await pause(AFTER_MS);
    },
  },
  restart: {
    run: async ({ b }) => {
      const how = await b.end('SIGTERM', 45_000);
      if (how !== 'status 0') b.crashes.push(`b, told to end, ended with ${how}`);
      await b.start();
      await pause(AFTER_MS);
    },
  },
  'switch-kill': {
    killsSwitch: true,
    run: ({ freeswitch }) => freeswitch.kill(),
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

export function faultOf(name: FaultName): Fault {
  return FAULTS[name];
}

/**
 * An app that failed is left alone for a while: until then its calls go to the dialplan. Both are looked at each time:
 * one that stood still hears of the failures when the app is back already, and opens its circuit only then.
 */
async function circuitsClosed({ a, b }: SoakBed): Promise<void> {
  await eventually(
    'both daemons to ask the app again',
    async () => {
      const open = await Promise.all([a, b].map((daemon) => openCircuits(daemon)));
      return open.every((count) => count === 0) ? true : undefined;
    },
    { timeoutMs: RECOVERY_MS, everyMs: 200 },
  );
}

/** @returns undefined when it did not answer */
async function openCircuits(daemon: SoakDaemon): Promise<number | undefined> {
  try {
    return total(await daemon.metrics(), 'switchhook_circuit_open');
  } catch {
    return undefined;
  }
}
