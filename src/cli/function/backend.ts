import { FunctionInvoker } from '../../functions/invoke.js';
import { settingsOf } from '../../functions/registry.js';
import type { FunctionChange } from '../../functions/registry.js';
import { tryFunction } from '../../functions/trial.js';
import {
  functionChangeSchema,
  functionSchema,
  functionsSchema,
  functionTrialSchema,
} from '../../http/contract/functions.js';
import type {
  FunctionAnswer,
  FunctionChangeAnswer,
  FunctionsAnswer,
  FunctionTrialAnswer,
} from '../../http/contract/functions.js';
import { ApiClient, path } from '../api-client.js';
import type { Cli } from '../cli.js';
import { isRemote } from '../remote.js';
import type { Immutable } from '../remote.js';
import { workplace } from './workplace.js';
import type { FunctionFlags, Workplace } from './workplace.js';

type Settings = Readonly<Record<string, unknown>>;

/** What came of a change. In files here it is in force when a daemon reads them again. */
export type ShownChange = Immutable<Omit<FunctionChangeAnswer, 'in_force' | 'problem'>> &
  Partial<Pick<FunctionChangeAnswer, 'in_force' | 'problem'>>;

export type ShownTrial = Immutable<FunctionTrialAnswer> & {
  /** What the function printed; known of a trial here alone. */
  readonly printed?: readonly string[];
};

export interface TrialRequest {
  readonly parameters: Readonly<Record<string, never>>;
  readonly attributes: Readonly<Record<string, string>>;
  readonly caller?: string;
  readonly called?: string;
}

/** Where the functions are: in files here, or with a running daemon. Both answer as the API does. */
export interface FunctionBackend {
  list(): Promise<Immutable<FunctionsAnswer>>;
  show(name: string): Promise<Immutable<FunctionAnswer>>;
  add(name: string, settings: Settings): Promise<ShownChange>;
  set(name: string, patch: Settings): Promise<ShownChange>;
  remove(name: string): Promise<ShownChange>;
  rename(from: string, to: string, updateFlows: boolean): Promise<ShownChange>;
  test(name: string, trial: TrialRequest): Promise<ShownTrial>;
}

/** @throws AppError `usage`, `config_unreadable`, `config_invalid` */
export function functionBackend(cli: Cli, flags: FunctionFlags): FunctionBackend {
  const local = { '--file': flags.file, '--flows': flags.flows };
  return isRemote(flags, local)
    ? new DaemonBackend(ApiClient.of(cli, flags))
    : new FilesBackend(workplace(cli, flags));
}

class FilesBackend implements FunctionBackend {
  readonly #place: Workplace;

  constructor(place: Workplace) {
    this.#place = place;
  }

  list(): ReturnType<FunctionBackend['list']> {
    const list = this.#place.registry.list();
    return Promise.resolve(list.map(({ timeoutMs, ...one }) => ({ ...one, timeout_ms: timeoutMs })));
  }

  show(name: string): ReturnType<FunctionBackend['show']> {
    return Promise.resolve(this.#place.registry.show(name));
  }

  add(name: string, settings: Settings): Promise<FunctionChange> {
    return Promise.resolve(this.#place.registry.add(name, settings));
  }

  set(name: string, patch: Settings): Promise<FunctionChange> {
    return Promise.resolve(this.#place.registry.set(name, patch));
  }

  remove(name: string): Promise<FunctionChange> {
    return Promise.resolve(this.#place.registry.remove(name));
  }

  rename(from: string, to: string, updateFlows: boolean): Promise<FunctionChange> {
    return Promise.resolve(this.#place.registry.rename(from, to, { updateFlows }));
  }

  async test(name: string, request: TrialRequest): Promise<ShownTrial> {
    const { config, registry, flows } = this.#place;
    const settings = settingsOf(registry.read(), name);
    const printed: string[] = [];
    const invoker = new FunctionInvoker({
      egress: config.egress,
      onPrinted: (_name, text) => printed.push(text),
    });
    try {
      invoker.load(new Map([[name, settings]]));
      const trial = await tryFunction(invoker, name, settings, flows.flowsUsing(name).uses, {
        ...request,
        instanceArn: config.functions.instance_arn,
      });
      const { result, attempts, response } = trial;
      const misses = trial.flows.some(({ missing }) => missing.length > 0);
      return {
        ok: result.ok && !misses,
        ...(result.ok ? { values: { ...result.values } } : { code: result.code, detail: result.detail }),
        duration_ms: result.durationMs,
        attempts: attempts.map(({ durationMs, ...one }) => ({ ...one, duration_ms: durationMs })),
        request: trial.request,
        ...(response === undefined ? {} : { response }),
        remarks: trial.remarks,
        flows: trial.flows.map(({ flow, block, place, missing }) => ({ flow, block, place, missing })),
        printed,
      };
    } finally {
      await invoker.close();
    }
  }
}

class DaemonBackend implements FunctionBackend {
  readonly #client: ApiClient;

  constructor(client: ApiClient) {
    this.#client = client;
  }

  list(): ReturnType<FunctionBackend['list']> {
    return this.#client.get('/functions', functionsSchema);
  }

  show(name: string): ReturnType<FunctionBackend['show']> {
    return this.#client.get(path`/functions/${name}`, functionSchema);
  }

  add(name: string, settings: Settings): Promise<ShownChange> {
    return this.#client.post('/functions', functionChangeSchema, { body: { name, settings } });
  }

  set(name: string, patch: Settings): Promise<ShownChange> {
    const body = { settings: patch };
    return this.#client.ask('PATCH', path`/functions/${name}`, functionChangeSchema, { body });
  }

  remove(name: string): Promise<ShownChange> {
    return this.#client.ask('DELETE', path`/functions/${name}`, functionChangeSchema);
  }

  rename(from: string, to: string, updateFlows: boolean): Promise<ShownChange> {
    const body = { to, update_flows: updateFlows };
    return this.#client.post(path`/functions/${from}/rename`, functionChangeSchema, { body });
  }

  test(name: string, request: TrialRequest): Promise<ShownTrial> {
    return this.#client.post(path`/functions/${name}/test`, functionTrialSchema, { body: request });
  }
}
