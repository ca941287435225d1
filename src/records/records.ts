import { dirname, join } from 'node:path';
import { AppError } from '../errors.js';
import type { ResolveHost } from '../http-client/connector.js';
import type { EgressRules } from '../http-client/egress.js';
import type { ProcessMark } from '../process-mark.js';
import type { ContactRecord } from './contact-record.js';
import { HttpSink } from './http-sink.js';
import { RecordJournal } from './journal.js';
import type { RecordsLog } from './log.js';
import { RecordBuilder } from './record-builder.js';
import type { RecordBegin, RecordEnd } from './record-builder.js';
import { RecordFile } from './record-file.js';
import type { FilePlace } from './record-file.js';
import type { RecordsSettings } from './settings.js';
import { Spool } from './spool.js';

export interface RecordsOptions {
  readonly settings: RecordsSettings;
  readonly egress: EgressRules;
  readonly log?: RecordsLog;
  readonly resolve?: ResolveHost;
  /** Of this process; another one in tests. */
  readonly mark?: ProcessMark;
}

/** The record of one call while it runs. */
export interface OpenRecord {
  readonly builder: RecordBuilder;
  /** After the builder was told something: what survives a crash. Cheap; written together with others. */
  changed(): void;
  /** Writes the record. Only the first call counts. */
  end(end: RecordEnd): Promise<void>;
  /** Another daemon has the call now, and will write its record. */
  leave(): void;
}

/**
 * Whether a channel of that uuid exists; undefined when nobody can say.
 * @param switchName of the FreeSWITCH that has it, as far as it is known
 */
export type IsAlive = (contactId: string, switchName?: string) => Promise<boolean | undefined>;

const FOLDER = '.records';
/** While calls of daemons before this one live on. Also how late one may be found that nobody could be asked about. */
const SWEEP_MS = 2000;
/** So long a daemon that died is left to be started again, until another takes over what it left. */
const ADOPT_MS = 60_000;
/** How long a call of a daemon before this one is waited for of which nobody can say whether it lives. */
const FORGOTTEN_MS = 600_000;

/** A call of a daemon before this one. */
interface Left {
  readonly record: ContactRecord;
  /** Since when nobody can say whether it lives; milliseconds of a clock that nobody sets. */
  sinceMs: number;
  /** It was when it was looked at last. */
  isGone: boolean;
}

/** Contact records: gathered while calls run, written once when they end, also by the daemon that comes after. */
export class Records {
  readonly #options: RecordsOptions;
  readonly #journal: RecordJournal | undefined;
  readonly #file: RecordFile | undefined;
  readonly #sink: HttpSink | undefined;
  readonly #hidden: readonly string[];
  readonly #ends = new Set<Promise<void>>();
  /** Calls of daemons before this one that nobody has resumed yet. */
  readonly #left = new Map<string, Left>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;
  /** What went wrong in the sweep before. */
  #trouble: string | undefined;
  #claimedAtMs = performance.now();
  /** Calls that this daemon goes on with, as long as journals that lie here have what was left of them. */
  readonly #takenOver = new Set<string>();
  /** Of calls of daemons before this one, those whose records stood in the file when this one started. */
  readonly #known = new Set<string>();
  /** How far the file went at the latest claim. */
  #since: FilePlace | undefined;

  /** @throws AppError `config_invalid`, `config_unreadable` */
  constructor(options: RecordsOptions) {
    const { settings, egress, log, resolve, mark } = options;
    this.#options = options;
    this.#hidden = settings.hidden_attributes;
    const folder =
      settings.state_folder ??
      (settings.file === undefined ? undefined : join(dirname(settings.file), FOLDER));
    if (settings.file !== undefined) {
      const { max_mb: maxMb, daily, keep } = settings.rotate;
      this.#file = new RecordFile({ path: settings.file, maxBytes: maxMb * 1e6, daily, keep, log });
    }
    if (settings.http !== undefined) {
      if (folder === undefined) {
        throw new AppError('config_invalid', 'records.http needs records.state_folder, or records.file');
      }
      const spool = new Spool(join(folder, 'spool'), settings.spool_max_mb * 1e6, log);
      this.#sink = new HttpSink({ settings: settings.http, egress, spool, log, resolve });
    }
    if (folder !== undefined) this.#journal = new RecordJournal(folder, log, mark);
  }

  /** Nothing is kept: no need to gather anything. */
  get isOff(): boolean {
    return this.#file === undefined && this.#sink === undefined;
  }

  /**
   * Writes what daemons before this one have left open, except of calls that go on: those that resume them will. Looks
   * again now and then, as long as there are such calls.
   * @param isAlive whether a channel of that uuid exists; undefined when nobody can say, which leaves it open
   */
  async start(isAlive: IsAlive): Promise<void> {
    await this.#sink?.adopt();
    if (this.#journal === undefined) return;
    await this.#claim(this.#journal);
    await this.sweep(isAlive, true);
    this.#timer = setInterval(() => void this.#sweepOnce(isAlive), SWEEP_MS).unref();
  }

  /** Takes over what daemons that are gone have left. */
  async #claim(journal: RecordJournal): Promise<void> {
    this.#claimedAtMs = performance.now();
    const { records, files } = journal.claim();
    // All at once: what comes back meanwhile is found here.
    for (const record of records) {
      const { record_id: id } = record;
      if (this.#takenOver.has(id)) continue;
      this.#left.set(id, { record, sinceMs: performance.now(), isGone: false });
      journal.open(id, () => record);
    }
    this.#takenOver.clear();
    journal.forget(files);
    if (files.length > 0) await this.#sink?.adopt();
    // Later sweeps look for what others have written since.
    this.#since = await this.#file?.place();
    const known = await this.#file?.has(new Set(this.#left.keys()));
    for (const id of known ?? []) this.#known.add(id);
  }

  /** A switch that is slow to answer is not asked by several sweeps at a time. */
  async #sweepOnce(isAlive: IsAlive): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const isDue = performance.now() - this.#claimedAtMs >= ADOPT_MS;
      if (isDue && this.#journal !== undefined) await this.#claim(this.#journal);
      await this.sweep(isAlive);
      this.#trouble = undefined;
    } catch (error) {
      this.tellTrouble(error);
    } finally {
      this.#sweeping = false;
    }
  }

  /** Says once what keeps records from being looked after: the next sweep tries again. */
  tellTrouble(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    if (detail !== this.#trouble)
      this.#options.log?.error({ detail }, 'contact records can not be looked after');
    this.#trouble = detail;
  }

  /**
   * Once: writes the records of calls of daemons before this one that have ended since.
   * @param atOnce Otherwise a call has to be gone twice: a daemon beside this one may have gone on with it, and be
   * about to write its record.
   */
  async sweep(isAlive: IsAlive, atOnce = false): Promise<void> {
    const gone: ContactRecord[] = [];
    for (const left of this.#left.values()) {
      const { record, isGone } = left;
      const alive = await isAlive(record.contact_id, record.switch);
      const nowMs = performance.now();
      if (alive !== undefined) left.sinceMs = nowMs;
      left.isGone = alive === false;
      if ((left.isGone && (isGone || atOnce)) || nowMs - left.sinceMs >= FORGOTTEN_MS) gone.push(record);
    }
    const ids = gone.map(({ record_id: id }) => id);
    const over = new Set(this.#journal?.overElsewhere(ids));
    const written = (await this.#file?.has(new Set(ids), this.#since)) ?? new Set();
    for (const record of gone) {
      const { record_id: id } = record;
      // Resumed meanwhile.
      if (!this.#left.delete(id)) continue;
      // A daemon may have died between the line in the file and the note that it is there. A receiver knows by the
      // id what it has.
      const isWritten = written.has(id) || this.#known.has(id);
      if (over.has(id) || (await this.#write(record, !isWritten))) this.#journal?.over(id);
    }
    if (gone.length > 0)
      this.#options.log?.info({ calls: gone.length }, 'contact records of lost calls written');
  }

  begin(begin: RecordBegin): OpenRecord {
    return this.#open(RecordBuilder.begin(begin, this.#hidden));
  }

  /**
   * Goes on with a call that a daemon before this one had: with all that is in its journal, if that lies here.
   * `begin.startedEpochMs` has to be that of the first hand-over: it makes the id of the record.
   */
  resume(begin: RecordBegin): OpenRecord {
    const fresh = RecordBuilder.begin(begin, this.#hidden);
    const draft =
      this.#left.get(fresh.id)?.record ?? this.#journal?.left().find(({ record_id: id }) => id === fresh.id);
    return this.#takeOver(draft ?? fresh.draft());
  }

  /**
   * Goes on with a call of which nothing is known but that a daemon may have had it a moment ago.
   * @returns undefined when none left anything of it
   */
  takeUp({ contactId }: RecordBegin): OpenRecord | undefined {
    const all = [...[...this.#left.values()].map(({ record }) => record), ...(this.#journal?.left() ?? [])];
    const draft = all.findLast(({ contact_id: id }) => id === contactId);
    return draft === undefined ? undefined : this.#takeOver(draft);
  }

  #takeOver(draft: ContactRecord): OpenRecord {
    const { record_id: id } = draft;
    if (!this.#left.delete(id)) this.#takenOver.add(id);
    return this.#open(RecordBuilder.resume(draft, this.#hidden));
  }

  /** Writes down what is known of the calls that run, without waiting for the next time. */
  flush(): void {
    this.#journal?.flush();
  }

  /** Records that the receiver has not taken yet. */
  get waiting(): number {
    return this.#sink?.waiting ?? 0;
  }

  /** Resolves when the receiver has taken everything. */
  async sent(): Promise<void> {
    await this.#sink?.empty();
  }

  /** What was written is safe; what was not sent stays for the next daemon. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const file = this.#file?.close();
    this.#sink?.giveUp();
    await Promise.all(this.#ends);
    await file;
    await this.#sink?.close();
    this.#journal?.close();
  }

  #open(builder: RecordBuilder): OpenRecord {
    const { id } = builder;
    if (this.isOff) return { builder, changed: noop, end: () => Promise.resolve(), leave: noop };
    const journal = this.#journal;
    journal?.open(id, () => builder.draft());
    // What another daemon may write of this call comes behind this; later claims move it on.
    const since = this.#since;
    let over = false;
    return {
      builder,
      changed: () => {
        if (!over) journal?.changed(id);
      },
      end: async (end) => {
        if (over) return;
        over = true;
        const written = this.#finish(builder.end(end), since).then((safe) => {
          // What could not be written is left to the next daemon.
          if (safe) journal?.over(id);
        });
        this.#ends.add(written);
        await written;
        this.#ends.delete(written);
      },
      leave: () => {
        if (over) return;
        over = true;
        journal?.over(id);
      },
    };
  }

  async #finish(record: ContactRecord, since: FilePlace | undefined): Promise<boolean> {
    // Another daemon may have gone on with a call that was lost to this one.
    const { result, record_id: id } = record;
    return (result === 'lost' && (await this.#isWrittenElsewhere(id, since))) || this.#write(record);
  }

  async #isWrittenElsewhere(id: string, since: FilePlace | undefined): Promise<boolean> {
    if ((this.#journal?.overElsewhere([id]) ?? []).length > 0) return true;
    return (await this.#file?.has(new Set([id]), since))?.has(id) === true;
  }

  /** @returns whether it is safe everywhere */
  async #write(record: ContactRecord, intoFile = true): Promise<boolean> {
    const text = JSON.stringify(record);
    const [inFile, spooled] = await Promise.all([
      intoFile ? this.#file?.write(text) : undefined,
      this.#sink?.add(record.record_id, text),
    ]);
    return inFile !== false && spooled !== false;
  }
}

function noop(): void {
  // Nothing is kept.
}
