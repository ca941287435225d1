import type { EslConnection } from '../../esl/connection.js';
import { AppError } from '../../errors.js';
import type { Claims } from './claims.js';
import { EventData } from './event-data.js';
import { readDump } from '../dump.js';
import type { Headers } from '../dump.js';
import { isParked, isPlainUuid, waitsForProgram } from './parked.js';

export interface StaleClaimsOptions {
  readonly claims: Claims;
  /** So long the one that claimed may take to make something of it. */
  readonly delayMs: number;
  /** @throws AppError `switch_unreachable` */
  readonly connection: () => EslConnection;
  readonly log: (fields: object, message: string) => void;
  /** The channel still waits for a program, and is free. */
  readonly parked: (headers: Headers) => void;
}

/**
 * Claims of other daemons. One that dies between its claim and the mark on the channel leaves a channel that waits,
 * that nobody takes and that no guard releases.
 */
export class StaleClaims {
  readonly #options: StaleClaimsOptions;

  constructor(options: StaleClaimsOptions) {
    this.#options = options;
  }

  /** A claim was lost to another daemon. */
  watch(uuid: string, holder: string): void {
    if (isPlainUuid(holder)) setTimeout(() => void this.#look(uuid, holder), this.#options.delayMs).unref();
  }

  /** Whether so much time has passed since `askedMs` that others may have dropped a claim of ours. */
  isLate(askedMs: number): boolean {
    return performance.now() - askedMs > this.#options.delayMs / 2;
  }

  async #look(uuid: string, holder: string): Promise<void> {
    const { claims, connection, log, parked } = this.#options;
    try {
      const dump = readDump((await connection().send({ line: `api uuid_dump ${uuid} json` })).text);
      if (dump === undefined) return;
      const data = new EventData(dump);
      if (!waitsForProgram(data) || !isParked(data)) return;
      log({ uuid, holder }, 'claimed and not taken: claim dropped');
      await Promise.all(connection().sendBatch(claims.drop(uuid, holder)));
      parked(dump);
    } catch (error) {
      // Without a connection: found again when there is one.
      if (!(error instanceof AppError)) throw error;
    }
  }
}
