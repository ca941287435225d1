import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel';
import type { CircuitBreakerPolicy } from 'cockatiel';

/** What a try says about the peer: `unknown` when the caller hung up before the peer could show anything. */
export type Health = 'good' | 'bad' | 'unknown';

const UNDECIDED = new Error('says nothing about the peer');

/** Skips a peer that failed several times in a row; after a while, one call tries again. */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy;

  constructor(
    settings: { readonly failures: number; readonly open_ms: number },
    onChange: (state: 'open' | 'closed') => void,
  ) {
    this.#policy = circuitBreaker(
      handleWhenResult((result) => (result as { health: Health }).health !== 'good'),
      { halfOpenAfter: settings.open_ms, breaker: new ConsecutiveBreaker(settings.failures) },
    );
    this.#policy.onBreak(() => onChange('open'));
    this.#policy.onReset(() => onChange('closed'));
  }

  /** The peer is left alone, but for the one call that tries again. */
  get isOpen(): boolean {
    return this.#policy.state !== CircuitState.Closed;
  }

  /** @returns the result of `attempt`, or undefined when it was not made */
  async run<Result extends { readonly health: Health }>(
    attempt: () => Promise<Result>,
  ): Promise<Result | undefined> {
    // cockatiel would let the others wait for the one that tries. A caller is better served by the fallback.
    if (this.#policy.state === CircuitState.HalfOpen) return undefined;
    const testing = this.#policy.state !== CircuitState.Closed;
    let undecided: Result | undefined;
    try {
      return await this.#policy.execute(async () => {
        const result = await attempt();
        // Neither a success nor a failure, unless it was the one try that decides: then the circuit stays open.
        if (result.health === 'unknown' && !testing) {
          undecided = result;
          throw UNDECIDED;
        }
        return result;
      });
    } catch (error) {
      if (error === UNDECIDED) return undecided;
      if (isBrokenCircuitError(error)) return undefined;
      throw error;
    }
  }
}
