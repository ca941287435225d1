import { AppError } from '../errors.js';
import type { CheckContext } from '../flow/check/context.js';
import type { Problem } from '../flow/flow.js';
import type { FlowSet, FlowSettings } from '../flow/flow-set.js';
import { flowSet } from '../flow/flow-set.js';
import { checkedFlows, flowFilesIn, problemText } from './folder.js';
import { VersionStore } from './version-store.js';
import type { VersionLog } from './version-store.js';

export interface FlowLibraryOptions extends FlowSettings {
  /** Undefined: there are no flows. */
  readonly folder: string | undefined;
  readonly versionsFolder?: string | undefined;
  readonly context: CheckContext;
  readonly log?: VersionLog;
}

/** So many sets are kept in memory, for calls that come back after their daemon lost them. */
const MOST_SETS = 20;

/** The flows in force, and those of before that calls may still be on. */
export class FlowLibrary {
  readonly #store: VersionStore;
  readonly #sets = new Map<string, FlowSet>();
  readonly #settings: FlowSettings;
  #current: FlowSet;

  private constructor(set: FlowSet, settings: FlowSettings, store: VersionStore, before?: FlowLibrary) {
    this.#settings = settings;
    this.#store = store;
    this.#current = set;
    for (const [version, known] of before?.sets ?? []) this.#sets.set(version, known);
    this.#sets.delete(set.version);
    this.#sets.set(set.version, set);
    for (const version of [...this.#sets.keys()].slice(0, -MOST_SETS)) this.#sets.delete(version);
  }

  /**
   * Reads the folder: all of it or nothing.
   * @param before the library that this one takes the place of
   * @throws AppError `flow_invalid` with every error and its place; `config_unreadable`
   */
  static load(
    options: FlowLibraryOptions,
    before?: FlowLibrary,
  ): FlowLibrary & { readonly warnings: readonly Problem[] } {
    const { folder, versionsFolder, context, log, ...settings } = options;
    const { set, problems } =
      folder === undefined
        ? { set: flowSet([], settings), problems: [] }
        : checkedFlows(flowFilesIn(folder), settings, context);
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new AppError('flow_invalid', errors.map(problemText).join('\n'));
    const store = new VersionStore(versionsFolder, log);
    store.save(set);
    return Object.assign(new FlowLibrary(set, settings, store, before), { warnings: problems });
  }

  get current(): FlowSet {
    return this.#current;
  }

  get sets(): ReadonlyMap<string, FlowSet> {
    return this.#sets;
  }

  /** A set of flows with which a call began, as far as it is known. */
  version(version: string): FlowSet | undefined {
    const known = this.#sets.get(version);
    if (known !== undefined) return known;
    const stored = this.#store.load(version, this.#settings);
    if (stored !== undefined) this.#sets.set(version, stored);
    return stored;
  }
}
