import { isDeepStrictEqual } from 'node:util';
import { DialLimits } from '../call/dial-limits.js';
import { Policy } from '../call/policy.js';
import type { RunnerServices } from '../call/run-context.js';
import { keyedSeal } from '../call/state-seal.js';
import type { Config } from '../config/schema.js';
import type { Environment } from '../functions/functions-file.js';
import { FunctionInvoker } from '../functions/invoke.js';
import type { FunctionObserver, FunctionSet } from '../functions/invoke.js';
import { certificatesMark } from '../http-client/certificates.js';
import { AppClient } from '../source/curl/client.js';
import { FsCommands } from '../switch/fs-commands.js';
import type { Logger } from '../telemetry/log.js';
import { actionsOf } from './actions.js';
import type { Actions } from './actions.js';
import { loadFlows, sourcesOf } from './flows.js';
import type { Flows } from './flows.js';

/** What is made of the configuration and can be made anew while calls are under control. */
export interface Setup {
  readonly config: Config;
  readonly apps: AppClient;
  readonly services: RunnerServices;
  readonly fsCommands: FsCommands;
  readonly flows: Flows;
  readonly invoker: FunctionInvoker;
  readonly functions: FunctionSet;
  readonly actions: Actions;
  /** The files that endpoints name, as they were. */
  readonly certificates: ReadonlyMap<string, string>;
}

export interface Around {
  readonly log: Logger;
  readonly env: Environment;
  /** Is told of what apps and functions are asked. */
  readonly observer: FunctionObserver | undefined;
  /** What is taken over of it: concurrency limits, and connections while apps and functions are asked alike. */
  readonly before?: Setup;
}

/**
 * All of it or nothing: what is in force stays as it was when this throws.
 * @throws AppError for what can't be used of the configuration
 */
export function setUp(config: Config, { log, env, observer, before }: Around): Setup {
  const observed = observer === undefined ? {} : { observer };
  const policies = new Map(
    Object.entries(config.policies).map(([name, profile]) => [name, new Policy(name, profile)] as const),
  );
  const flows = loadFlows(config, env, policies, { log, ...(before && { before: before.flows }) });
  const fsCommands = new FsCommands(config.fs);
  const certificates = new Map(
    Object.entries(config.endpoints).map(([name, endpoint]) => [name, certificatesMark(endpoint)] as const),
  );
  const asksAlike =
    before !== undefined &&
    (['endpoints', 'app', 'egress'] as const).every((key) =>
      isDeepStrictEqual(before.config[key], config[key]),
    ) &&
    isDeepStrictEqual(before.certificates, certificates);
  const apps = asksAlike
    ? before.apps
    : new AppClient({
        endpoints: config.endpoints,
        defaults: config.app,
        egress: config.egress,
        log,
        showDigits: config.log.show_digits,
        ...observed,
      });
  const sameEgress = isDeepStrictEqual(before?.config.egress, config.egress);
  const invoker =
    sameEgress && before !== undefined
      ? before.invoker
      : new FunctionInvoker({ egress: config.egress, log, ...observed });
  const functions = invoker.plan(flows.functions);
  const services: RunnerServices = {
    sources: sourcesOf(config, apps, flows, functions, policies.get(config.flows.policy)),
    policies,
    limits: { chainDepth: config.limits.chain_depth, actionsPerCall: config.limits.actions_per_call },
    dialLimits: before?.services.dialLimits ?? new DialLimits(),
    ...(config.flows.state_key === undefined ? {} : { seal: keyedSeal(config.flows.state_key) }),
  };
  const actions = actionsOf(config, { apps, flows, functions, policies, log }, before?.actions);
  return { config, apps, services, fsCommands, flows, invoker, functions, actions, certificates };
}
