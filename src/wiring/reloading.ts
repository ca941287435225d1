import type { CallTable } from '../call/call-table.js';
import type { ReadConfig } from '../config/load.js';
import { planReload, reloadWarnings } from '../config/reload.js';
import type { ConfigChange } from '../config/reload.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import { problemText } from '../flow-files/folder.js';
import type { Access } from '../http/access.js';
import { changesOf, differing } from './flows.js';
import { InUse } from './in-use.js';
import { setUp } from './setup.js';
import type { Around, Setup } from './setup.js';

export interface ConfigReload {
  /** What is in force that was not before; secrets are masked. */
  readonly changes: readonly ConfigChange[];
  /** What is allowed but worth a look. */
  readonly warnings: readonly string[];
}

/** What a changed configuration is told to. */
export interface ReloadTargets {
  readonly table: CallTable;
  readonly access: Access;
}

/** What is in force, and how it becomes something else while calls are under control. */
export class Reloading {
  readonly #around: Omit<Around, 'before'>;
  readonly #reread: (() => ReadConfig) | undefined;
  /** After a reload, calls may still use what was there before. */
  readonly #inUse = new InUse();
  #setup: Setup;

  /** @param reread reads the configuration again; without it, it can't be reloaded */
  constructor(config: Config, around: Omit<Around, 'before'>, reread: (() => ReadConfig) | undefined) {
    this.#around = around;
    this.#reread = reread;
    this.#setup = setUp(config, around);
    this.#inUse.take([this.#setup.apps, this.#setup.invoker]);
    this.#setup.invoker.use(this.#setup.functions);
    this.#warnOfFlows();
  }

  get setup(): Setup {
    return this.#setup;
  }

  get config(): Config {
    return this.#setup.config;
  }

  /**
   * All of it or nothing.
   * @throws AppError `config_unreadable`, `config_invalid`, `restart_needed`, `not_reloadable`
   */
  reload(targets: ReloadTargets): ConfigReload {
    const { log } = this.#around;
    try {
      if (this.#reread === undefined) throw new AppError('not_reloadable');
      const taken = this.#takeOver(this.#reread(), targets);
      log.info({ changes: taken.changes.map(({ path }) => path) }, 'configuration reloaded');
      for (const warning of taken.warnings) log.warn({ warning }, 'configuration needs a look');
      return taken;
    } catch (error) {
      const { code, detail } =
        error instanceof AppError ? error : { code: 'internal', detail: String(error) };
      log.error({ code, detail }, 'configuration not reloaded');
      throw error;
    }
  }

  /** Closes what the present setup and those before it use. */
  close(): Promise<void> {
    return this.#inUse.closeAll();
  }

  #takeOver({ config: next, warnings: remarks }: ReadConfig, { table, access }: ReloadTargets): ConfigReload {
    const { log } = this.#around;
    const before = this.#setup;
    const planned = planReload(before.config, next);
    const warnings = [...remarks, ...reloadWarnings(next, planned)];
    // What can fail, fails here, with everything as it was.
    const made = setUp(next, { ...this.#around, before });
    const renewed = differing(before.certificates, made.certificates)
      .filter((name) => before.certificates.has(name) && made.certificates.has(name))
      .map((name) => ({ path: `endpoints.${name} (certificates)` }));
    const changes = [...planned, ...renewed, ...changesOf(before.flows, made.flows)];
    if (changes.length === 0) return { changes, warnings };
    this.#setup = made;
    this.#warnOfFlows();
    log.level = next.log.level;
    access.replace(next.http.tokens);
    this.#inUse.take([made.apps, made.invoker]);
    made.invoker.use(made.functions);
    const unused = table.reconfigure(made.services, {
      maxCalls: next.limits.calls,
      logsRoutine: log.isLevelEnabled('info'),
    });
    // Calls under control, and those that other switches have asked us about.
    void Promise.all([unused, before.actions.server.idle()]).then(() => {
      before.invoker.release(before.functions);
      return this.#inUse.release([before.apps, before.invoker]);
    });
    return { changes, warnings };
  }

  #warnOfFlows(): void {
    for (const problem of this.#setup.flows.warnings)
      this.#around.log.warn({ problem: problemText(problem) }, 'flow needs a look');
  }
}
