import { AppError } from '../errors.js';
import type { ResolveHost } from '../http-client/connector.js';
import type { EgressRules } from '../http-client/egress.js';
import { WebhookSender } from '../http-client/webhook.js';
import type { ProcessMark } from '../process-mark.js';
import { CallLedger } from './call-ledger.js';
import type { IsAlive } from './call-ledger.js';
import type { Clock } from './clock.js';
import { SYSTEM_CLOCK } from './clock.js';
import { DeadLetters } from './dead-letters.js';
import type { DeadLetter, DeadLetterQuestion } from './dead-letters.js';
import { Delivery } from './delivery.js';
import type { DeliveryStatus, Sender } from './delivery.js';
import type { CallbacksLog } from './log.js';
import { Outbox } from './outbox/outbox.js';
import type { CallbacksSettings } from './settings.js';

export interface CallbacksOptions {
  readonly settings: CallbacksSettings;
  readonly egress: EgressRules;
  /** The name of this daemon; stands in every event. */
  readonly instance: string;
  readonly log?: CallbacksLog | undefined;
  readonly resolve?: ResolveHost | undefined;
  readonly clock?: Clock | undefined;
  /** Instead of HTTP, in tests. */
  readonly sender?: ((receiver: string) => Sender) | undefined;
  /** Of this process; another one in tests. */
  readonly mark?: ProcessMark | undefined;
  readonly syncDelayMs?: number | undefined;
  readonly segmentBytes?: number | undefined;
  readonly random?: (() => number) | undefined;
}

const SWEEP_MS = 2000;
/** An outbox may be left by a daemon that dies while this one runs. */
const ADOPT_MS = 60_000;

/**
 * Tells receivers of calls: numbered per call, in order, at least once, and with one last event per call, whatever
 * happens to the daemon. What was told is on disk before anybody hears of it.
 */
export class Callbacks {
  readonly #options: CallbacksOptions;
  readonly #clock: Clock;
  readonly #outbox: Outbox | undefined;
  readonly #letters: DeadLetters | undefined;
  /** What is told of; without receivers it goes nowhere. */
  readonly calls: CallLedger | undefined;
  readonly #deliveries = new Map<string, Delivery>();
  #isAlive: IsAlive = () => Promise.resolve(undefined);
  /** Told once, however often it is tried. */
  #cannotAdopt = false;
  #adoptedAt = 0;
  #forgetSweep: (() => void) | undefined;
  #sweeping: Promise<void> | undefined;
  #closed = false;

  /** @throws AppError `config_invalid`, `config_unreadable`, `callbacks_unwritable` */
  constructor(options: CallbacksOptions) {
    const { settings, egress, log, mark, resolve, syncDelayMs, segmentBytes, random } = options;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    const receivers = Object.entries(settings.receivers);
    if (receivers.length === 0) return;
    if (settings.folder === undefined)
      throw new AppError('config_invalid', 'callbacks.receivers needs callbacks.folder');
    const senders = receivers.map(
      ([name, receiver]) =>
        options.sender?.(name) ??
        new WebhookSender({ place: `callbacks.receivers.${name}`, receiver, egress, resolve }),
    );
    const outbox = new Outbox({
      folder: settings.folder,
      receivers: receivers.map(([name]) => name),
      maxBytes: settings.max_mb * 1e6,
      log,
      mark,
      syncDelayMs,
      segmentBytes,
    });
    const deadLetters = new DeadLetters(outbox.deadLetters, settings.dead_letters_max_mb * 1e6, log);
    receivers.forEach(([name, receiver], index) => {
      const sender = senders[index];
      if (sender === undefined) return;
      this.#deliveries.set(
        name,
        new Delivery({
          receiver: name,
          settings: receiver,
          sender,
          outbox,
          deadLetters,
          clock: this.#clock,
          log,
          random,
        }),
      );
    });
    outbox.onDurable(() => {
      for (const delivery of this.#deliveries.values()) delivery.wake();
    });
    this.#outbox = outbox;
    this.#letters = deadLetters;
    this.calls = new CallLedger({
      receivers: settings.receivers,
      instance: options.instance,
      lostAfterMs: settings.lost_after_s * 1000,
      clock: this.#clock,
      outbox,
      adopt: () => void this.#adopt(),
    });
  }

  /** Nobody is told of anything. */
  get isOff(): boolean {
    return this.#outbox === undefined;
  }

  /** Goes on with what daemons before this one have left. */
  async start(isAlive: IsAlive): Promise<void> {
    if (this.#outbox === undefined) return;
    this.#isAlive = isAlive;
    await this.#adopt();
    this.#sweepLater();
  }

  get status(): DeliveryStatus[] {
    return [...this.#deliveries.values()].map(({ status }) => status);
  }

  /** Events in memory, of however many there are on disk. */
  get held(): number {
    return [...this.#deliveries.values()].reduce((sum, { held }) => sum + held, 0);
  }

  /** The oldest first. @throws AppError `no_such_receiver` */
  async deadLetters(question: DeadLetterQuestion, limit: number, after?: string): Promise<DeadLetter[]> {
    this.#checkReceiver(question.receiver);
    return (await this.#letters?.find(question, limit, after)) ?? [];
  }

  /** @throws AppError `no_such_dead_letter` */
  async deadLetter(id: string): Promise<DeadLetter> {
    const letter = await this.#letters?.get(id);
    if (letter === undefined) throw new AppError('no_such_dead_letter', id);
    return letter;
  }

  /**
   * Puts dead letters back into the outbox, with the ids that they had.
   * @returns how many
   * @throws AppError `no_such_receiver`, `no_such_dead_letter`
   */
  async redeliver(what: { readonly ids: readonly string[] } | DeadLetterQuestion): Promise<number> {
    if ('ids' in what) {
      const letters = await Promise.all(what.ids.map((id) => this.deadLetter(id)));
      for (const { to } of letters) this.#checkReceiver(to);
      return this.#redeliver(letters);
    }
    this.#checkReceiver(what.receiver);
    const now = this.#clock.now();
    let count = 0;
    for (const receiver of what.receiver === undefined ? this.#deliveries.keys() : [what.receiver]) {
      for (;;) {
        const letters = (await this.#letters?.find({ ...what, receiver }, REDELIVER_BATCH)) ?? [];
        // What dies again meanwhile stands at the end, and is not taken a second time.
        const fresh = letters.filter(({ buried_at: at }) => Date.parse(at) <= now);
        count += await this.#redeliver(fresh);
        if (fresh.length < REDELIVER_BATCH) break;
      }
    }
    return count;
  }

  /** Nothing will happen before something is told, or time goes on. */
  get isResting(): boolean {
    return (
      (this.#outbox?.isSynced ?? true) &&
      this.#sweeping === undefined &&
      [...this.#deliveries.values()].every(({ isResting }) => isResting)
    );
  }

  /** Resolves when everything was sent, or nothing gets through, or after the time. */
  async finish(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    this.#outbox?.flush();
    const isSending = (): boolean =>
      this.status.some(({ waiting, failingSince }) => waiting > 0 && failingSince === undefined);
    while (isSending() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Calls that are open, and what was not sent, are left to the daemon that is started next. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetSweep?.();
    await Promise.all([...this.#deliveries.values()].map((delivery) => delivery.close()));
    await this.#letters?.close();
    this.#outbox?.close();
  }

  /** What concerns calls is done when this returns its promise. */
  async #adopt(): Promise<void> {
    this.#adoptedAt = this.#clock.elapsed();
    try {
      const adopted = this.#outbox?.adopt();
      this.calls?.adopted(adopted?.calls ?? []);
      const letters = adopted?.deadLetters ?? [];
      if (letters.length > 0) await this.#letters?.adopt(letters);
      this.#cannotAdopt = false;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      if (!this.#cannotAdopt)
        this.#options.log?.error({ code }, 'callbacks: an outbox that was left can not be taken over');
      this.#cannotAdopt = true;
    }
  }

  #sweepLater(): void {
    this.#forgetSweep = this.#clock.after(SWEEP_MS, () => {
      this.#sweeping = this.#sweep().finally(() => {
        this.#sweeping = undefined;
        if (!this.#closed) this.#sweepLater();
      });
    });
  }

  async #sweep(): Promise<void> {
    if (this.#clock.elapsed() - this.#adoptedAt >= ADOPT_MS) await this.#adopt();
    await this.calls?.sweep(this.#isAlive);
  }

  async #redeliver(letters: readonly DeadLetter[]): Promise<number> {
    const outbox = this.#outbox;
    if (outbox === undefined || this.#letters === undefined || letters.length === 0) return 0;
    return this.#letters.take(letters, (taken) => {
      for (const { to, event } of taken) outbox.add({ to, event });
      return outbox.synced();
    });
  }

  #checkReceiver(name: string | undefined): void {
    if (name !== undefined && !this.#deliveries.has(name)) throw new AppError('no_such_receiver', name);
  }
}

const REDELIVER_BATCH = 500;
