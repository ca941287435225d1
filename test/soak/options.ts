import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS, type FaultName } from './faults.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly callsPerSecond: number;
  /** Seconds from the begin of one fault to that of the next. */
  readonly faultEveryS: number;
  readonly faults: readonly FaultName[];
  /** Calls come and go for so long before anything is measured. */
  readonly warmUpS: number;
  readonly sampleEveryS: number;
  readonly json: string | undefined;
  /** Folder with configuration, logs, records and outbox; kept. Without it they are removed when all is well. */
  readonly keep: string | undefined;
  /** Heap snapshots of daemon a without calls, before and after: for whoever looks for a leak. */
  readonly snapshots: boolean;
}

export const USAGE = `npm run soak -- [options]

  --minutes <n>       how long calls come, with faults (60)
  --rate <n>|<n>%     calls per second, or of the highest rate that the newest \`npm run bench -- --only limits\` has
                      found for this mix (60%)
  --fault-every <s>   seconds from one fault to the next (60)
  --faults <name>[,…] ${Object.keys(FAULTS).join(', ')}
                      (all but switch-kill, in this order, again and again)
  --warm-up <s>       calls before anything is measured (60; less in short runs)
  --sample-every <s>  (10)
  --json <file>       where the figures go (test/soak/results/<time>.json)
  --snapshots         heap snapshots without calls, before and after, into that folder
  --keep <folder>     where logs, records and outbox are left; removed otherwise, unless something was wrong
`;

const BENCH_RESULTS = join(import.meta.dirname, '../bench/results');

export async function parseOptions(args: readonly string[]): Promise<SoakOptions | 'help'> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '60' },
      rate: { type: 'string', default: '60%' },
      'fault-every': { type: 'string', default: '60' },
      faults: { type: 'string' },
      'warm-up': { type: 'string' },
      'sample-every': { type: 'string' },
      json: { type: 'string' },
      keep: { type: 'string' },
      snapshots: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.keep !== undefined && (await readdir(values.keep).catch(() => [])).length > 0)
    throw new Error(`--keep ${values.keep}: the folder is not empty, and records of before would be counted`);
  const minutes = positive('--minutes', values.minutes);
  const known = Object.keys(FAULTS) as FaultName[];
  const faults = values.faults?.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (found === undefined) throw new Error(`no fault is called "${name}"; there are: ${known.join(', ')}`);
    return found;
  });
  return {
    minutes,
    callsPerSecond: await rateOf(values.rate),
    faultEveryS: positive('--fault-every', values['fault-every']),
    faults: faults ?? known.filter((name) => name !== 'switch-kill'),
    warmUpS:
      values['warm-up'] === undefined ? (minutes < 10 ? 20 : 60) : positive('--warm-up', values['warm-up']),
    sampleEveryS:
      values['sample-every'] === undefined
        ? minutes < 10
          ? 2
          : 10
        : positive('--sample-every', values['sample-every']),
    json: values.json,
    keep: values.keep,
    snapshots: values.snapshots,
  };
}

function positive(what: string, given: string): number {
  const number = Number(given);
  if (!(number > 0)) throw new Error(`${what} wants a number, not "${given}"`);
  return number;
}

async function rateOf(given: string): Promise<number> {
  if (!given.endsWith('%')) return positive('--rate', given);
  const share = positive('--rate', given.slice(0, -1)) / 100;
  const names = await readdir(BENCH_RESULTS).catch((): string[] => []);
  for (const name of names.sort().reverse()) {
    const text = await readFile(join(BENCH_RESULTS, name), 'utf8').catch(() => '{}');
    const { limits } = JSON.parse(text) as { limits?: { mix?: { callsPerSecond?: number } } };
    const highest = limits?.mix?.callsPerSecond;
    if (highest !== undefined && highest > 0) return Math.max(1, Math.round(share * highest));
  }
  throw new Error('no limits were found yet: npm run bench -- --only limits, or --rate <n>');
}
