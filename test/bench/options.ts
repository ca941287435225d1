import { parseArgs } from 'node:util';
import { DEFAULT_PEERS, PEERS, type PeerName } from './peers.js';

export const PARTS = [
  'framing',
  'simulator',
  'flows',
  'actions',
  'load',
  'https',
  'memory',
  'events',
  'readers',
  'limits',
] as const;
export type Part = (typeof PARTS)[number];
/** The search for limits takes a quarter of an hour by itself. */
const DEFAULT_PARTS = PARTS.filter((part) => part !== 'limits');

export interface BenchOptions {
  readonly parts: readonly Part[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly rates: readonly number[];
  /** Of one run of one peer at one rate. */
  readonly durationMs: number;
  readonly heldCalls: number;
  readonly simulatedCalls: number;
  readonly idleMs: number;
  readonly quick: boolean;
  /** Where the JSON goes; undefined: test/bench/results/<time>.json. */
  readonly json: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --quick             one short round at 100 and 200 calls/s, 200 held calls: to see that it works
  --only <part>[,…]   ${PARTS.join(', ')}
                      (all but limits)
  --peers <peer>[,…]  ${PEERS.join(', ')}
  --rates <n>[,…]     calls per second (100,200,300,400)
  --rounds <n>        how often the peers take turns (3)
  --seconds <n>       how long one run of one peer at one rate takes (5)
  --held <n>          calls held in a prompt for the memory part (1000)
  --json <file>       where the figures go (test/bench/results/<time>.json)
`;

function chosen<T extends string>(
  what: string,
  known: readonly T[],
  given: string | undefined,
): readonly T[] | undefined {
  if (given === undefined) return undefined;
  return given.split(',').map((name) => {
    const found = known.find((candidate) => candidate === name.trim());
    if (found === undefined)
      throw new Error(`no ${what} is called "${name}"; there are: ${known.join(', ')}`);
    return found;
  });
}

function positive(what: string, given: string): number {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${what} wants a number from 1, not "${given}"`);
  return number;
}

export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      peers: { type: 'string' },
      rates: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      held: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const quick = values.quick;
  return {
    parts: chosen('part', PARTS, values.only) ?? DEFAULT_PARTS,
    peers: chosen('peer', PEERS, values.peers) ?? DEFAULT_PEERS,
    rounds: values.rounds === undefined ? (quick ? 1 : 3) : positive('--rounds', values.rounds),
    rates:
      values.rates === undefined
        ? quick
          ? [100, 200]
          : [100, 200, 300, 400]
        : values.rates.split(',').map((rate) => positive('--rates', rate)),
    durationMs:
      values.seconds === undefined ? (quick ? 2500 : 5000) : positive('--seconds', values.seconds) * 1000,
    heldCalls: values.held === undefined ? (quick ? 200 : 1000) : positive('--held', values.held),
    simulatedCalls: quick ? 1000 : 5000,
    idleMs: quick ? 3000 : 5000,
    quick,
    json: values.json,
  };
}
