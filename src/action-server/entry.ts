import { toAction } from '../call/action-list.js';
import type { Action } from '../call/action.js';
import { ClaimedNumbers } from '../flow/numbers.js';
import { Protection } from './protection.js';
import type { Format, Served } from './served.js';
import type { EntrySettings } from './settings.js';
import { writeHttapi } from './write-httapi.js';
import { writeForSwitchhook, writeJson } from './write-json.js';

/** A list that is the same for everybody, written once in each format. */
export type WrittenList = Readonly<Record<Format, string>>;

export type Program = { readonly kind: 'flow'; readonly flow: string } | { readonly kind: 'list'; readonly list: WrittenList };

/** One entry of the configuration, with everything prepared that requests have in common. */
export class Entry {
  readonly name: string;
  readonly policy: string;
  readonly fallback: WrittenList;
  readonly protection: Protection;
  /** Undefined: there is nothing to look at before it is answered. */
  readonly open: WrittenList | undefined;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #numbers: ClaimedNumbers | undefined;

  constructor(name: string, settings: EntrySettings, defaultPolicy: string, now: () => number) {
    this.name = name;
    this.policy = settings.policy ?? defaultPolicy;
    this.fallback = writtenList(settings.fallback_actions.map(toAction));
    this.protection = new Protection(settings.protection, now);
    const { flow, list, numbers } = settings;
    const programs = new Map<string, Program>();
    if (flow !== undefined) programs.set('', { kind: 'flow', flow });
    if (list !== undefined) programs.set('', { kind: 'list', list: writtenList(list.map(toAction)) });
    if (numbers !== undefined) {
      const claimed = Object.entries(numbers);
      claimed.forEach(([, target], at) => {
        programs.set(
          String(at),
          typeof target === 'string'
            ? { kind: 'flow', flow: target }
            : { kind: 'list', list: writtenList(target.map(toAction)) },
        );
      });
      this.#numbers = new ClaimedNumbers(claimed.map(([number], at) => ({ number, flow: String(at) })));
    }
    this.#programs = programs;
    const only = programs.get('');
    this.open = only?.kind === 'list' && this.protection.isOpen ? only.list : undefined;
  }

  /** @returns undefined when nobody has claimed that number */
  programFor(number: string | undefined): Program | undefined {
    if (this.#numbers === undefined) return this.#programs.get('');
    const claim = number === undefined ? undefined : this.#numbers.flowFor(number);
    return claim === undefined ? undefined : this.#programs.get(claim);
  }
}

function writtenList(actions: readonly Action[]): WrittenList {
  const items = actions.map(
    ({ application, data, id, onError, timeoutMs }): Served => ({
      application,
      data,
      ...(id === undefined ? {} : { id }),
      ...(onError === 'stop' ? { onError } : {}),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    }),
  );
  // A list of the configuration is served as it is written there.
  const plain = items.map(({ application, data }) => ({ application, data }));
  return {
    json: JSON.stringify(plain),
    switchhook: writeForSwitchhook({ items }),
    httapi: writeHttapi({ items }),
  };
}

/** A list as the format has it. */
export const WRITERS: Readonly<Record<Format, typeof writeJson>> = {
  json: writeJson,
  switchhook: writeForSwitchhook,
  httapi: writeHttapi,
};
