import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SoakBed } from '../../soak/bed.js';
import { endingOf } from '../../soak/ledger.js';
import type { EndedCall } from '../../soak/orders.js';
import { Bed, pause } from '../bed.js';
import { measureLoad } from '../measure.js';
import { type Failure, searchHighest, type SearchOptions, type SearchResult } from '../search.js';

/** The most that went without a failed call, here. */
export interface Limits {
  /** The list of the other parts, through dialplan/switchhook.xml, one daemon. */
  readonly list: RateLimit;
  /** The mix of the soak: lists, flows, functions, bridges, parked calls; records and callbacks; two daemons. */
  readonly mix: RateLimit;
  readonly held: HeldLimit;
}

interface RateLimit extends Omit<SearchResult, 'found'> {
  readonly callsPerSecond: number;
}

interface HeldLimit extends Omit<SearchResult, 'found'> {
  readonly calls: number;
}

interface Plan {
  readonly roundMs: number;
  readonly rates: SearchOptions;
  readonly held: SearchOptions;
  /** Held calls are left alone for so long. */
  readonly holdMs: number;
}

const PLAN: Plan = {
  roundMs: 10_000,
  rates: { start: 100, step: 50, most: 1000, grain: 10, confirmations: 2 },
  held: { start: 1000, step: 1000, most: 8000, grain: 250, confirmations: 1 },
  holdMs: 10_000,
};
/** To see that it works. */
const QUICK_PLAN: Plan = {
  roundMs: 3000,
  rates: { start: 30, step: 30, most: 60, grain: 30, confirmations: 1 },
  held: { start: 100, step: 100, most: 200, grain: 100, confirmations: 0 },
  holdMs: 2000,
};
const HELD_PER_SECOND = 100;
/** For media and its reports. */
const PORTS_PER_CALL = 2;

type OnStop = (stop: () => Promise<void>) => void;
type Print = (text: string) => void;

/** A bed that is laid anew when FreeSWITCH does not survive a round. */
class Renewable<T extends { readonly freeswitch: { ended(): string | undefined } }> {
  readonly #lay: () => Promise<T>;
  readonly #clear: () => Promise<void>;
  #bed: T | undefined;

  constructor(lay: () => Promise<T>, clear: () => Promise<void>) {
    this.#lay = lay;
    this.#clear = clear;
  }

  async round(body: (bed: T) => Promise<Failure>): Promise<Failure> {
    const bed = (this.#bed ??= await this.#lay());
    const failure = await body(bed).catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    const how = bed.freeswitch.ended();
    if (how === undefined) return failure;
    await this.clear();
    return `FreeSWITCH ended: ${how}`;
  }

  async clear(): Promise<void> {
    this.#bed = undefined;
    await this.#clear();
  }
}

export async function limitsPart(
  binary: string,
  isQuick: boolean,
  print: Print,
  onStop: OnStop,
): Promise<Limits> {
  const plan = isQuick ? QUICK_PLAN : PLAN;
  let stop: () => Promise<void> = () => Promise.resolve();
  const remember: OnStop = (how) => {
    stop = how;
    onStop(how);
  };
  const clear = (): Promise<void> => stop();
  const list = await listLimit(new Renewable(() => Bed.start(binary, remember), clear), plan, print);
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-limits-'));
  const beds = new Renewable(() => SoakBed.start(binary, folder, remember), clear);
  const mix = await mixLimit(beds, plan, print);
  await rm(folder, { recursive: true, force: true });
  const held = await heldLimit(
    new Renewable(() => Bed.start(binary, remember, { mediaPorts: PORTS_PER_CALL * plan.held.most }), clear),
    plan,
    print,
  );
  return { list, mix, held };
}

async function listLimit(beds: Renewable<Bed>, { rates, roundMs }: Plan, print: Print): Promise<RateLimit> {
  const round = async (bed: Bed, callsPerSecond: number, durationMs: number): Promise<Failure> => {
    const sample = await measureLoad(bed, {
      peer: 'switchhook_context',
      dial: 'play',
      round: 1,
      callsPerSecond,
      durationMs,
    });
    const failures = Object.entries(sample.failures).map(([why, count]) => `${count} ${why}`);
    if (sample.leaked > 0) failures.push(`${sample.leaked} left over`);
    print(
      `list  ${callsPerSecond}/s: ${sample.completed}/${sample.attempted}, p50 ${sample.answerP50.toFixed(1)} p99 ${sample.answerP99.toFixed(1)} ms ${failures.join(', ')}`,
    );
    await calm(bed);
    return failures.length === 0 ? undefined : failures.join(', ');
  };
  // Code is compiled, and FreeSWITCH takes its memory, when they are first needed.
  await beds.round((bed) => round(bed, rates.start, roundMs / 2));
  const { found, ...rest } = await searchHighest(
    (rate) => beds.round((bed) => round(bed, rate, roundMs)),
    rates,
  );
  await beds.clear();
  return { callsPerSecond: found, ...rest };
}

async function mixLimit(
  beds: Renewable<SoakBed>,
  { rates, roundMs }: Plan,
  print: Print,
): Promise<RateLimit> {
  const round = async (bed: SoakBed, callsPerSecond: number, durationMs: number): Promise<Failure> => {
    const failures = new Map<string, number>();
    let good = 0;
    bed.callers.onEnded((calls: readonly EndedCall[]) => {
      for (const call of calls) {
        const { ending, detail } = endingOf(call);
        if (ending === 'programmed') good += 1;
        else {
          const why = detail.replace(/, after \d+ ms$/, '');
          failures.set(why, (failures.get(why) ?? 0) + 1);
        }
      }
    });
    bed.callers.begin(callsPerSecond);
    await pause(durationMs);
    await bed.callers.stop();
    await bed.callers.quiet(60_000);
    const left = await bed.channels();
    const texts = [...failures].map(([why, count]) => `${count} ${why}`);
    if (left > 0) texts.push(`${left} channels left`);
    print(`mix  ${callsPerSecond}/s: ${good} as programmed ${texts.join('; ')}`);
    return texts.length === 0 ? undefined : texts.join('; ');
  };
  await beds.round((bed) => round(bed, rates.start, roundMs / 2));
  const { found, ...rest } = await searchHighest(
    (rate) => beds.round((bed) => round(bed, rate, roundMs)),
    rates,
  );
  await beds.clear();
  return { callsPerSecond: found, ...rest };
}

async function heldLimit(beds: Renewable<Bed>, { held, holdMs }: Plan, print: Print): Promise<HeldLimit> {
  const round = async (bed: Bed, calls: number): Promise<Failure> => {
    await bed.peer('switchhook');
    await bed.freeswitch.api(`fsctl max_sessions ${2 * held.most}`);
    const report = await bed.generator.hold({
      destination: 'hold-switchhook',
      calls,
      callsPerSecond: HELD_PER_SECOND,
      patienceMs: 10_000,
    });
    await pause(holdMs);
    const sessions = await bed.sessions();
    await bed.generator.release({ callsPerSecond: 2 * HELD_PER_SECOND });
    const leaked = await bed.drain(20_000);
    const failures = Object.entries(report.failures).map(([why, count]) => `${count} ${why}`);
    if (sessions < calls) failures.push(`${calls - sessions} did not last ${holdMs / 1000} s`);
    if (leaked > 0) failures.push(`${leaked} left over`);
    print(`held  ${calls}: ${report.held} answered ${failures.join(', ')}`);
    return failures.length === 0 ? undefined : failures.join(', ');
  };
  const { found, ...rest } = await searchHighest((calls) => beds.round((bed) => round(bed, calls)), held);
  await beds.clear();
  return { calls: found, ...rest };
}

/** What an overload leaves behind must not fail the next round. */
async function calm(bed: Bed): Promise<void> {
  await bed.drain(10_000);
  await pause(1000);
}

export function limitsText({ list, mix, held }: Limits): string {
  const open = (limit: { readonly isOpen: boolean }): string =>
    limit.isOpen ? ' (nothing higher was tried)' : '';
  return [
    'The most without a failed call',
    `  the list, through dialplan/switchhook.xml   ${list.callsPerSecond} calls/s${open(list)}`,
    `  the mix of the soak                         ${mix.callsPerSecond} calls/s${open(mix)}`,
    `  calls held in a prompt                      ${held.calls}${open(held)}`,
    '',
  ].join('\n');
}
