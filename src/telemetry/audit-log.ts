import { appendFile } from 'node:fs/promises';
import { AppError } from '../errors.js';
import type { Logger } from './log.js';

/** What somebody asked to have changed, and what became of it. Never holds digits or secrets. */
export interface AuditEntry {
  /** The name of the token; `local` without tokens, `''` for nobody known. */
  readonly who: string;
  readonly role: string;
  /** Where the request came from. */
  readonly address: string;
  /** What kind of change: `call.hangup`, `acl.add`. */
  readonly action: string;
  /** What it was about: a uuid, a list and an address. */
  readonly target: string;
  /** `ok`: done. `refused`: not allowed, or not valid. `failed`: tried. */
  readonly result: 'ok' | 'refused' | 'failed';
  /** The error code, when the result is not `ok`. */
  readonly code?: string;
  /** What came of it, in short. */
  readonly note?: string;
}

/** Text from elsewhere can't make a line longer than a reader takes. */
const MAX_TEXT = 1000;

/** One JSON line per change that somebody asked for, in order; in a file of its own, else in the log as `audit`. */
export class AuditLog {
  readonly #log: Logger;
  readonly #file: string | undefined;
  #written: Promise<void> = Promise.resolve();
  /** What stands in the file may end in the middle of a line. */
  #broken = false;

  /** @param file appended to, and opened anew for each line, so that it may be rotated at any time */
  constructor(log: Logger, file?: string) {
    this.#file = file;
    // These lines are wanted whatever the level of the rest; `silent` is for tests.
    this.#log = log.level === 'silent' ? log : log.child({}, { level: 'info' });
  }

  /**
   * To be called before anything is to be written.
   * @throws AppError `audit_log_unwritable`
   */
  async open(): Promise<void> {
    if (this.#file === undefined) return;
    try {
      await this.#append('');
    } catch (error) {
      throw new AppError('audit_log_unwritable', `${this.#file}: ${String(error)}`, { cause: error });
    }
  }

  /** Resolves when the line is written. Never rejects: a line that the file does not take goes to the log. */
  write(entry: AuditEntry): Promise<void> {
    const line = {
      time: new Date().toISOString(),
      ...entry,
      target: entry.target.slice(0, MAX_TEXT),
      ...(entry.note === undefined ? {} : { note: entry.note.slice(0, MAX_TEXT) }),
    };
    this.#written = this.#written.then(() => this.#writeLine(line));
    return this.#written;
  }

  async #writeLine({ time, ...line }: AuditEntry & { readonly time: string }): Promise<void> {
    if (this.#file === undefined) {
      this.#log.info({ ...line }, 'audit');
      return;
    }
    try {
      await this.#append(`${this.#broken ? '\n' : ''}${JSON.stringify({ time, ...line })}\n`);
      this.#broken = false;
    } catch (error) {
      this.#broken = true;
      this.#log.error({ ...line, code_of_file: 'audit_log_unwritable', err: error }, 'audit');
    }
  }

  async #append(text: string): Promise<void> {
    await appendFile(this.#file ?? '', text, { mode: 0o600 });
  }
}
