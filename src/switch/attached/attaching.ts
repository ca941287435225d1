import { AppError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import type { AttachedChannel } from './attached-channel.js';
import type { CallsLine } from './calls-line.js';
import type { Claims } from './claims.js';
import { placeOf, withVariables } from './event-data.js';
import { readDump } from '../dump.js';
import type { HeldCalls } from './held-calls.js';
import { PLACE, RUN } from './marks.js';
import { isPlainUuid } from './parked.js';
import type { Parking } from './parking.js';
import type { ReleaseTarget } from './release-target.js';
import { setVariables } from './set-variables.js';

export interface AttachRequest {
  /** Where the call goes when its program ends without hanging up; default: as the channel or the switch says. */
  readonly then?: ReleaseTarget | 'hangup';
  /** Set on the channel, and found in its data: what makes a program known, `cti_curl` or `cti_flow`. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type AttachResult =
  | { readonly ok: true; readonly channel: AttachedChannel }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

export interface AttachingOptions {
  readonly line: CallsLine;
  readonly claims: Claims;
  readonly held: HeldCalls;
  readonly parking: Parking;
  /** What an earlier daemon left running on that call is not waited for. */
  readonly giveUp: (uuid: string) => void;
}

/**
 * What an earlier program of the same channel may have left. Not its outcomes: a list that is taken off now still has
 * to be read, and they name the run that they are of.
 */
const LEFTOVERS = ['cti_status', 'cti_error', 'cti_actions', 'cti_state', RUN, 'cti_curl', 'cti_flow'];

/** Takes a channel because somebody asks for it, out of whatever it does. */
export class Attaching {
  readonly #options: AttachingOptions;

  constructor(options: AttachingOptions) {
    this.#options = options;
  }

  async attach(uuid: string, request: AttachRequest): Promise<AttachResult> {
    try {
      return await this.#attach(uuid, request);
    } catch (error) {
      if (error instanceof AppError) return { ok: false, code: error.code, detail: error.detail };
      throw error;
    }
  }

  async #attach(uuid: string, request: AttachRequest): Promise<AttachResult> {
    const { line, claims, held, parking, giveUp } = this.#options;
    const no = (code: ErrorCode, detail: string): AttachResult => ({ ok: false, code, detail });
    if (!isPlainUuid(uuid)) return no('no_such_call', JSON.stringify(uuid.slice(0, 80)));
    if (parking.has(uuid)) return no('attach_failed', 'it is being attached already');
    const { connection } = line;
    const dump = readDump((await connection.send({ line: `api uuid_dump ${uuid} json` })).text);
    if (dump === undefined) return no('no_such_call', uuid);
    const answered = dump.get('Answer-State') === 'answered' || dump.get('Answer-State') === 'early';
    if (dump.get('Call-Direction') === 'outbound' && !answered)
      return no('attach_failed', 'it still rings at the far side');
    const claim = await claims.claim(connection, uuid);
    if (!claim.won) return no('call_taken', claim.holder);
    const fresh = Object.fromEntries(LEFTOVERS.map((name) => [name, '']));
    const variables = { ...fresh, ...request.variables };
    const hold = held.plan(uuid, dump, request.then);
    const before = held.get(uuid);
    if (before !== undefined) held.leave(before);
    giveUp(uuid);
    const parked = await parking.park(connection, uuid, [
      ...setVariables(uuid, [...Object.entries(variables), ...held.marks(hold)]),
      { line: `api uuid_park ${uuid}` },
      hold.guard.disarm(),
      hold.guard.arm(),
    ]);
    if ('failed' in parked) {
      if (before !== undefined && !before.gone.aborted) held.stay(before);
      // One that may be parked has its marks and its guard, which bring it back to us, or to where it belongs.
      else if (!parked.open) held.forget(uuid, true);
      return no('attach_failed', parked.failed);
    }
    const place = placeOf(parked.event);
    line.tell(setVariables(uuid, [[PLACE, place]]));
    return { ok: true, channel: held.hold(hold, withVariables(parked.event, variables)) };
  }
}
