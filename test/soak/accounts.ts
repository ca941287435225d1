import { open } from 'node:fs/promises';
import type { Ledger } from './ledger.js';
import { serialOf } from './mix.js';
import type { Tally } from './orders.js';

/** Contact records and last events, one of each per call. */
export interface Accounts {
  readonly calls: number;
  readonly whole: number;
  /** No record and no event: no daemon ever had the call, for it was killed or out of reach. */
  readonly neverReached: number;
  /** Told of in two parts that are tied by `continues`; one record. Only where a daemon died. */
  readonly inTwoParts: number;
  /**
   * A record alone, events alone, or events in two parts that nothing ties: the daemon was killed while it wrote down,
   * here and on the channel, that there was such a call.
   */
  readonly halfKnown: number;
  /** Calls for which the account does not come out, and the first of them in words. */
  readonly wrong: number;
  readonly complaints: readonly string[];
  readonly records: number;
  readonly startedEvents: number;
  readonly endedEvents: number;
  readonly repeatedEvents: number;
  readonly disorders: number;
  /** Records by result. */
  readonly results: Readonly<Record<string, number>>;
}

const MOST_COMPLAINTS = 50;
/** A call is known to a daemon a few milliseconds after its INVITE. */
const JUST_COME_MS = 50;

export async function accountsOf(
  placed: number,
  ledger: Ledger,
  files: readonly string[],
  tally: Tally,
): Promise<Accounts> {
  const records = new Uint8Array(placed);
  const results: Record<string, number> = {};
  const complaints: string[] = [];
  let wrong = 0;
  let count = 0;
  const complain = (text: string): void => {
    wrong += 1;
    if (complaints.length < MOST_COMPLAINTS) complaints.push(text);
  };
  for (const file of files) {
    for await (const line of linesOf(file)) {
      const record = parsed(line);
      const serial = serialOf(record?.system_endpoint?.address ?? '');
      if (record === undefined || serial === undefined || serial >= placed) {
        complain(`a line of the records that is none: ${line.slice(0, 200)}`);
        continue;
      }
      count += 1;
      records[serial] = (records[serial] ?? 0) + 1;
      results[record.result] = (results[record.result] ?? 0) + 1;
    }
  }
  let whole = 0;
  let neverReached = 0;
  let inTwoParts = 0;
  let halfKnown = 0;
  for (let serial = 0; serial < placed; serial += 1) {
    const numbers = [records[serial] ?? 0, tally.started[serial] ?? 0, tally.ended[serial] ?? 0];
    if (numbers.every((number) => number === 1)) {
      whole += 1;
      continue;
    }
    const fault = ledger.faultOf(serial);
    const branch = ledger.branchOf(serial);
    const isUnknown = numbers.every((number) => number === 0);
    if (isUnknown && fault?.isHarmless === false && (branch === 'nobody' || branch === 'other')) {
      neverReached += 1;
      continue;
    }
    const [written, started, ended] = numbers;
    const parts = 1 + (tally.continued[serial] ?? 0);
    if (fault?.isHarmless === false && written === 1 && parts > 1 && started === parts && ended === parts) {
      inTwoParts += 1;
      continue;
    }
    const beforeMs = fault === undefined ? Infinity : fault.from - ledger.invitedAt(serial);
    const isHalf = started === ended && (written ?? 0) + (ended ?? 0) === 1;
    const isUntied = started === 2 && ended === 2 && written === 1;
    if (fault?.isHarmless === false && (isHalf || isUntied) && Math.abs(beforeMs) < JUST_COME_MS) {
      halfKnown += 1;
      continue;
    }
    const when =
      fault === undefined
        ? 'without a fault'
        : `${fault.fault}, ${Math.round(ledger.invitedAt(serial) - fault.from)} ms after it`;
    complain(
      `call ${serial} (${branch}; ${when}): ${written} records, ${started} first events, ${ended} last events`,
    );
  }
  return {
    calls: placed,
    whole,
    neverReached,
    inTwoParts,
    halfKnown,
    wrong,
    complaints,
    records: count,
    startedEvents: sum(tally.started),
    endedEvents: sum(tally.ended),
    repeatedEvents: tally.repeated,
    disorders: tally.disorders,
    results,
  };
}

interface Line {
  readonly system_endpoint?: { readonly address?: string } | null;
  readonly result: string;
}

function parsed(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const handle = await open(file);
  try {
    for await (const line of handle.readLines()) if (line !== '') yield line;
  } finally {
    await handle.close().catch(() => undefined);
  }
}

function sum(list: readonly number[]): number {
  return list.reduce((all, one) => all + one, 0);
}
