import { MASK } from '../http-client/mask.js';
import { maskDigits, MAX_ENTRIES, MAX_PATH, recordIdOf } from './contact-record.js';
import type { ContactRecord, RecordEndpoint } from './contact-record.js';

export interface RecordBegin {
  readonly contactId: string;
  readonly initialContactId?: string;
  readonly previousContactId?: string;
  readonly initiationMethod?: string;
  readonly customerEndpoint: RecordEndpoint | null;
  readonly systemEndpoint: RecordEndpoint | null;
  /** When the call was handed over first: after a resume, what the call itself says about it. */
  readonly startedEpochMs: number;
  readonly program: string;
  /** FreeSWITCH's name for itself. */
  readonly switchName?: string;
}

/** The engine's `FlowVisit` fits. */
export interface Visit {
  readonly flow: string;
  readonly version: string;
  readonly block: string;
  readonly type: string;
  readonly exit: string;
  readonly error?: string;
  readonly enteredAt: number;
  readonly leftAt: number;
}

export interface RecordEnd {
  readonly endedEpochMs: number;
  readonly result: ContactRecord['result'];
  readonly error?: { readonly code: string; readonly detail: string };
  readonly hangupCause?: string;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const MAX_TEXT = 1000;

/**
 * Gathers what a record will say, from its begin to its end. What it has is plain JSON at any time (`draft`), so that
 * another daemon can go on with it.
 */
export class RecordBuilder {
  readonly #record: Mutable<ContactRecord>;
  readonly #startedEpochMs: number;
  readonly #hidden: ReadonlySet<string>;
  /** Kept as they are until somebody looks: most calls end before. */
  #attributes: Readonly<Record<string, string>>;

  private constructor(record: ContactRecord, hidden: ReadonlySet<string>) {
    this.#record = { ...record };
    this.#startedEpochMs = Date.parse(record.started_at);
    this.#hidden = hidden;
    this.#attributes = record.attributes;
  }

  /** @param hidden names of attributes that are not shown */
  static begin(begin: RecordBegin, hidden: Iterable<string> = []): RecordBuilder {
    const { contactId, startedEpochMs } = begin;
    return new RecordBuilder(
      {
        version: 1,
        record_id: recordIdOf(contactId, startedEpochMs),
        contact_id: contactId,
        initial_contact_id: begin.initialContactId ?? contactId,
        previous_contact_id: begin.previousContactId ?? contactId,
        initiation_method: begin.initiationMethod ?? 'INBOUND',
        channel: 'VOICE',
        ...(begin.switchName === undefined || begin.switchName === '' ? {} : { switch: begin.switchName }),
        customer_endpoint: begin.customerEndpoint,
        system_endpoint: begin.systemEndpoint,
        started_at: iso(startedEpochMs),
        ended_at: iso(startedEpochMs),
        duration_ms: 0,
        program: begin.program.slice(0, MAX_TEXT),
        flow: null,
        path: [],
        path_omitted: 0,
        attributes: {},
        functions: [],
        transfers: [],
        queue: null,
        digits: [],
        recordings: [],
        result: 'lost',
        error: null,
        hangup_cause: null,
        resumed: 0,
      },
      new Set(hidden),
    );
  }

  /** Goes on with what was gathered elsewhere. */
  static resume(draft: ContactRecord, hidden: Iterable<string> = []): RecordBuilder {
    return new RecordBuilder({ ...draft, resumed: draft.resumed + 1 }, new Set(hidden));
  }

  get id(): string {
    return this.#record.record_id;
  }

  get contactId(): string {
    return this.#record.contact_id;
  }

  visit(visit: Visit): void {
    const record = this.#record;
    record.flow ??= { name: visit.flow, version: visit.version };
    if (record.path.length >= MAX_PATH) {
      record.path_omitted += 1;
      return;
    }
    record.path = [
      ...record.path,
      {
        flow: visit.flow,
        flow_version: visit.version,
        block: visit.block,
        type: visit.type,
        exit: visit.exit,
        error: visit.error ?? null,
        entered_at: iso(visit.enteredAt),
        duration_ms: Math.max(0, visit.leftAt - visit.enteredAt),
      },
    ];
  }

  /** All of them, as they are now; masked values masked. */
  attributes(attributes: Readonly<Record<string, string>>): void {
    this.#attributes = attributes;
  }

  invoked(entry: {
    readonly name: string;
    readonly block: string;
    readonly atEpochMs: number;
    readonly durationMs: number;
    readonly tries: number;
    readonly result: string;
    readonly detail?: string;
  }): void {
    const { name, block, atEpochMs, durationMs, tries, result, detail = '' } = entry;
    this.#record.functions = added(this.#record.functions, {
      name,
      block,
      at: iso(atEpochMs),
      duration_ms: Math.round(durationMs),
      tries,
      result,
      detail: detail.slice(0, MAX_TEXT),
    });
  }

  transferred(entry: {
    readonly to: string;
    readonly atEpochMs: number;
    readonly result: string;
    readonly cause: string;
  }): void {
    const { to, atEpochMs, result, cause } = entry;
    this.#record.transfers = added(this.#record.transfers, {
      to: to.slice(0, MAX_TEXT),
      at: iso(atEpochMs),
      result,
      cause,
    });
  }

  /** The latest queue counts. */
  queued(entry: {
    readonly name: string;
    readonly atEpochMs: number;
    readonly result: string;
    readonly agent?: string;
  }): void {
    const { name, atEpochMs, result, agent = '' } = entry;
    this.#record.queue = { name, at: iso(atEpochMs), result, agent };
  }

  /** The digits themselves go no further than here. */
  entered(entry: {
    readonly block: string;
    readonly atEpochMs: number;
    readonly digits: string;
    readonly secret: boolean;
  }): void {
    const { block, atEpochMs, digits, secret } = entry;
    this.#record.digits = added(this.#record.digits, {
      block,
      at: iso(atEpochMs),
      digits: maskDigits(digits, secret),
    });
  }

  recorded(path: string): void {
    this.#record.recordings = added(this.#record.recordings, path.slice(0, MAX_TEXT));
  }

  /** What it would be if nothing more was heard of the call. */
  draft(): ContactRecord {
    return { ...this.#record, attributes: this.#shown() };
  }

  end(end: RecordEnd): ContactRecord {
    const { endedEpochMs, result, error, hangupCause } = end;
    return {
      ...this.draft(),
      ended_at: iso(endedEpochMs),
      duration_ms: Math.max(0, endedEpochMs - this.#startedEpochMs),
      result,
      error: error === undefined ? null : { code: error.code, detail: error.detail.slice(0, MAX_TEXT) },
      hangup_cause: hangupCause ?? null,
    };
  }

  #shown(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.#attributes).map(([name, value]) => [name, this.#hidden.has(name) ? MASK : value]),
    );
  }
}

function added<T>(list: readonly T[], entry: T): readonly T[] {
  return list.length >= MAX_ENTRIES ? list : [...list, entry];
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
