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

export type IsAlive = (contactId: string) => Promise<boolean | undefined>;

const FOLDER = '.records';
const SWEEP_MS = 60_000;

/** Contact records: gathered while calls run, written once when they end, also by the daemon that comes after. */
export class Records {
  readonly #options: RecordsOptions;
  readonly #journal: RecordJournal | undefined;
  readonly #file: RecordFile | undefined;
  readonly #sink: HttpSink | undefined;
  readonly #hidden: readonly string[];
  readonly #ends = new Set<Promise<void>>();
  /** Calls of daemons before this one that nobody has resumed yet. */
  readonly #left = new Map<string, ContactRecord>();
  #timer: NodeJS.Timeout | undefined;

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
    await this.#sink?.start();
    if (this.#journal === undefined) return;
    const { records, files } = this.#journal.claim();
    for (const record of records) {
      this.#left.set(record.record_id, record);
      this.#journal.open(record.record_id, () => record);
    }
    await this.sweep(isAlive);
    this.#journal.flush();
    this.#journal.forget(files);
    this.#timer = setInterval(() => void this.sweep(isAlive), SWEEP_MS).unref();
  }

  /** Once: writes the records of calls of daemons before this one that have ended since. */
  async sweep(isAlive: IsAlive): Promise<void> {
    const gone: ContactRecord[] = [];
    for (const record of this.#left.values()) {
      if ((await isAlive(record.contact_id)) === false) gone.push(record);
    }
    const ids = gone.map(({ record_id: id }) => id);
    const over = new Set(this.#journal?.overElsewhere(ids));
    const written = (await this.#file?.has(new Set(ids))) ?? new Set();
    for (const record of gone) {
      const { record_id: id } = record;
      // Resumed meanwhile.
      if (!this.#left.delete(id)) continue;
      // A daemon may have died between the line in the file and the note that it is there. A receiver knows by the
      // id what it has.
      if (over.has(id) || (await this.#write(record, !written.has(id)))) this.#journal?.over(id);
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
      this.#left.get(fresh.id) ?? this.#journal?.left().find(({ record_id: id }) => id === fresh.id);
    this.#left.delete(fresh.id);
    return this.#open(RecordBuilder.resume(draft ?? fresh.draft(), this.#hidden));
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
    let over = false;
    return {
      builder,
      changed: () => {
        if (!over) journal?.changed(id);
      },
      end: async (end) => {
        if (over) return;
        over = true;
        const written = this.#write(builder.end(end)).then((safe) => {
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

  /** @returns whether it is safe everywhere */
  async #write(record: ContactRecord, intoFile = true): Promise<boolean> {
    const text = JSON.stringify(record);
    const [inFile, spooled] = await Promise.all([
      intoFile ? this.#file?.write(text) : undefined,
      this.#sink?.add(record.record_id, text).then(
        () => true,
        (error: unknown) => {
          const code = (error as NodeJS.ErrnoException).code ?? 'error';
          this.#options.log?.error(
            { record_id: record.record_id, code },
            'contact record can not be spooled',
          );
          return false;
        },
      ),
    ]);
    return inFile !== false && spooled !== false;
  }
}

function noop(): void {
  // Nothing is kept.
}
