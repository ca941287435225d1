import { randomUUID } from 'node:crypto';
import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { ReleaseTarget } from '../switch/attached/release-target.js';
import type { SwitchLink, SwitchLinks } from '../switch/switch-link.js';
import type { CallAttachRequest, CallControl } from './call-control.js';
import { checkedTarget } from './call-control.js';
import type { CallTable } from './call-table.js';
import { DIAL_ID, dialCommand } from './dial-order.js';
import type { DialOrder } from './dial-order.js';

export interface OriginateRequest extends DialOrder {
  readonly switch?: string;
  /** The profile under which the dial string is judged. */
  readonly policy: string;
  /** What the one who answers gets: a program, a list, or an extension of the dialplan. */
  readonly run: CallAttachRequest['run'] | { readonly extension: ReleaseTarget };
  /** Where the call goes when the program has ended. */
  readonly then?: CallAttachRequest['then'];
}

/**
 * - `dialling`: FreeSWITCH was told to, and has not said yet what came of it.
 * - `answered`: somebody answered, and what was asked for runs.
 * - `failed`: nobody did (`cause`), or it is not known, or what was asked for could not be run (`error`).
 * - `cancelled`: somebody took it back while it rang.
 */
export type OriginationState = 'dialling' | 'answered' | 'failed' | 'cancelled';

/** A call that the daemon places, or has placed. */
export interface Origination {
  readonly id: string;
  readonly switch: string;
  readonly to: string;
  /** For people. */
  readonly program: string;
  readonly startedAt: Date;
  readonly state: OriginationState;
  /** The channel that answered. */
  readonly uuid?: string;
  /** FreeSWITCH's cause. */
  readonly cause?: string;
  readonly error?: { readonly code: ErrorCode; readonly detail: string };
  readonly endedAt?: Date;
}

interface Dialling {
  now: Origination;
  readonly settled: Promise<Origination>;
  readonly link: SwitchLink;
  cancelled: boolean;
}

/** So many that are over are kept, for whoever asks what became of them. */
const KEPT = 1000;
const CANCEL_AGAIN_MS = 500;

/** Places calls. Each is told to FreeSWITCH once: what becomes unknown on the way is said to be so, and not repeated. */
export class Originator {
  readonly #table: CallTable;
  readonly #switches: SwitchLinks;
  readonly #control: CallControl;
  readonly #known = new Map<string, Dialling>();
  readonly #listeners: ((origination: Origination) => void)[] = [];
  /** Places under the limits of the policy, of calls that are under control. */
  readonly #places = new Map<string, () => void>();
  #dialling = 0;

  constructor(table: CallTable, switches: SwitchLinks, control: CallControl) {
    this.#table = table;
    this.#switches = switches;
    this.#control = control;
    table.onCallEnded(({ uuid, result }) => {
      if (result !== 'interrupted') this.#giveBack(uuid);
    });
    table.onDefect((uuid) => this.#giveBack(uuid));
  }

  /** Told at its begin, and when it is settled. */
  onChange(listener: (origination: Origination) => void): void {
    this.#listeners.push(listener);
  }

  get dialling(): number {
    return this.#dialling;
  }

  /**
   * Tells FreeSWITCH to call somebody.
   * @returns at once; `settled` resolves, and never rejects, when it is known what came of it
   * @throws AppError before anything was sent: `invalid_request`, `action_refused`, `overloaded`, `no_such_switch`,
   *   `switch_unreachable`, `no_such_flow`, `invalid_url`
   */
  originate(request: OriginateRequest): {
    readonly origination: Origination;
    readonly settled: Promise<Origination>;
  } {
    const { run, policy } = request;
    const id = randomUUID();
    const then = 'extension' in run ? checkedTarget(run.extension) : undefined;
    const { judged, command, longestMs } = dialCommand(request, id, then);
    const program = 'extension' in run ? `extension ${run.extension.extension}` : this.#control.judged(run);
    const link = this.#switches.get(request.switch);
    if (!link.state().connected)
      throw new AppError('switch_unreachable', link.state().lastError?.message ?? link.name);
    const room = this.#table.refusal;
    if (room !== undefined) throw new AppError('overloaded', room);
    if (this.#dialling >= this.#table.free)
      throw new AppError('overloaded', `${this.#dialling} calls are being placed`);
    const giveBack = this.#table.reserveDial(policy, judged);

    const begun: Origination = {
      id,
      switch: link.name,
      to: request.to,
      program,
      startedAt: new Date(),
      state: 'dialling',
    };
    this.#dialling += 1;
    const settled = this.#dial(id, request, link, command, longestMs, giveBack);
    const dialling: Dialling = { now: begun, settled, link, cancelled: false };
    this.#known.set(id, dialling);
    this.#prune();
    this.#tell(begun);
    return { origination: begun, settled };
  }

  /** @throws AppError `no_such_origination` */
  show(id: string): Origination {
    return this.#find(id).now;
  }

  /** Those that are dialling, and the latest of those that are over; the oldest first. */
  list(): Origination[] {
    return [...this.#known.values()].map(({ now }) => now);
  }

  /**
   * Stops the ringing. What is answered already is not touched.
   * @throws AppError `no_such_origination`
   */
  async cancel(id: string): Promise<Origination> {
    const dialling = this.#find(id);
    if (dialling.now.state !== 'dialling') return dialling.now;
    dialling.cancelled = true;
    const { link, settled } = dialling;
    // A leg that is made in this moment does not carry the variable yet.
    const hangUp = (): void =>
      void link.api(`hupall ORIGINATOR_CANCEL ${DIAL_ID} ${id}`).catch(() => undefined);
    hangUp();
    const again = setInterval(hangUp, CANCEL_AGAIN_MS);
    try {
      return await settled;
    } finally {
      clearInterval(again);
    }
  }

  async #dial(
    id: string,
    { run, then }: OriginateRequest,
    link: SwitchLink,
    command: string,
    longestMs: number,
    giveBack: () => void,
  ): Promise<Origination> {
    // The caller has it in his hands first.
    await Promise.resolve();
    const change = await this.#outcome(id, { run, then }, link, command, longestMs);
    this.#dialling -= 1;
    const { uuid } = change;
    if (change.state === 'answered' && uuid !== undefined && this.#table.find(uuid) !== undefined)
      this.#places.set(uuid, giveBack);
    else giveBack();
    const dialling = this.#find(id);
    dialling.now = { ...dialling.now, ...change, endedAt: new Date() };
    this.#tell(dialling.now);
    this.#prune();
    return dialling.now;
  }

  async #outcome(
    id: string,
    { run, then }: Pick<OriginateRequest, 'run' | 'then'>,
    link: SwitchLink,
    command: string,
    longestMs: number,
  ): Promise<Pick<Origination, 'state' | 'uuid' | 'cause' | 'error'>> {
    let uuid: string | undefined;
    try {
      const answer = await link.bgapi(command, longestMs);
      const cause = /^-ERR ([A-Z][A-Z0-9_]*)$/.exec(answer)?.[1];
      const isCancelled = this.#find(id).cancelled;
      if (cause !== undefined) return { state: isCancelled ? 'cancelled' : 'failed', cause };
      uuid = /^\+OK ([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/.exec(answer)?.[1];
      if (uuid === undefined) throw new AppError('switch_refused', answer.slice(0, 200));
      if (isCancelled) {
        await link.api(`uuid_kill ${uuid} ORIGINATOR_CANCEL`);
        return { state: 'cancelled', uuid, cause: 'ORIGINATOR_CANCEL' };
      }
      if (!('extension' in run)) {
        const request = { run, switch: link.name, ...(then === undefined ? {} : { then }) };
        await this.#control.attach(uuid, request);
      }
      return { state: 'answered', uuid };
    } catch (error) {
      const { code, detail } =
        error instanceof AppError ? error : new AppError('internal', '', { cause: error });
      // Somebody has answered, and gets nothing.
      if (uuid !== undefined) await link.api(`uuid_kill ${uuid} NORMAL_TEMPORARY_FAILURE`).catch(() => '');
      return { state: 'failed', ...(uuid === undefined ? {} : { uuid }), error: { code, detail } };
    }
  }

  #find(id: string): Dialling {
    const known = this.#known.get(id);
    if (known === undefined) throw new AppError('no_such_origination', JSON.stringify(id.slice(0, 64)));
    return known;
  }

  #giveBack(uuid: string): void {
    this.#places.get(uuid)?.();
    this.#places.delete(uuid);
  }

  /** What is dialling is never forgotten. */
  #prune(): void {
    let excess = this.#known.size - this.#dialling - KEPT;
    for (const [id, { now }] of this.#known) {
      if (excess <= 0) return;
      if (now.state === 'dialling') continue;
      this.#known.delete(id);
      excess -= 1;
    }
  }

  #tell(origination: Origination): void {
    for (const listener of this.#listeners) listener(origination);
  }
}
