/** What a try says about the peer: `unknown` when the caller hung up before the peer could show anything. */
export type Health = 'good' | 'bad' | 'unknown';

/**
 * Skips a peer that failed several times in a row; after a while, one call tries again. Its time is not that of the
 * clock on the wall: setting that leaves a peer alone neither longer nor shorter.
 */
export class Breaker {
  readonly #failuresAllowed: number;
  readonly #openMs: number;
  readonly #onChange: (state: 'open' | 'closed') => void;
  readonly #now: () => number;
  #failures = 0;
  /** Since when it is open, in milliseconds; undefined when it is closed. */
  #openSince: number | undefined;
  /** One call tries whether the peer is back. */
  #testing = false;

  /** @param now milliseconds of which only differences mean something */
  constructor(
    settings: { readonly failures: number; readonly open_ms: number },
    onChange: (state: 'open' | 'closed') => void,
    now: () => number = () => performance.now(),
  ) {
    this.#failuresAllowed = settings.failures;
    this.#openMs = settings.open_ms;
    this.#onChange = onChange;
    this.#now = now;
  }

  /** The peer is left alone, but for the one call that tries again. */
  get isOpen(): boolean {
    return this.#openSince !== undefined;
  }

  /** @returns the result of `attempt`, or undefined when it was not made */
  async run<Result extends { readonly health: Health }>(
    attempt: () => Promise<Result>,
  ): Promise<Result | undefined> {
    if (this.#openSince === undefined) {
      const result = await attempt();
      this.#learn(result.health);
      return result;
    }
    // A caller is better served by the fallback than by waiting for the one that tries.
    if (this.#testing || this.#now() - this.#openSince < this.#openMs) return undefined;
    this.#testing = true;
    try {
      const result = await attempt();
      if (result.health === 'good') this.#close();
      // As long again. So it is when nothing is known: this was the one try that decides.
      else this.#openSince = this.#now();
      return result;
    } finally {
      this.#testing = false;
    }
  }

  /** From a try that was begun while the circuit was closed. */
  #learn(health: Health): void {
    if (this.#openSince !== undefined || health === 'unknown') return;
    this.#failures = health === 'good' ? 0 : this.#failures + 1;
    if (this.#failures < this.#failuresAllowed) return;
    this.#openSince = this.#now();
    this.#onChange('open');
  }

  #close(): void {
    this.#openSince = undefined;
    this.#failures = 0;
    this.#onChange('closed');
  }
}
