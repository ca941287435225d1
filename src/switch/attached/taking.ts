import { AppError } from '../../errors.js';
import type { AttachedChannel } from './attached-channel.js';
import type { CallsLine } from './calls-line.js';
import type { Claims } from './claims.js';
import { EventData, placeOf } from './event-data.js';
import type { Headers } from '../dump.js';
import type { HeldCalls } from './held-calls.js';
import { OWNER, PLACE } from './marks.js';
import { isPlainUuid, waitsForProgram } from './parked.js';
import type { Parking } from './parking.js';
import { setVariables } from './set-variables.js';
import type { StaleClaims } from './stale-claims.js';

/** The head start that a daemon which would refuse the call gives to others. */
const FULL_DELAY_MS = 300;
/** A switch that was too busy to answer is asked again after this. */
const AGAIN_MS = 1000;

export interface TakingOptions {
  readonly line: CallsLine;
  readonly claims: Claims;
  readonly staleClaims: StaleClaims;
  readonly held: HeldCalls;
  readonly parking: Parking;
  /** Parked channels are taken at all. */
  readonly attach: boolean;
  readonly warn: (fields: object, message: string) => void;
  readonly onChannel: (channel: AttachedChannel) => void;
  readonly isFull: () => boolean;
  readonly isDraining: () => boolean;
}

/** Takes channels that were found parked and carry a program. */
export class Taking {
  readonly #options: TakingOptions;
  /** Channels that are being claimed. */
  readonly #claiming = new Set<string>();

  constructor(options: TakingOptions) {
    this.#options = options;
  }

  onParked(headers: Headers): void {
    const { attach, held, parking, warn, isFull, isDraining } = this.#options;
    const uuid = headers.get('Unique-ID') ?? '';
    if (!attach || isDraining()) return;
    if (held.get(uuid) !== undefined || this.#claiming.has(uuid) || parking.has(uuid)) return;
    if (!waitsForProgram(new EventData(headers))) return;
    if (!isPlainUuid(uuid)) {
      warn({ uuid }, 'parked channel not taken: odd uuid');
      return;
    }
    this.#claiming.add(uuid);
    const take = (): void => {
      void this.#take(uuid, headers).finally(() => this.#claiming.delete(uuid));
    };
    if (isFull()) setTimeout(take, FULL_DELAY_MS).unref();
    else take();
  }

  async #take(uuid: string, headers: Headers): Promise<void> {
    const { line, claims, staleClaims, isDraining } = this.#options;
    try {
      const { connection } = line;
      const askedMs = performance.now();
      // Behind the claim: another daemon may have had the channel and given it back since it was parked.
      const [claim, owner, index] = await Promise.all([
        claims.claim(connection, uuid),
        ...connection.sendBatch([
          { line: `api uuid_getvar ${uuid} ${OWNER}` },
          { line: `api uuid_getvar ${uuid} profile_index` },
        ]),
      ]);
      if (!claim.won) {
        staleClaims.watch(uuid, claim.holder);
        return;
      }
      if (staleClaims.isLate(askedMs)) {
        // This process stood still, and others may have dropped the claim.
        await this.#take(uuid, headers);
        return;
      }
      if (isDraining() || owner?.text !== '_undef_' || index?.text !== headers.get('Caller-Profile-Index')) {
        line.tell(claims.giveBack(uuid));
        return;
      }
      await this.#hold(uuid, headers);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'switch_timeout') setTimeout(() => this.onParked(headers), AGAIN_MS).unref();
      // Without a connection: found again when there is one.
    }
  }

  async #hold(uuid: string, headers: Headers): Promise<void> {
    const { line, held, onChannel } = this.#options;
    const hold = held.plan(uuid, headers);
    const channel = held.hold(hold, headers);
    // Nothing is asked before: what these say is looked at when it comes.
    const [set, indexNow] = line.send([
      ...setVariables(uuid, [...held.marks(hold), [PLACE, placeOf(headers)]]),
      { line: `api uuid_getvar ${uuid} profile_index` },
      hold.guard.arm(),
    ]);
    onChannel(channel);
    // A hang-up between the two is told of without our mark, so nobody hears of it.
    if ((await set)?.ok === false || (await indexNow)?.ok === false)
      channel.end({ kind: 'hung_up', cause: '' });
    // Its events came to us from the setting of the owner on; before that it may have been moved unseen.
    else if ((await indexNow)?.text !== headers.get('Caller-Profile-Index')) channel.onUnpark(headers);
  }
}
