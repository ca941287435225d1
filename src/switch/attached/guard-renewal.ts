import type { CallsLine } from './calls-line.js';
import type { HeldCalls } from './held-calls.js';

/** Keeps the guards of calls from firing while their daemon lives and waits for an answer. */
export class GuardRenewal {
  readonly #held: HeldCalls;
  readonly #line: CallsLine;
  readonly #afterMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(held: HeldCalls, line: CallsLine, guardSeconds: number) {
    this.#held = held;
    this.#line = line;
    this.#afterMs = (guardSeconds * 1000) / 3;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#renew(), this.#afterMs / 2);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #renew(): void {
    const olderThanMs = performance.now() - this.#afterMs;
    const commands = [...this.#held.all.values()].flatMap((channel) => channel.renewGuard(olderThanMs));
    if (commands.length > 0) this.#line.tell(commands);
  }
}
