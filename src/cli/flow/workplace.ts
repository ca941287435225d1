import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { Policy } from '../../call/policy.js';
import type { Config } from '../../config/schema.js';
import { AppError } from '../../errors.js';
import type { Problem } from '../../flow/flow.js';
import type { FlowSet } from '../../flow/flow-set.js';
import { ClaimedNumbers } from '../../flow/numbers.js';
import { checkContext, speechOf } from '../../flow-files/check-context.js';
import { checkedFlows, flowFilesIn } from '../../flow-files/folder.js';
import { readFunctionsFile } from '../../functions/functions-file.js';
import type { FunctionSettings } from '../../functions/settings.js';
import type { Cli } from '../cli.js';
import { configOption, readNamedConfig } from '../config-file.js';
import type { ConfigFlag } from '../config-file.js';
import { remoteOptions } from '../remote.js';
import type { RemoteFlags } from '../remote.js';

export interface FlowFlags extends ConfigFlag, RemoteFlags {
  readonly flows?: string;
  readonly functions?: string;
  readonly json?: boolean;
}

/** What all commands about flows have in common. */
export function flowOptions(command: Command): Command {
  return command
    .addOption(configOption())
    .addOption(new Option('--flows <folder>', 'folder of the flows (else flows.folder of the configuration)'))
    .addOption(new Option('--functions <file>', 'functions.yaml (else functions.file of the configuration)'));
}

/** For those that a daemon can answer as well. */
export function flowOrDaemonOptions(command: Command): Command {
  return flowOptions(remoteOptions(command));
}

export interface FlowWorkplace {
  readonly config: Config;
  readonly folder: string;
  /** Where functions.yaml is. */
  readonly functionsFile: string | undefined;
  readonly functions: ReadonlyMap<string, FunctionSettings> | undefined;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly set: FlowSet;
  readonly numbers: ClaimedNumbers;
  /** Errors and warnings of the flows, and of what the configuration says about them. */
  readonly problems: readonly Problem[];
}

/**
 * Reads the flows as a daemon would, whether one runs or not. Without a configuration that names them: `flows` and
 * `functions.yaml` beside the configuration, or in conf.
 * @throws AppError config_unreadable, config_invalid
 */
export function flowWorkplace(cli: Cli, flags: FlowFlags): FlowWorkplace {
  const { config, files } = readNamedConfig(cli, flags, 'defaults');
  const beside = dirname(files[0] ?? resolve('conf', 'switchhook.yaml'));
  const folder =
    flags.flows === undefined ? (config.flows.folder ?? join(beside, 'flows')) : resolve(flags.flows);
  const functionsFile = functionsOf(flags, config, folder, beside);
  const functions =
    functionsFile === undefined ? undefined : readFunctionsFile(functionsFile, cli.env).functions;
  const policies = new Map(
    Object.entries(config.policies).map(([name, profile]) => [name, new Policy(name, profile)]),
  );
  // Without a configuration for flows there are no voices to be missed.
  const { speech, ...context } = checkContext(config.flows, {
    functions,
    policy: policies.get(config.flows.policy),
  });
  const isSpoken = config.flows.folder !== undefined || Object.keys(config.flows.speech).length > 0;
  const { set, problems } = checkedFlows(
    flowFilesIn(folder),
    { speech: speechOf(config.flows), stateMaxBytes: config.flows.state_max_bytes },
    isSpoken && speech !== undefined ? { ...context, speech } : context,
  );
  const claims = Object.entries(config.flows.numbers).map(([number, flow]) => ({ number, flow }));
  return {
    config,
    folder,
    functionsFile,
    functions,
    policies,
    set,
    numbers: new ClaimedNumbers(claims),
    problems: [
      ...problems,
      // One that is there, and broken, has been told of.
      ...claims
        .filter(({ flow }) => !problems.some((one) => one.flow === flow))
        .flatMap(({ number, flow }) => claimProblem(set, number, flow, files[0])),
    ],
  };
}

function functionsOf(flags: FlowFlags, config: Config, folder: string, beside: string): string | undefined {
  if (flags.functions !== undefined) return resolve(flags.functions);
  if (config.functions.file !== undefined) return config.functions.file;
  const usual = [join(dirname(folder), 'functions.yaml'), join(beside, 'functions.yaml')];
  return usual.find((file) => existsSync(file));
}

function claimProblem(set: FlowSet, number: string, flow: string, file = ''): Problem[] {
  if (set.flows.has(flow)) return [];
  const message = `flows.numbers.${number}: there is no flow "${flow}"`;
  return [{ rule: 'unknown_flow', severity: 'error', message, flow, file, path: [] }];
}

/** @throws AppError `flow_invalid` when something of the flows is broken */
export function soundFlows(workplace: FlowWorkplace): FlowWorkplace {
  const errors = workplace.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    const shown = errors.map((one) => shownProblem({ ...one, file: shownPlace(one.file) }));
    throw new AppError('flow_invalid', shown.join('\n'));
  }
  return workplace;
}

/** From here, where that is shorter. */
export function shownPlace(file: string): string {
  const near = relative(process.cwd(), file);
  return near.startsWith('..') ? file : near;
}

type ShownProblem = Pick<Problem, 'file' | 'message' | 'severity'> & {
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};

/** `conf/flows/region.yaml:12:5: …` */
export function shownProblem({ file, line, column, message, severity }: ShownProblem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${severity === 'warning' ? 'warning: ' : ''}${message}`;
}

/** @throws AppError `no_such_flow` */
export function flowNamed(
  { set }: FlowWorkplace,
  name: string,
): NonNullable<ReturnType<FlowSet['flows']['get']>> {
  const flow = set.flows.get(basename(name).replace(/\.ya?ml$/, ''));
  if (flow !== undefined) return flow;
  throw new AppError(
    'no_such_flow',
    `${JSON.stringify(name)}; there are ${[...set.flows.keys()].join(', ')}`,
  );
}
