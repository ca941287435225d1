import type { ResolveHost } from '../http-client/connector.js';
import type { EgressRules } from '../http-client/egress.js';
import { backoffMs } from '../http-client/retry.js';
import { WebhookSender } from '../http-client/webhook.js';
import type { WebhookTry } from '../http-client/webhook.js';
import type { RecordsLog } from './log.js';
import type { HttpSinkSettings } from './settings.js';
import type { Spool, Spooled } from './spool.js';

export interface HttpSinkOptions {
  readonly settings: HttpSinkSettings;
  readonly egress: EgressRules;
  readonly spool: Spool;
  readonly log?: RecordsLog | undefined;
  readonly resolve?: ResolveHost | undefined;
}

/** So many records may wait for a disk that is full. */
const MAX_ADDING = 10_000;
const DISK_RETRY_MS = 1000;

/**
 * Sends records: the oldest first, several at a time, each until the receiver takes it. The record's id is the
 * message id, so that one which arrives twice (an answer was lost) can be known. While the receiver is away, records
 * wait in the spool and one of them tries.
 */
export class HttpSink {
  readonly #options: HttpSinkOptions;
  readonly #sender: WebhookSender;
  readonly #waiting = new Map<string, Spooled>();
  readonly #sending = new Map<string, WebhookTry | undefined>();
  readonly #idle = new Set<() => void>();
  /** Records that wait for the disk. */
  #adding = 0;
  readonly #pausing = new Set<() => void>();
  #givesUp = false;
  /** Settled when the record that is tried is on disk, or given up. */
  #trying: Promise<void> | undefined;
  #failures = 0;
  #spoolFails = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws AppError `config_invalid`, `config_unreadable` */
  constructor(options: HttpSinkOptions) {
    const { settings, egress, resolve } = options;
    this.#options = options;
    this.#sender = new WebhookSender({ place: 'records.http', receiver: settings, egress, resolve });
  }

  /** Takes over what daemons that are gone have left. One that lives may send it too: the receiver knows it by its id. */
  async adopt(): Promise<void> {
    for (const spooled of await this.#options.spool.list())
      if (!this.#sending.has(spooled.id)) this.#waiting.set(spooled.id, spooled);
    this.#next();
  }

  /**
   * Resolves when the record is on disk; it is sent when it can be.
   * @returns false when it was given up: too many wait for the disk, or the daemon ends
   */
  async add(recordId: string, text: string): Promise<boolean> {
    const { spool, log } = this.#options;
    if (this.#adding >= MAX_ADDING) {
      log?.error({ record_id: recordId }, 'contact record given up: too many wait for the disk');
      return false;
    }
    this.#adding += 1;
    try {
      const spooled = await this.#spooled(recordId, text);
      if (spooled === undefined) return false;
      if (this.#spoolFails) log?.info({ folder: spool.folder }, 'contact records are spooled again');
      this.#spoolFails = false;
      this.#waiting.set(recordId, spooled);
      this.#next();
      return true;
    } finally {
      this.#adding -= 1;
    }
  }

  /** A disk that is full is tried with one of the records that wait for it, not with thousands. */
  async #spooled(recordId: string, text: string): Promise<Spooled | undefined> {
    while (this.#trying !== undefined) await this.#trying;
    const spooled = await this.#onDisk(recordId, text);
    if (spooled !== undefined || this.#givesUp) return spooled;
    // Another one has failed meanwhile, and tries already.
    if (this.#isTried()) return this.#spooled(recordId, text);
    const again = this.#tryAgain(recordId, text);
    this.#trying = again.then(() => {
      this.#trying = undefined;
    });
    return again;
  }

  #isTried(): boolean {
    return this.#trying !== undefined;
  }

  async #tryAgain(recordId: string, text: string): Promise<Spooled | undefined> {
    for (;;) {
      await this.#diskPause();
      const spooled = await this.#onDisk(recordId, text);
      if (spooled !== undefined || this.#givesUp) return spooled;
    }
  }

  async #onDisk(recordId: string, text: string): Promise<Spooled | undefined> {
    try {
      return await this.#options.spool.add(recordId, text, Date.now());
    } catch (error) {
      this.#diskFailed(error);
      return undefined;
    }
  }

  /** Until it is time to try again, or the daemon ends. */
  #diskPause(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#pausing.delete(done);
        resolve();
      };
      const timer = setTimeout(done, DISK_RETRY_MS).unref();
      this.#pausing.add(done);
    });
  }

  /** Once, however often it is tried. */
  #diskFailed(error: unknown): void {
    const { spool, log } = this.#options;
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    if (!this.#spoolFails) log?.error({ folder: spool.folder, code }, 'contact records can not be spooled');
    this.#spoolFails = true;
  }

  /** Records that the receiver has not taken yet. */
  get waiting(): number {
    return this.#waiting.size + this.#sending.size;
  }

  /** Resolves when nothing is left to be sent; for tests and for the end of the daemon. */
  empty(): Promise<void> {
    if (this.#waiting.size === 0 && this.#sending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /** From now on nothing waits for a disk that does not take it: the daemon ends. */
  giveUp(): void {
    this.#givesUp = true;
    for (const wake of this.#pausing) wake();
  }

  /** What was not sent stays in the spool. */
  async close(): Promise<void> {
    this.giveUp();
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const one of this.#sending.values()) one?.cancel();
    await this.#sender.close();
  }

  #next(): void {
    if (this.#closed || this.#timer !== undefined) return;
    // While it fails, one tries for all.
    const most = this.#failures === 0 ? this.#sender.connections : 1;
    for (const [id, spooled] of this.#waiting) {
      if (this.#sending.size >= most) break;
      this.#waiting.delete(id);
      this.#sending.set(id, undefined);
      void this.#send(spooled);
    }
    if (this.#waiting.size > 0 || this.#sending.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  async #send(spooled: Spooled): Promise<void> {
    const { spool, log } = this.#options;
    let text: string | undefined;
    try {
      text = await spool.read(spooled);
    } catch (error) {
      this.#diskFailed(error);
      this.#later(spooled, 0);
      return;
    }
    const tried = text === undefined ? undefined : this.#sender.send(spooled.id, text);
    this.#sending.set(spooled.id, tried);
    const verdict = await tried?.result;
    const fields = { record_id: spooled.id, url: this.#sender.shownUrl };
    if (verdict?.kind === 'taken') {
      // One that stays there is sent once more by the next daemon, and known by its id.
      await spool.remove(spooled).catch((error: unknown) => this.#diskFailed(error));
      if (this.#failures > 0) log?.info({ url: this.#sender.shownUrl }, 'contact records are taken again');
      this.#failures = 0;
    } else if (verdict?.kind === 'refused') {
      await spool.putAside(spooled).catch((error: unknown) => this.#diskFailed(error));
      log?.error({ ...fields, detail: verdict.detail }, 'contact record refused by the receiver, put aside');
      this.#failures = 0;
    } else if (verdict !== undefined && !this.#closed) {
      if (this.#failures === 0) log?.warn({ ...fields, detail: verdict.detail }, 'contact records wait');
      this.#later(spooled, verdict.afterMs);
      return;
    }
    this.#sending.delete(spooled.id);
    this.#next();
  }

  #later(spooled: Spooled, afterMs: number): void {
    this.#failures += 1;
    this.#putBack(spooled);
    this.#pause(afterMs);
    this.#sending.delete(spooled.id);
    this.#next();
  }

  /** First in line again. */
  #putBack(spooled: Spooled): void {
    const later = [...this.#waiting];
    this.#waiting.clear();
    this.#waiting.set(spooled.id, spooled);
    for (const [id, one] of later) this.#waiting.set(id, one);
  }

  #pause(atLeastMs: number): void {
    if (this.#timer !== undefined) return;
    const { retry_delay_ms: delayMs, retry_max_delay_ms: maxMs } = this.#options.settings;
    const backoff = backoffMs(Math.min(this.#failures, 30), delayMs, Math.random());
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#next();
      },
      Math.min(maxMs, Math.max(backoff, atLeastMs)),
    );
    this.#timer.unref();
  }
}
