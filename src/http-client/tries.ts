import type { CancelSignal } from '../cancellation.js';
import type { Dispatcher } from 'undici';
import type { Breaker } from './breaker.js';
import { Exchange, MOST_STALE } from './exchange.js';
import type { AnswerLimits, ExchangeResult } from './exchange.js';
import { GONE } from './failure.js';
import type { Failure } from './failure.js';
import type { OriginPool } from './origin-pool.js';
import { backoffMs, isRetried } from './retry.js';

/** What every usable answer has. */
export interface Usable {
  readonly ok: true;
  readonly health: 'good';
  readonly status: number;
}

export interface TriesPlan<Success extends Usable> {
  /** How the peer is called where it is left alone (`circuit_open`). */
  readonly peer: string;
  readonly pool: OriginPool;
  readonly breaker: Breaker;
  readonly limits: AnswerLimits;
  readonly tries: number;
  /** A GET: made again, and not counted, when it met a kept connection that was being closed (RFC 9110, 9.2.2). */
  readonly isSafe: boolean;
  readonly tryTimeoutMs: number;
  /** Pause before the second try; doubles with each. */
  readonly retryDelayMs: number;
  /** By `performance.now()`: nothing goes on beyond it. */
  readonly deadlineMs: number;
  /** Aborted when the call ends. */
  readonly signal: CancelSignal;
  /** Headers and body, made anew for each try. */
  readonly request: () => Dispatcher.DispatchOptions;
  readonly judge: (result: ExchangeResult) => Success | Failure;
  readonly onTried: (attempt: number, durationMs: number, tried: Success | Failure) => void;
}

/** Asks one URL, as often as it takes and the time allows. Never throws for what the peer does. */
export async function tryRepeatedly<Success extends Usable>(
  plan: TriesPlan<Success>,
): Promise<Success | Failure> {
  let interrupt: (() => void) | undefined;
  const onAbort = (): void => interrupt?.();
  plan.signal.addEventListener('abort', onAbort, { once: true });

  const once = async (timeoutMs: number): Promise<Success | Failure> => {
    const exchange = new Exchange(plan.pool, plan.request(), timeoutMs, plan.limits);
    interrupt = () => exchange.cancel();
    const result = await exchange.result;
    interrupt = undefined;
    return plan.judge(result);
  };
  const pause = async (ms: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    interrupt = undefined;
  };

  try {
    let last: Failure | undefined;
    let uncounted = 0;
    for (let attempt = 1; ; attempt += 1) {
      if (plan.signal.aborted) return GONE;
      const begunMs = performance.now();
      const timeoutMs = Math.ceil(Math.min(plan.tryTimeoutMs, plan.deadlineMs - begunMs));
      if (timeoutMs <= 0) return last ?? outOfTime();
      const tried = await plan.breaker.run(() => once(timeoutMs));
      if (tried === undefined) {
        if (last !== undefined) return last;
        const skipped = circuitOpen(plan.peer);
        plan.onTried(attempt, 0, skipped);
        return skipped;
      }
      plan.onTried(attempt, performance.now() - begunMs, tried);
      if (tried.ok) return tried;
      last = tried;
      const isStale = tried.stale === true;
      if (isStale && plan.isSafe && uncounted < MOST_STALE) uncounted += 1;
      else if (attempt - uncounted >= plan.tries || !isRetried(tried.code, tried.status)) return tried;

      const backoff = backoffMs(attempt - uncounted, plan.retryDelayMs, Math.random());
      // At once, but behind what has arrived: connections that were closed at the same time are noticed first.
      const pauseMs = isStale ? 0 : Math.max(backoff, tried.retryAfterMs ?? 0);
      if (performance.now() + pauseMs >= plan.deadlineMs) {
        return { ...tried, detail: `${tried.detail}; no time left for a further try` };
      }
      await pause(pauseMs);
    }
  } finally {
    plan.signal.removeEventListener('abort', onAbort);
  }
}

function circuitOpen(peer: string): Failure {
  return {
    ok: false,
    health: 'unknown',
    code: 'circuit_open',
    detail: `${peer} failed repeatedly and is left alone for a while`,
  };
}

function outOfTime(): Failure {
  return {
    ok: false,
    health: 'unknown',
    code: 'response_timeout',
    detail: 'nothing left of the time in all',
  };
}
