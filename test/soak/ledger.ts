import { KINDS, kindOf } from './mix.js';
import type { EndedCall } from './orders.js';

/** A time in which calls may go other ways than they were meant to. */
export interface FaultWindow {
  readonly fault: string;
  /** It must not be noticed by any call. */
  readonly isHarmless: boolean;
  readonly from: number;
  /** When everything was as before; undefined as long as it is not. Milliseconds since the epoch. */
  until: number | undefined;
}

/**
 * - `programmed`: as it was meant;
 * - `fallback`: the program could not end, and the dialplan did what it foresees for that;
 * - `gone`: with the switch itself;
 * - `unforeseen`: anything else.
 */
export type Ending = 'programmed' | 'fallback' | 'gone' | 'unforeseen';

export type EndingCounts = Record<Ending, number>;

export interface Unforeseen {
  readonly serial: number;
  readonly kind: string;
  /** During which fault; none: without any. */
  readonly fault: string | undefined;
  readonly ending: Ending;
  readonly detail: string;
  readonly at: string;
}

const NONE = 65_535;
const MOST_KEPT = 200;
const FALLBACK_LEAST_MS = 180;

/** What became of every call, and which fault it met. */
export class Ledger {
  readonly windows: FaultWindow[] = [];
  /** Of calls that met no fault. */
  readonly calm: EndingCounts = noEndings();
  /** By the name of the fault. */
  readonly hit = new Map<string, EndingCounts>();
  readonly byKind = new Map<string, EndingCounts>();
  /** What the dialplan was told when it had to go on by itself: `app-down: back:failed:connect_refused`. */
  readonly fallbacks = new Map<string, number>();
  /** What should not have been. */
  readonly wrong: Unforeseen[] = [];
  wrongCount = 0;
  ended = 0;
  readonly #windowOf: Uint16Array;
  readonly #invitedAt: Float64Array;
  readonly #branches: ('program' | 'back' | 'nobody' | 'other')[] = [];

  /** @param most so many calls at most */
  constructor(most: number) {
    this.#windowOf = new Uint16Array(most).fill(NONE);
    this.#invitedAt = new Float64Array(most);
  }

  /** A fault begins now. */
  begin(fault: string, { isHarmless }: { readonly isHarmless: boolean }): FaultWindow {
    const window: FaultWindow = { fault, isHarmless, from: Date.now(), until: undefined };
    this.windows.push(window);
    if (!this.hit.has(fault)) this.hit.set(fault, noEndings());
    return window;
  }

  take(calls: readonly EndedCall[]): void {
    for (const call of calls) this.#take(call);
  }

  /** The fault that the call met, if it met one. */
  faultOf(serial: number): FaultWindow | undefined {
    const index = this.#windowOf[serial] ?? NONE;
    return index === NONE ? undefined : this.windows[index];
  }

  invitedAt(serial: number): number {
    return this.#invitedAt[serial] ?? 0;
  }

  /** How the call came to its end in the dialplan. `nobody`: no daemon had it when it came back. */
  branchOf(serial: number): 'program' | 'back' | 'nobody' | 'other' {
    return this.#branches[serial] ?? 'other';
  }

  #take(call: EndedCall): void {
    const { serial, branch } = call;
    this.ended += 1;
    this.#invitedAt[serial] = call.invitedAt;
    this.#branches[serial] =
      branch === 'program' || call.failure === 'left'
        ? 'program'
        : branch.startsWith('back::')
          ? 'nobody'
          : branch.startsWith('back:')
            ? 'back'
            : 'other';
    const kind = KINDS[kindOf(serial)];
    const { ending, detail } = endingOf(call);
    const index = this.#windowAt(call);
    const window = this.windows[index];
    if (window !== undefined) this.#windowOf[serial] = index;
    const counts = window === undefined ? this.calm : this.hit.get(window.fault);
    if (counts !== undefined) counts[ending] += 1;
    const ofKind = this.byKind.get(kind?.name ?? '') ?? noEndings();
    ofKind[ending] += 1;
    this.byKind.set(kind?.name ?? '', ofKind);
    if (ending === 'fallback') {
      const reason = `${window?.fault ?? 'no fault'}: ${branch}`;
      this.fallbacks.set(reason, (this.fallbacks.get(reason) ?? 0) + 1);
    }
    const isRight =
      ending === 'programmed' ||
      (window !== undefined && !window.isHarmless && (ending === 'fallback' || ending === 'gone'));
    if (isRight) return;
    this.wrongCount += 1;
    if (this.wrong.length < MOST_KEPT)
      this.wrong.push({
        serial,
        kind: kind?.name ?? '',
        fault: window?.fault,
        ending,
        detail,
        at: new Date(call.invitedAt).toISOString(),
      });
  }

  /** One that may do harm goes before one that must not. */
  #windowAt({ invitedAt, endedAt }: EndedCall): number {
    let found = -1;
    for (const [index, { from, until, isHarmless }] of this.windows.entries()) {
      if (from > endedAt || (until !== undefined && until < invitedAt)) continue;
      if (!isHarmless) return index;
      found = index;
    }
    return found;
  }
}

export function noEndings(): EndingCounts {
  return { programmed: 0, fallback: 0, gone: 0, unforeseen: 0 };
}

/** Exported for what has no faults: the search for limits. */
export function endingOf(call: EndedCall): { readonly ending: Ending; readonly detail: string } {
  const kind = KINDS[kindOf(call.serial)];
  const lifeMs = Math.round(call.endedAt - call.invitedAt);
  const detail = `${call.failure || call.branch || 'no branch'}, ${call.cause || 'no cause'}, after ${lifeMs} ms`;
  if (kind === undefined) return { ending: 'unforeseen', detail };
  if (call.failure === 'the switch died') return { ending: 'gone', detail };
  if (call.failure === 'left') return { ending: kind.end === 'caller' ? 'programmed' : 'unforeseen', detail };
  if (call.failure !== '' || call.answeredAt === 0 || call.cause !== 'NORMAL_CLEARING')
    return { ending: 'unforeseen', detail };
  if (call.branch === 'program') {
    const isWhole = kind.end === 'program' && lifeMs >= kind.leastMs;
    return { ending: isWhole ? 'programmed' : 'unforeseen', detail };
  }
  if (!call.branch.startsWith('back:')) return { ending: 'unforeseen', detail };
  if (kind.end === 'dialplan' && call.branch === 'back:done:' && lifeMs >= kind.leastMs)
    return { ending: 'programmed', detail };
  return { ending: lifeMs >= FALLBACK_LEAST_MS ? 'fallback' : 'unforeseen', detail };
}
