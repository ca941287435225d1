import { backoffMs } from '../http-client/retry.js';
import type { WebhookTry, WebhookVerdict } from '../http-client/webhook.js';
import type { Clock } from './clock.js';
import type { DeadLetters } from './dead-letters.js';
import { Lanes } from './lanes.js';
import type { Lane } from './lanes.js';
import type { CallbacksLog } from './log.js';
import type { Outbox } from './outbox/outbox.js';
import { SegmentReader } from './outbox/segment.js';
import type { PlacedEvent } from './outbox/segment.js';

/** Sends one message; WebhookSender does. */
export interface Sender {
  readonly shownUrl: string;
  send(id: string, body: string): WebhookTry;
  close(): Promise<void>;
}

export interface DeliverySettings {
  readonly connections: number;
  readonly retry_delay_ms: number;
  readonly retry_max_delay_ms: number;
  readonly give_up_after_s: number;
}

export interface DeliveryOptions {
  readonly receiver: string;
  readonly settings: DeliverySettings;
  readonly sender: Sender;
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
  readonly clock: Clock;
  readonly log?: CallbacksLog | undefined;
  /** From 0 to 1. */
  readonly random?: (() => number) | undefined;
}

export interface DeliveryStatus {
  readonly receiver: string;
  readonly url: string;
  readonly waiting: number;
  /** Since this daemon started. */
  readonly delivered: number;
  readonly deadLetters: number;
  /** Since when nothing gets through, in milliseconds since the epoch. */
  readonly failingSince?: number;
  readonly lastError?: string;
  /** When it will be tried again. */
  readonly nextTryAt?: number;
}

/** Events that are held in memory, of however many there are on disk. */
const WINDOW = 500;
/** So many failures in a row, of more than one call, and the receiver itself is taken to be down. */
const DOWN_AFTER = 3;

/**
 * Brings one receiver its events: those of a call one after the other, those of several calls at a time. What it
 * can't take is tried again, with pauses that grow. When only one call's event fails, that call waits and others go
 * on; when nothing gets through, one event at a time tries for all, each time another call's.
 */
export class Delivery {
  readonly receiver: string;
  readonly #options: DeliveryOptions;
  readonly #lanes = new Lanes();
  readonly #trying = new Set<WebhookTry>();
  #reader: SegmentReader | undefined;
  /** The number of the last segment that was read to its end. */
  #readUpTo = 0;
  #working = false;
  #again = false;
  #inFlight = 0;
  #delivered = 0;
  #failures = 0;
  #failedCalls = new Set<string>();
  #failingSince: number | undefined;
  #lastError: string | undefined;
  /** Set while the receiver is down: how often it was tried since. */
  #rounds = 0;
  /** These two in milliseconds of the clock that nobody sets. */
  #pausedUntil = 0;
  #wakeAt: number | undefined;
  #forgetWake: (() => void) | undefined;
  #closed = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.receiver = options.receiver;
  }

  /** There is something to send, or it is time to try again. */
  wake(): void {
    if (this.#closed) return;
    this.#again = true;
    if (this.#working) return;
    this.#working = true;
    void this.#work();
  }

  /** Nothing will happen until the clock goes on, or there is something new. */
  get isResting(): boolean {
    return !this.#working && this.#inFlight === 0;
  }

  get held(): number {
    return this.#lanes.size;
  }

  get status(): DeliveryStatus {
    const { outbox, deadLetters, sender, clock } = this.#options;
    return {
      receiver: this.receiver,
      url: sender.shownUrl,
      waiting: outbox.waiting(this.receiver),
      delivered: this.#delivered,
      deadLetters: deadLetters.count(this.receiver),
      ...(this.#failingSince === undefined ? {} : { failingSince: this.#failingSince }),
      ...(this.#failingSince === undefined || this.#lastError === undefined
        ? {}
        : { lastError: this.#lastError }),
      ...(this.#wakeAt === undefined ? {} : { nextTryAt: clock.now() + this.#wakeAt - clock.elapsed() }),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetWake?.();
    for (const one of this.#trying) one.cancel();
    await this.#reader?.close();
    await this.#options.sender.close();
  }

  async #work(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        await this.#fill();
        this.#dispatch();
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#options.log?.error({ receiver: this.receiver, code }, 'callbacks: the outbox can not be read');
      this.#wakeAfter(this.#options.settings.retry_delay_ms);
    } finally {
      this.#working = false;
    }
  }

  async #fill(): Promise<void> {
    while (this.#lanes.size < WINDOW && !this.#closed) {
      const reader = (this.#reader ??= this.#nextReader());
      if (reader === undefined) return;
      if (reader.isAtEnd) {
        this.#readUpTo = reader.segment.number;
        this.#reader = undefined;
        await reader.close();
        continue;
      }
      if (!reader.hasMore) return;
      for (const event of await reader.next()) this.#lanes.add(event);
    }
    this.#makeRoom();
  }

  #nextReader(): SegmentReader | undefined {
    const segment = this.#options.outbox.segments.find(({ number }) => number > this.#readUpTo);
    return segment === undefined ? undefined : new SegmentReader(segment, this.receiver);
  }

  /** Everything that is held waits for a later try, while the receiver takes others: the worst gives way. */
  #makeRoom(): void {
    const { clock } = this.#options;
    if (this.#rounds > 0 || this.#inFlight > 0 || this.#lanes.free(clock.elapsed()) !== undefined) return;
    const worst = this.#lanes.worst();
    if (worst === undefined) return;
    this.#inFlight += 1;
    worst.busy = true;
    void this.#bury(worst, `${this.#lastError ?? ''}; too many wait`).then(() => this.#done(worst));
  }

  #dispatch(): void {
    const { clock, settings } = this.#options;
    const now = clock.elapsed();
    if (now < this.#pausedUntil) {
      this.#wakeAfter(this.#pausedUntil - now);
      return;
    }
    const most = this.#rounds > 0 ? 1 : settings.connections;
    while (this.#inFlight < most && !this.#closed) {
      const lane = this.#lanes.free(now);
      if (lane === undefined) break;
      lane.busy = true;
      this.#inFlight += 1;
      void this.#send(lane).then(() => this.#done(lane));
    }
    const next = this.#lanes.nextTry(now);
    if (next !== undefined && this.#inFlight < most) this.#wakeAfter(next - now);
  }

  #done(lane: Lane): void {
    lane.busy = false;
    this.#inFlight -= 1;
    this.#lanes.tidy(lane);
    this.wake();
  }

  async #send(lane: Lane): Promise<void> {
    const [first] = lane.events;
    if (first === undefined) return;
    lane.attempts += 1;
    const verdict = await this.#try(first);
    if (verdict.kind === 'taken') {
      this.#delivered += 1;
      this.#settle(lane, first);
      this.#succeeded();
    } else if (verdict.kind === 'refused') {
      this.#succeeded();
      await this.#bury(lane, verdict.detail);
    } else if (!this.#closed) {
      await this.#failed(lane, first, verdict);
    }
  }

  async #try({ event }: PlacedEvent): Promise<WebhookVerdict> {
    let one: WebhookTry | undefined;
    try {
      one = this.#options.sender.send(event.id, JSON.stringify(event));
      this.#trying.add(one);
      return await one.result;
    } catch (error) {
      return { kind: 'later', detail: String(error), afterMs: 0, answered: true };
    } finally {
      if (one !== undefined) this.#trying.delete(one);
    }
  }

  #succeeded(): void {
    const { log } = this.#options;
    if (this.#failingSince !== undefined && this.#rounds > 0) {
      log?.info({ receiver: this.receiver }, 'callbacks are taken again');
      // What failed meanwhile, failed because of the receiver.
      this.#lanes.forgive();
    }
    this.#failures = this.#rounds = this.#pausedUntil = 0;
    this.#failedCalls.clear();
    this.#failingSince = undefined;
  }

  async #failed(lane: Lane, event: PlacedEvent, verdict: WebhookVerdict): Promise<void> {
    const { clock, log, settings, sender } = this.#options;
    const now = clock.elapsed();
    this.#failures += 1;
    this.#failedCalls.add(lane.call);
    this.#failingSince ??= clock.now();
    this.#lastError = verdict.detail;
    const isDown =
      !verdict.answered ||
      verdict.afterMs > 0 ||
      this.#rounds > 0 ||
      (this.#failures >= DOWN_AFTER && this.#failedCalls.size > 1);
    if (isDown) {
      if (this.#rounds === 0) {
        log?.warn(
          { receiver: this.receiver, url: sender.shownUrl, detail: verdict.detail },
          'callbacks wait: the receiver does not take them',
        );
      }
      // Several may have been under way.
      if (now >= this.#pausedUntil) {
        this.#rounds += 1;
        this.#pausedUntil = now + this.#pauseMs(this.#rounds, verdict.afterMs);
      }
      // Another call's event tries next: this one may be at fault.
      this.#lanes.toTheEnd(lane);
    } else {
      lane.failures += 1;
      lane.notBefore = now + this.#pauseMs(lane.failures, 0);
    }
    const age = clock.now() - Date.parse(event.event.timestamp);
    if (age >= settings.give_up_after_s * 1000) await this.#bury(lane, verdict.detail);
  }

  #pauseMs(failed: number, atLeastMs: number): number {
    const { retry_delay_ms: delayMs, retry_max_delay_ms: maxMs } = this.#options.settings;
    const random = this.#options.random ?? Math.random;
    return Math.min(maxMs, Math.max(1, atLeastMs, backoffMs(Math.min(failed, 30), delayMs, random())));
  }

  async #bury(lane: Lane, reason: string): Promise<void> {
    const [first] = lane.events;
    if (first === undefined) return;
    const { deadLetters, clock, log } = this.#options;
    const { event } = first;
    const { attempts } = lane;
    try {
      const buried_at = new Date(clock.now()).toISOString();
      await deadLetters.add({ to: this.receiver, event, reason, attempts, buried_at });
    } catch (error) {
      // It stays where it is.
      lane.notBefore = clock.elapsed() + this.#pauseMs(30, 0);
      const code = (error as NodeJS.ErrnoException).code ?? 'error';
      log?.error({ receiver: this.receiver, code }, 'callbacks: dead letters can not be written');
      return;
    }
    log?.error(
      { receiver: this.receiver, id: event.id, event: event.type, uuid: event.call.uuid, attempts, reason },
      'callback given up: a dead letter',
    );
    this.#settle(lane, first);
  }

  #settle(lane: Lane, event: PlacedEvent): void {
    this.#options.outbox.settle(event.segment, this.receiver, event.offset);
    this.#lanes.settled(lane);
  }

  /** The earliest time counts; it comes again if it is not the last. */
  #wakeAfter(delayMs: number): void {
    const { clock } = this.#options;
    const at = clock.elapsed() + delayMs;
    if (this.#wakeAt !== undefined && this.#wakeAt <= at) return;
    this.#forgetWake?.();
    this.#wakeAt = at;
    this.#forgetWake = clock.after(Math.max(1, delayMs), () => {
      this.#wakeAt = undefined;
      this.#forgetWake = undefined;
      this.wake();
    });
  }
}
