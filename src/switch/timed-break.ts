/** A time limit is enforced again at this distance while an application goes on after a break. */
const BREAK_AGAIN_MS = 1000;

/**
 * Breaks what runs on a channel when its time is up, for channels on which something can be said meanwhile: by
 * `uuid_break` without `all`, which would throw away the list itself where it has not begun yet (mod_commands.c
 * uuid_break: switch_core_session_flush_private_events). A break that comes too early is followed by another.
 */
export class TimedBreak {
  readonly #sendBreak: () => void;
  #fired = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs undefined: there is no limit */
  constructor(timeoutMs: number | undefined, sendBreak: () => void) {
    this.#sendBreak = sendBreak;
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#fire(), timeoutMs);
  }

  /** Whether the time was up before. */
  stop(): boolean {
    clearTimeout(this.#timer);
    return this.#fired;
  }

  #fire(): void {
    this.#fired = true;
    this.#sendBreak();
    this.#timer = setTimeout(() => this.#fire(), BREAK_AGAIN_MS);
  }
}
