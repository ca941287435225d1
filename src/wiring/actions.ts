import { ActionServer } from '../action-server/action-server.js';
import type { ActionAnswer } from '../action-server/request.js';
import type { ActionMemory, ActionServices } from '../action-server/services.js';
import { ReplayMemory } from '../action-server/replay-memory.js';
import { Tally } from '../action-server/tally.js';
import { drawnKey, TokenSeal } from '../action-server/token.js';
import type { Policy } from '../call/policy.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import { forFlows } from '../functions/for-flows.js';
import type { FunctionSet } from '../functions/invoke.js';
import type { AppClient } from '../source/curl/client.js';
import type { Logger } from '../telemetry/log.js';
import type { Flows } from './flows.js';

/** The action server, with what outlives a reload of the configuration. */
export interface Actions {
  readonly server: ActionServer;
  readonly memory: ActionMemory;
  /** Draws the key where the configuration has none. */
  readonly key: string;
}

interface Parts {
  readonly apps: AppClient;
  readonly flows: Flows;
  readonly functions: FunctionSet;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly log: Logger;
}

/** @throws AppError `config_invalid` where an entry names a flow that is not there */
export function actionsOf(
  config: Config,
  { apps, flows, functions, policies, log }: Parts,
  before?: Actions,
): Actions {
  const { actions } = config;
  for (const [name, { flow, numbers = {} }] of Object.entries(actions.entries)) {
    const named = Object.values(numbers).filter((target) => typeof target === 'string');
    for (const one of flow === undefined ? named : [flow, ...named]) {
      if (flows.library.current.flows.has(one)) continue;
      throw new AppError(
        'config_invalid',
        `actions.entries.${name}: there is no flow ${JSON.stringify(one)}`,
      );
    }
  }
  const drawn = before?.key ?? drawnKey();
  const replays = before?.memory.replays ?? new ReplayMemory<ActionAnswer>(actions.remembered_calls);
  replays.limitTo(actions.remembered_calls);
  const memory = {
    replays,
    seal: new TokenSeal(actions.token_key ?? drawn, actions.former_token_keys),
    tally: before?.memory.tally ?? new Tally(),
  };
  const services: ActionServices = {
    flows: flows.library,
    policies,
    policy: config.flows.policy,
    functions: forFlows(functions, config.functions.instance_arn),
    app: (target) => apps.source(target),
    log,
  };
  return { server: new ActionServer(actions, services, memory), memory, key: drawn };
}
