import { pause } from '../bench/bed.js';
import { CONTEXT } from '../bench/sip-profile.js';
import { eventually } from '../support/eventually.js';
import { type Accounts, accountsOf } from './accounts.js';
import type { SoakBed } from './bed.js';
import { type Remains, total } from './daemon.js';
import { faultOf } from './faults.js';
import { Ledger } from './ledger.js';
import { loggedBy } from './logged.js';
import type { SoakOptions } from './options.js';
import { type RemainsSample, type Sample, sampleOf, type SlopeRow, slopesOf } from './samples.js';

export interface SoakFigures {
  readonly minutes: number;
  readonly callsPerSecond: number;
  readonly placed: number;
  readonly ended: number;
  readonly retransmissions: number;
  readonly ledger: Pick<Ledger, 'windows' | 'calm' | 'wrong' | 'wrongCount'> & {
    readonly hit: Readonly<Record<string, object>>;
    readonly byKind: Readonly<Record<string, object>>;
    readonly fallbacks: Readonly<Record<string, number>>;
  };
  readonly accounts: Accounts;
  readonly slopes: readonly SlopeRow[];
  /** Of daemon a without calls, before and after. */
  readonly idleBefore: Remains;
  readonly idleAfter: Remains;
  readonly leftChannels: number;
  /** Claims on channels, and guards of them in FreeSWITCH's scheduler. */
  readonly leftMarks: number;
  readonly leftCalls: number;
  /** Faults that did not go as they should, ends that nobody asked for, lines on stderr. */
  readonly troubles: readonly string[];
  /** Lines of the daemons' logs by message, from warnings up. */
  readonly logged: Readonly<Record<string, number>>;
  readonly switchDeaths: readonly string[];
  readonly samples: readonly Sample[];
  readonly remains: readonly RemainsSample[];
}

/** Idle connections are kept for as long as the other side says: Node's servers say five seconds. */
const IDLE_MS = 9000;
/** A snapshot stops the daemon for as long as it is written. */
const SNAPSHOT_MS = 10_000;
/** Calls of a daemon that died are looked after once a minute. */
const LATE_MS = 150_000;

/** Calls for so long, with one fault after the other; then what is left. */
export class SoakRun {
  readonly #bed: SoakBed;
  readonly #options: SoakOptions;
  readonly #print: (text: string) => void;
  readonly #ledger: Ledger;
  readonly #samples: Sample[] = [];
  readonly #remains: RemainsSample[] = [];
  readonly #troubles: string[] = [];
  readonly #deaths: string[] = [];
  #placing = false;
  #expectsDeath = false;
  #over = false;
  /** The switch is being started again. */
  #reviving: Promise<void> | undefined;

  constructor(bed: SoakBed, options: SoakOptions, print: (text: string) => void) {
    this.#bed = bed;
    this.#options = options;
    this.#print = print;
    const seconds = options.minutes * 60 + options.warmUpS + 60;
    this.#ledger = new Ledger(Math.ceil(seconds * options.callsPerSecond * 1.2) + 10_000);
    bed.callers.onEnded((calls) => this.#ledger.take(calls));
  }

  async run(): Promise<SoakFigures> {
    const { a, b, callers } = this.#bed;
    const watching = this.#watchSwitch();
    this.#print(`warming up for ${this.#options.warmUpS} s`);
    this.#begin();
    await pause(this.#options.warmUpS * 1000);
    await this.#quiet();
    await pause(IDLE_MS);
    const idleBefore = await this.#idle();

    const endAt = Date.now() + this.#options.minutes * 60_000;
    this.#begin();
    const loops = [this.#sample(endAt), this.#look(endAt), this.#tell(endAt), this.#disturb(endAt)];
    await Promise.all(loops);
    await this.#quiet();
    this.#over = true;
    await watching;
    await this.#settled();
    await pause(IDLE_MS);
    const idleAfter = await this.#idle();
    const leftChannels = await this.#bed.channels();
    const leftMarks = await this.#bed.marks();
    const leftCalls = await this.#callsUnderControl();
    const accounts = await this.#accounts();
    await this.#endDaemons();
    const { windows, calm, wrong, wrongCount, hit, byKind, fallbacks } = this.#ledger;
    return {
      minutes: this.#options.minutes,
      callsPerSecond: this.#options.callsPerSecond,
      placed: callers.placed,
      ended: this.#ledger.ended,
      retransmissions: callers.retransmissions,
      ledger: {
        windows,
        calm,
        wrong,
        wrongCount,
        hit: Object.fromEntries(hit),
        byKind: Object.fromEntries(byKind),
        fallbacks: Object.fromEntries(fallbacks),
      },
      accounts,
      slopes: slopesOf(this.#samples, this.#remains),
      idleBefore,
      idleAfter,
      leftChannels,
      leftMarks,
      leftCalls,
      troubles: this.#troubles,
      logged: await loggedBy([a, b]),
      switchDeaths: this.#deaths,
      samples: this.#samples,
      remains: this.#remains,
    };
  }

  /** What daemon a keeps while there are no calls. */
  async #idle(): Promise<Remains> {
    const { a } = this.#bed;
    const remains = await a.remains();
    if (this.#options.snapshots) {
      a.signal('SIGPWR');
      await pause(SNAPSHOT_MS);
    }
    return remains;
  }

  #begin(): void {
    this.#placing = true;
    this.#bed.callers.begin(this.#options.callsPerSecond);
  }

  async #quiet(): Promise<void> {
    this.#placing = false;
    await this.#bed.callers.stop();
    await this.#bed.callers.quiet(120_000);
  }

  async #sample(endAt: number): Promise<void> {
    while (Date.now() < endAt) {
      await pause(this.#options.sampleEveryS * 1000);
      // A switch that is gone can't be asked.
      await sampleOf(this.#bed).then(
        (sample) => this.#samples.push(sample),
        () => undefined,
      );
    }
  }

  /** What is left after garbage collection, which stops the daemon for a moment. */
  async #look(endAt: number): Promise<void> {
    const everyMs = Math.max(5000, Math.min(60_000, (this.#options.minutes * 60_000) / 20));
    while (Date.now() + everyMs < endAt) {
      await pause(everyMs);
      const remains = await this.#bed.a.remains().catch(() => undefined);
      if (remains !== undefined) this.#remains.push({ at: Date.now(), ...remains });
    }
  }

  async #tell(endAt: number): Promise<void> {
    while (Date.now() < endAt) {
      await pause(Math.min(30_000, Math.max(0, endAt - Date.now())));
      const { callers } = this.#bed;
      const last = this.#samples.at(-1);
      const memory = last === undefined ? '' : `, daemon ${(last.rssBytes / 1e6).toFixed(0)} MB`;
      this.#print(
        `${clock()}  ${callers.placed} placed, ${callers.open} open, ${this.#ledger.wrongCount} wrong${memory}`,
      );
    }
  }

  async #disturb(endAt: number): Promise<void> {
    const everyMs = this.#options.faultEveryS * 1000;
    const { faults } = this.#options;
    let at = Date.now() + everyMs / 2;
    // The last one has time to pass.
    for (let turn = 0; at + Math.min(30_000, everyMs) < endAt; turn += 1) {
      await pause(Math.max(0, at - Date.now()));
      await this.#reviving;
      const name = faults[turn % faults.length];
      if (name !== undefined) await this.#fault(name, turn);
      while (at <= Date.now()) at += everyMs;
    }
    await pause(Math.max(0, endAt - Date.now()));
  }

  async #fault(name: SoakOptions['faults'][number], turn: number): Promise<void> {
    const fault = faultOf(name);
    this.#print(`${clock()}  fault: ${name}`);
    this.#expectsDeath = fault.killsSwitch === true;
    const window =
      fault.killsSwitch === true
        ? undefined
        : this.#ledger.begin(name, { isHarmless: fault.isHarmless === true });
    try {
      await fault.run(this.#bed, turn);
    } catch (error) {
      this.#troubles.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (window !== undefined) window.until = Date.now();
  }

  async #watchSwitch(): Promise<void> {
    while (!this.#over) {
      await pause(100);
      const how = this.#bed.freeswitch.ended();
      if (how === undefined) continue;
      this.#reviving = this.#revive(how);
      await this.#reviving;
      this.#reviving = undefined;
    }
  }

  /** FreeSWITCH has ended, by a fault of ours or one of its own. */
  async #revive(how: string): Promise<void> {
    const wasKilled = this.#expectsDeath;
    this.#expectsDeath = false;
    const window = this.#ledger.begin(wasKilled ? 'switch-kill' : 'switch-died', { isHarmless: false });
    this.#print(`${clock()}  FreeSWITCH ended: ${how}${wasKilled ? '' : ', by itself'}`);
    const { freeswitch, callers, a, b } = this.#bed;
    await callers.forget();
    if (!wasKilled) this.#deaths.push(await this.#bed.autopsy());
    await freeswitch.kill();
    await freeswitch.startAgain();
    await eventually(
      'the SIP profile of the callers',
      async () =>
        new RegExp(`\\s${CONTEXT}\\s+profile\\s.*RUNNING`).test(await freeswitch.api('sofia status')) ||
        undefined,
      { timeoutMs: 30_000 },
    );
    await Promise.all([a, b].map((daemon) => daemon.until('ok', 60_000)));
    if (this.#placing) this.#begin();
    await pause(1000);
    window.until = Date.now();
  }

  /** What comes late has come: ends of calls whose daemon died, events that a receiver was away for. */
  async #settled(): Promise<void> {
    await eventually(
      'the last events of all calls',
      async () => {
        const { started, ended } = await this.#bed.tally();
        return started.every((count, serial) => count === (ended[serial] ?? 0)) ? true : undefined;
      },
      { timeoutMs: LATE_MS, everyMs: 1000 },
    ).catch((error: unknown) => this.#troubles.push(String(error)));
    await eventually(
      'the switch to have no channel',
      async () => ((await this.#bed.channels()) === 0 ? true : undefined),
      { timeoutMs: 40_000, everyMs: 250 },
    ).catch((error: unknown) => this.#troubles.push(String(error)));
  }

  async #callsUnderControl(): Promise<number> {
    const { a, b } = this.#bed;
    const [one, two] = await Promise.all([a.metrics(), b.metrics()]);
    return total(one, 'switchhook_calls_active') + total(two, 'switchhook_calls_active');
  }

  async #accounts(): Promise<Accounts> {
    const { callers } = this.#bed;
    const now = async (): Promise<Accounts> =>
      accountsOf(callers.placed, this.#ledger, await this.#bed.records(), await this.#bed.tally());
    const accounts = await now();
    if (accounts.wrong === 0) return accounts;
    this.#print('records are missing: waiting for those that are written late');
    await pause(LATE_MS / 2);
    return await now();
  }

  async #endDaemons(): Promise<void> {
    for (const daemon of [this.#bed.a, this.#bed.b]) {
      const how = await daemon.end('SIGTERM', 45_000).catch((error: unknown) => String(error));
      if (how !== 'status 0') this.#troubles.push(`${daemon.place.name}, told to end, ended with ${how}`);
      this.#troubles.push(...daemon.crashes, ...daemon.complaints);
    }
  }
}

function clock(): string {
  return new Date().toISOString().slice(11, 19);
}
