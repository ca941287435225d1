import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '../call/policy.js';
import type { Sources } from '../call/program.js';
import type { ConfigChange } from '../config/reload.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import type { ErrorCode } from '../errors.js';
import type { Problem } from '../flow/flow.js';
import type { FlowSet } from '../flow/flow-set.js';
import { ClaimedNumbers } from '../flow/numbers.js';
import { checkContext, speechOf } from '../flow-files/check-context.js';
import { FlowLibrary } from '../flow-files/library.js';
import { forFlows } from '../functions/for-flows.js';
import { readFunctionsFile } from '../functions/functions-file.js';
import type { Environment } from '../functions/functions-file.js';
import { functionMark } from '../functions/invoke.js';
import type { FunctionSet } from '../functions/invoke.js';
import type { FunctionSettings } from '../functions/settings.js';
import type { AppClient } from '../source/curl/client.js';
import { FLOW_KIND, unpacked } from '../source/flow/flow-state.js';
import { FlowSource } from '../source/flow/source.js';
import type { FlowTools } from '../source/flow/source.js';
import type { SourceState } from '../source/port.js';
import type { Logger } from '../telemetry/log.js';

/** The flows of a configuration, with what they need. */
export interface Flows {
  readonly library: FlowLibrary;
  readonly functions: ReadonlyMap<string, FunctionSettings>;
  /** Others when a function was changed, or a file of it. */
  readonly functionMarks: ReadonlyMap<string, string>;
  readonly numbers: ClaimedNumbers;
  readonly warnings: readonly Problem[];
}

/**
 * Reads functions and flows: all of it or nothing.
 * @param before whose versions are kept for the calls that are on them
 * @throws AppError `flow_invalid`, `config_invalid`, `config_unreadable`
 */
export function loadFlows(
  config: Config,
  env: Environment,
  policies: ReadonlyMap<string, Policy>,
  options: { readonly log?: Logger; readonly before?: Flows } = {},
): Flows {
  const { flows, functions: functionsConfig } = config;
  const { log, before } = options;
  const functions: ReadonlyMap<string, FunctionSettings> =
    functionsConfig.file === undefined ? new Map() : readFunctionsFile(functionsConfig.file, env).functions;
  const functionMarks = new Map(
    Array.from(functions, ([name, settings]) => [name, functionMark(settings)] as const),
  );
  const context = checkContext(flows, { functions, policy: policies.get(flows.policy) });
  const versionsFolder =
    flows.versions_folder ?? (flows.folder === undefined ? undefined : join(flows.folder, '.versions'));
  const library = FlowLibrary.load(
    {
      folder: flows.folder,
      versionsFolder,
      context,
      speech: speechOf(flows),
      stateMaxBytes: flows.state_max_bytes,
      ...(log === undefined ? {} : { log }),
    },
    before?.library,
  );
  const claims = Object.entries(flows.numbers).map(([number, flow]) => ({ number, flow }));
  for (const { number, flow } of claims) {
    if (!library.current.flows.has(flow))
      throw new AppError(
        'config_invalid',
        `flows.numbers.${number}: there is no flow ${JSON.stringify(flow)}`,
      );
  }
  return {
    library,
    functions,
    functionMarks,
    numbers: new ClaimedNumbers(claims),
    warnings: library.warnings,
  };
}

/** Flows and functions that are not what they were; what is in them is not told. */
export function changesOf(before: Flows, after: Flows): ConfigChange[] {
  const flows = differing(versionsOf(before), versionsOf(after));
  const functions = differing(before.functionMarks, after.functionMarks);
  return [
    ...flows.map((name) => ({ path: `flows/${name}` })),
    ...functions.map((name) => ({ path: `functions/${name}` })),
  ];
}

function versionsOf({ library }: Flows): ReadonlyMap<string, string> {
  return new Map(Array.from(library.current.flows.values(), ({ name, version }) => [name, version]));
}

/** The names of what is not in both, or not the same. */
export function differing(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => !isDeepStrictEqual(before.get(name), after.get(name)));
}

/** Who decides about calls: HTTP apps, and flows. */
export function sourcesOf(
  config: Config,
  apps: AppClient,
  flows: Flows,
  functions: FunctionSet,
  policy: Policy | undefined,
): Sources {
  const { library, numbers } = flows;
  const tools: FlowTools = {
    functions: forFlows(functions, config.functions.instance_arn),
    policy: config.flows.policy,
    mayPlay: (play, call) => policy?.check({ application: 'playback', data: play }, call).allowed ?? false,
  };
  return {
    open({ kind, target, shown }, before) {
      if (kind === 'flow') {
        const set = library.current;
        if (!set.flows.has(target)) return noSuchFlow(target, set);
        return { source: new FlowSource(set, tools, { flow: target, ...inherited(before) }) };
      }
      const source = apps.source(target, shown === undefined ? {} : { shown });
      return 'code' in source ? source : { source };
    },
    reopen(state) {
      const kept = unpacked(state);
      if (kept === undefined) return { code: 'flow_version_gone', detail: 'a state that is not understood' };
      const set = library.version(kept.state.set);
      if (set === undefined) return { code: 'flow_version_gone', detail: kept.state.set };
      return { source: new FlowSource(set, tools, { kept }) };
    },
    ofNumber(number) {
      const flow = numbers.flowFor(number);
      return flow === undefined ? undefined : { kind: 'flow', target: flow };
    },
    describe: ({ kind, target }) => (kind === 'flow' ? `flow/${target}` : apps.describe(target)),
  };
}

function noSuchFlow(name: string, { flows }: FlowSet): { readonly code: ErrorCode; readonly detail: string } {
  const known = flows.size === 0 ? 'there are no flows' : `there are ${[...flows.keys()].join(', ')}`;
  return { code: 'no_such_flow', detail: `${JSON.stringify(name.slice(0, 64))}; ${known}`.slice(0, 500) };
}

/** A flow that an HTTP app's answer enters, on a call that another flow had, finds its attributes; what is masked stays so. */
function inherited(before: SourceState | undefined): {
  readonly attributes: Readonly<Record<string, string>>;
  readonly masked: readonly string[];
} {
  const kept = before?.kind === FLOW_KIND ? unpacked(before) : undefined;
  if (kept === undefined) return { attributes: {}, masked: [] };
  const { attributes, masked } = kept.state;
  const names = Object.keys(attributes).filter((name) => masked.includes(`Attributes.${name}`));
  return { attributes, masked: names };
}
