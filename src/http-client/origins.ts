import { Breaker } from './breaker.js';
import type { ResolveHost } from './connector.js';
import type { Egress } from './egress.js';
import type { SecureContext } from 'node:tls';
import type { Circuit } from './observer.js';
import { OriginPool } from './origin-pool.js';

/** An app may chain to ever new hosts; what is kept of them may not grow with that. */
const MAX_ORIGINS = 500;

/** How connections are made for one peer; the object itself stands for it, so the same one is given every time. */
export interface ConnectionSettings {
  readonly secureContext: SecureContext | undefined;
  readonly connectTimeoutMs: number;
  readonly connections: number;
  readonly keepAliveMs: number;
}

/** What is kept of an origin between requests. */
export class Origin {
  readonly name: string;
  /** Why it may not be asked, or undefined. */
  readonly refusal: string | undefined;
  readonly breaker: Breaker;
  /** The higher, the later it was asked. */
  turn = 0;
  readonly #pools = new Map<ConnectionSettings, OriginPool>();

  constructor(name: string, refusal: string | undefined, breaker: Breaker) {
    this.name = name;
    this.refusal = refusal;
    this.breaker = breaker;
  }

  /** Peers differ in certificates and numbers of connections, so they don't share connections. */
  pool(settings: ConnectionSettings, make: () => OriginPool): OriginPool {
    let pool = this.#pools.get(settings);
    if (pool === undefined) {
      pool = make();
      this.#pools.set(settings, pool);
    }
    return pool;
  }

  /** Closes the connections of a peer that is asked no more. */
  async drop(settings: ConnectionSettings): Promise<void> {
    const pool = this.#pools.get(settings);
    this.#pools.delete(settings);
    await pool?.destroy();
  }

  get isIdle(): boolean {
    return [...this.#pools.values()].every((pool) => pool.isIdle);
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }
}

export interface OriginsOptions {
  readonly egress: Egress;
  readonly breaker: { readonly failures: number; readonly open_ms: number };
  readonly resolve: ResolveHost;
  readonly onCircuit: (origin: string, state: 'open' | 'closed') => void;
}

/** All origins that were asked lately. */
export class Origins {
  readonly #options: OriginsOptions;
  readonly #origins = new Map<string, Origin>();
  #turns = 0;

  constructor(options: OriginsOptions) {
    this.#options = options;
  }

  get(name: string): Origin {
    const known = this.#origins.get(name);
    if (known !== undefined) {
      known.turn = ++this.#turns;
      return known;
    }
    if (this.#origins.size >= MAX_ORIGINS) this.#forgetOne();
    const { egress, breaker, onCircuit } = this.#options;
    const made = new Origin(
      name,
      egress.refusesOrigin(name),
      new Breaker(breaker, (state) => onCircuit(name, state)),
    );
    made.turn = ++this.#turns;
    this.#origins.set(name, made);
    return made;
  }

  /** The circuit breakers of the origins that were asked lately. */
  get circuits(): Circuit[] {
    return Array.from(this.#origins.values(), ({ name, breaker }) => ({
      peer: name,
      isOpen: breaker.isOpen,
    }));
  }

  pool(origin: Origin, settings: ConnectionSettings): OriginPool {
    const { egress, resolve } = this.#options;
    return origin.pool(
      settings,
      () =>
        new OriginPool(origin.name, {
          resolve,
          refusesAddress: egress.listsAddressOf(origin.name)
            ? () => undefined
            : (address) => egress.refusesAddress(address),
          timeoutMs: settings.connectTimeoutMs,
          secureContext: settings.secureContext,
          connections: settings.connections,
          keepAliveMs: settings.keepAliveMs,
        }),
    );
  }

  /** Closes the connections of a peer that is asked no more; requests under way fail. */
  async drop(settings: ConnectionSettings): Promise<void> {
    await Promise.all(Array.from(this.#origins.values(), (origin) => origin.drop(settings)));
  }

  async destroy(): Promise<void> {
    const origins = [...this.#origins.values()];
    this.#origins.clear();
    await Promise.all(origins.map((origin) => origin.destroy()));
  }

  /** The one that was asked the longest ago and is not in use. */
  #forgetOne(): void {
    let oldest: Origin | undefined;
    for (const origin of this.#origins.values())
      if (origin.isIdle && (oldest === undefined || origin.turn < oldest.turn)) oldest = origin;
    if (oldest === undefined) return;
    this.#origins.delete(oldest.name);
    void oldest.destroy();
  }
}
