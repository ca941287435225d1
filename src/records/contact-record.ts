import { createHash } from 'node:crypto';

/** What is kept of a call that ended: one line of JSON, keys in snake_case, times in ISO 8601 with milliseconds. */
export interface ContactRecord {
  readonly version: 1;
  /** The same for whoever writes it, before and after a crash: a receiver may know it by this. */
  readonly record_id: string;
  readonly contact_id: string;
  readonly initial_contact_id: string;
  readonly previous_contact_id: string;
  readonly initiation_method: string;
  readonly channel: 'VOICE';
  /** FreeSWITCH's name for itself (`switchname`, else its host's); empty in records of versions before. */
  readonly switch?: string;
  readonly customer_endpoint: RecordEndpoint | null;
  readonly system_endpoint: RecordEndpoint | null;
  /** When the call was handed over. */
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_ms: number;
  /** What decided about the call first: `flow/<name>`, an endpoint, a URL with its secrets masked. */
  readonly program: string;
  /** The flow that the call entered first; null without one. */
  readonly flow: { readonly name: string; readonly version: string } | null;
  readonly path: readonly RecordVisit[];
  /** Blocks beyond the first `MAX_PATH`, which are only counted. */
  readonly path_omitted: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly functions: readonly RecordFunction[];
  readonly transfers: readonly RecordTransfer[];
  readonly queue: RecordQueue | null;
  readonly digits: readonly RecordDigits[];
  readonly recordings: readonly string[];
  /**
   * `done`, `failed`, `hung_up`, `moved`; `lost`: the daemon died, and nobody could say what became of the call;
   * `interrupted`: another program was to take the place of the one that ended, and none came.
   */
  readonly result: 'done' | 'failed' | 'hung_up' | 'moved' | 'lost' | 'interrupted';
  readonly error: { readonly code: string; readonly detail: string } | null;
  /** FreeSWITCH's name for it, where the call ended under control. */
  readonly hangup_cause: string | null;
  /** How often another daemon, or the restarted one, took the call over. */
  readonly resumed: number;
}

export interface RecordEndpoint {
  readonly address: string;
  readonly type: string;
}

export interface RecordVisit {
  readonly flow: string;
  readonly flow_version: string;
  readonly block: string;
  readonly type: string;
  /** Empty where the flow ended with the block. */
  readonly exit: string;
  readonly error: string | null;
  readonly entered_at: string;
  readonly duration_ms: number;
}

export interface RecordFunction {
  readonly name: string;
  readonly block: string;
  readonly at: string;
  readonly duration_ms: number;
  readonly tries: number;
  /** `ok`, or a code of docs/reference/errors.md. */
  readonly result: string;
  readonly detail: string;
}

export interface RecordTransfer {
  readonly to: string;
  readonly at: string;
  /** `answered`, `busy`, `no_answer`, `refused`, `unreachable`, … */
  readonly result: string;
  readonly cause: string;
}

export interface RecordQueue {
  readonly name: string;
  readonly at: string;
  readonly result: string;
  readonly agent: string;
}

export interface RecordDigits {
  readonly block: string;
  readonly at: string;
  /** A star for each; three of them where even their number is nobody's business. */
  readonly digits: string;
}

/** A call may go in circles for hours. */
export const MAX_PATH = 500;
/** The same for everything else of which there may be many. */
export const MAX_ENTRIES = 200;

export function maskDigits(digits: string, secret: boolean): string {
  return secret ? '***' : '*'.repeat(Math.min(64, digits.length));
}

/** By what every daemon that has the call can know. */
export function recordIdOf(contactId: string, startedEpochMs: number): string {
  return `rec_${createHash('sha256').update(`${contactId} ${startedEpochMs}`).digest('hex').slice(0, 32)}`;
}
