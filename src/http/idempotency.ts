import { createHash } from 'node:crypto';
import { AppError } from '../errors.js';

/** What a client may send as `Idempotency-Key`. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** A request that is to be done once, however often it is sent. */
export interface KeyedRequest {
  /** Who asks: nobody finds the answers of another. */
  readonly who: string;
  readonly key: string;
  /** Method and path. */
  readonly route: string;
  /** Everything that was asked. */
  readonly content: unknown;
}

interface Known {
  readonly fingerprint: string;
  readonly answer: Promise<unknown>;
  /** When it was settled, in milliseconds since the epoch; undefined while it is being done. */
  settledAt?: number;
}

export interface IdempotencyOptions {
  readonly keepMs?: number;
  readonly most?: number;
  readonly now?: () => number;
}

const KEEP_MS = 24 * 3600 * 1000;
const MOST = 10_000;

/** These say that nothing was done, whatever their status. */
const NOTHING_DONE: ReadonlySet<string> = new Set([
  'overloaded',
  'switch_unreachable',
  'switch_auth_failed',
  'switch_acl_refused',
  'rate_limited',
]);

/**
 * The answers of requests that carry an `Idempotency-Key`, for whoever sends them again because the first answer was
 * lost. In memory and bounded: a restarted daemon knows none of them.
 */
export class IdempotentAnswers {
  readonly #known = new Map<string, Known>();
  readonly #keepMs: number;
  readonly #most: number;
  readonly #now: () => number;

  constructor({ keepMs = KEEP_MS, most = MOST, now = Date.now }: IdempotencyOptions = {}) {
    this.#keepMs = keepMs;
    this.#most = most;
    this.#now = now;
  }

  /**
   * Does it, or finds what came of it the first time; a second request that comes while the first is being done waits
   * for it. A request that was refused before anything was done may be sent again with its key.
   * @throws AppError `idempotency_key_reused` when the key was sent with something else; what `act` throws
   */
  async once<T>(
    { who, key, route, content }: KeyedRequest,
    act: () => Promise<T>,
  ): Promise<{ readonly answer: T; readonly replayed: boolean }> {
    const name = JSON.stringify([who, key]);
    const fingerprint = digestOf([route, content]);
    this.#forgetOld();
    const known = this.#known.get(name);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) throw new AppError('idempotency_key_reused');
      return { answer: (await known.answer) as T, replayed: true };
    }
    if (!this.#makeRoom()) throw new AppError('rate_limited', 'Too many requests with a key are being done.');
    const answer = act();
    const entry: Known = { fingerprint, answer };
    this.#known.set(name, entry);
    answer.then(
      () => (entry.settledAt = this.#now()),
      (error: unknown) => {
        entry.settledAt = this.#now();
        if (saysNothingWasDone(error) && this.#known.get(name) === entry) this.#known.delete(name);
      },
    );
    return { answer: await answer, replayed: false };
  }

  get size(): number {
    return this.#known.size;
  }

  /** They are in the order in which they came; the oldest is the first to be old. */
  #forgetOld(): void {
    const before = this.#now() - this.#keepMs;
    for (const [name, { settledAt }] of this.#known) {
      if (settledAt !== undefined && settledAt >= before) return;
      if (settledAt !== undefined) this.#known.delete(name);
    }
  }

  /** What is being done is never forgotten: forgetting it is what would do it twice. */
  #makeRoom(): boolean {
    if (this.#known.size < this.#most) return true;
    for (const [name, { settledAt }] of this.#known) {
      if (settledAt === undefined) continue;
      this.#known.delete(name);
      return true;
    }
    return false;
  }
}

function saysNothingWasDone(error: unknown): boolean {
  return error instanceof AppError && (error.statusCode < 500 || NOTHING_DONE.has(error.code));
}

/** The same for the same content, in whatever order its keys came. */
function digestOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value, (_key, item: unknown) => sorted(item)))
    .digest('base64');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
