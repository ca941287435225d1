import { toAction } from '../call/action-list.js';
import type { Action } from '../call/action.js';
import { ClaimedNumbers } from '../flow/numbers.js';
import { FirstSegments } from './first-segments.js';
import { Protection } from './protection.js';
import type { Format, Served } from './served.js';
import type { EntrySettings } from './settings.js';
import type { Answers } from './tally.js';
import { WRITERS } from './writers.js';

/** A list that is the same for everybody, written once in each format. */
export type WrittenList = Readonly<Record<Format, string>>;

export interface FlowProgram {
  readonly kind: 'flow';
  readonly flow: string;
  readonly firsts: Readonly<Record<Format, FirstSegments>>;
}

export type Program = FlowProgram | { readonly kind: 'list'; readonly list: WrittenList };

/** One entry of the configuration, with everything prepared that requests have in common. */
export class Entry {
  readonly name: string;
  /** Those that were not the fallback actions. */
  readonly answers: Answers;
  readonly policy: string;
  readonly fallback: WrittenList;
  readonly protection: Protection;
  /** What is answered without looking at anything but the format; undefined: there is more to look at. */
  readonly open: Readonly<Record<Format, { readonly format: Format; readonly body: string }>> | undefined;
  /** The only flow of an entry without protection: the most that can be said without making up a call. */
  readonly openFlow: FlowProgram | undefined;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #numbers: ClaimedNumbers | undefined;

  constructor(
    name: string,
    settings: EntrySettings,
    defaultPolicy: string,
    now: () => number,
    answers: Answers,
  ) {
    this.name = name;
    this.answers = answers;
    this.policy = settings.policy ?? defaultPolicy;
    this.fallback = writtenList(settings.fallback_actions.map(toAction));
    this.protection = new Protection(settings.protection, now);
    const { flow, numbers } = settings;
    const programs = new Map<string, Program>();
    if (flow !== undefined) programs.set('', flowProgram(flow));
    if (settings.list !== undefined)
      programs.set('', { kind: 'list', list: writtenList(settings.list.map(toAction)) });
    if (numbers !== undefined) {
      const claimed = Object.entries(numbers);
      claimed.forEach(([, target], at) => {
        programs.set(
          String(at),
          typeof target === 'string'
            ? flowProgram(target)
            : { kind: 'list', list: writtenList(target.map(toAction)) },
        );
      });
      this.#numbers = new ClaimedNumbers(claimed.map(([number], at) => ({ number, flow: String(at) })));
    }
    this.#programs = programs;
    const only = programs.get('');
    this.openFlow = only?.kind === 'flow' && this.protection.isOpen ? only : undefined;
    const list = only?.kind === 'list' && this.protection.isOpen ? only.list : undefined;
    this.open = list && {
      json: { format: 'json', body: list.json },
      switchhook: { format: 'switchhook', body: list.switchhook },
      httapi: { format: 'httapi', body: list.httapi },
    };
  }

  /** @returns undefined when nobody has claimed that number */
  programFor(number: string | undefined): Program | undefined {
    if (this.#numbers === undefined) return this.#programs.get('');
    const claim = number === undefined ? undefined : this.#numbers.flowFor(number);
    return claim === undefined ? undefined : this.#programs.get(claim);
  }
}

function flowProgram(flow: string): FlowProgram {
  const firsts = { json: new FirstSegments(), switchhook: new FirstSegments(), httapi: new FirstSegments() };
  return { kind: 'flow', flow, firsts };
}

function writtenList(actions: readonly Action[]): WrittenList {
  const items = actions.map(({ application, data, id, onError, timeoutMs }): Served => ({
    application,
    data,
    ...(id === undefined ? {} : { id }),
    ...(onError === 'stop' ? { onError } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }));
  // A list of the configuration is served as it is written there.
  const plain = items.map(({ application, data }) => ({ application, data }));
  return {
    json: JSON.stringify(plain),
    switchhook: WRITERS.switchhook({ items }),
    httapi: WRITERS.httapi({ items }),
  };
}
