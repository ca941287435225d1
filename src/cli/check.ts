import { Command } from 'commander';
import { stringify } from 'yaml';
import { Policy } from '../call/policy.js';
import type { Environment, ReadConfig } from '../config/load.js';
import { ConfigError, pathText } from '../config/problem.js';
import { redactConfig } from '../config/redact.js';
import type { Config } from '../config/schema.js';
import { suggestion } from '../config/suggestion.js';
import { AppError } from '../errors.js';
import { checkContext, speechOf } from '../flow-files/check-context.js';
import { checkedFlows, flowFilesIn, problemText } from '../flow-files/folder.js';
import { readFunctionsFile } from '../functions/functions-file.js';
import { AppClient } from '../source/curl/client.js';
import type { Cli } from './cli.js';
import { configOption, readNamedConfig } from './config-file.js';
import type { ConfigFlag } from './config-file.js';
import { EXIT, exitCodeOf } from './exit-code.js';

interface CheckFlags extends ConfigFlag {
  readonly json?: boolean;
}

export function checkCommand(cli: Cli): Command {
  return new Command('check')
    .description('Validate the configuration and print what is in force, secrets masked.')
    .addOption(configOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Every problem is reported at once, with its place: those of the configuration, then those of the functions and flows that
it names. Warnings don't make it fail.

Example:
  switchhook check --config conf/switchhook.yaml`,
    )
    .action(async (flags: CheckFlags) => {
      cli.exitCode = await check(cli, flags);
    });
}

async function check(cli: Cli, flags: CheckFlags): Promise<number> {
  if (flags.json !== true) return checkForPeople(cli, flags);
  try {
    const { config, files, variables, warnings } = await readAndTry(cli, flags);
    printJson(cli, { ok: true, files, variables, warnings, config: redactConfig(config) });
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof AppError) || exitCodeOf(error.code) !== EXIT.config) throw error;
    const problems =
      error instanceof ConfigError
        ? error.problems.map(({ at, ...problem }) => ({ path: pathText(at), ...problem }))
        : [{ path: '', message: error.detail }];
    printJson(cli, { ok: false, code: error.code, problems });
    return EXIT.config;
  }
}

async function checkForPeople(cli: Cli, flags: CheckFlags): Promise<number> {
  const { config, files, variables, warnings } = await readAndTry(cli, flags);
  cli.out(`# The configuration in force, from ${[...files, ...variables].join(', ')}\n`);
  cli.out(stringify(redactConfig(config), { lineWidth: 110 }));
  for (const warning of warnings) cli.err(`warning: ${warning}\n`);
  return EXIT.ok;
}

/** Builds what the daemon would build: files that it names are read, and contradictions show. */
async function readAndTry(cli: Cli, flags: CheckFlags): Promise<ReadConfig> {
  const read = readNamedConfig(cli, flags, 'fail');
  const { endpoints, app, egress, policies } = read.config;
  await new AppClient({ endpoints, defaults: app, egress }).close();
  const known = new Map(Object.entries(policies).map(([name, profile]) => [name, new Policy(name, profile)]));
  const remarks = tryFlows(read.config, cli.env, known.get(read.config.flows.policy));
  return { ...read, warnings: [...read.warnings, ...remarks] };
}

/**
 * Functions and flows, and what names a flow.
 * @returns what is allowed but worth a look
 */
function tryFlows(config: Config, env: Environment, policy: Policy | undefined): string[] {
  const { folder } = config.flows;
  const { file } = config.functions;
  const functions = file === undefined ? new Map() : readFunctionsFile(file, env).functions;
  const settings = { speech: speechOf(config.flows), stateMaxBytes: config.flows.state_max_bytes };
  const { set, problems } = checkedFlows(
    folder === undefined ? [] : flowFilesIn(folder),
    settings,
    checkContext(config.flows, { functions, policy }),
  );
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new AppError('flow_invalid', errors.map(problemText).join('\n'));
  const missing = flowsNamed(config).filter(({ flow }) => !set.flows.has(flow));
  if (missing.length > 0)
    throw new ConfigError(
      'config_invalid',
      missing.map(({ at, flow }) => {
        const message = `${pathText(at)}: there is no flow ${JSON.stringify(flow)}`;
        const meant = suggestion(flow, set.flows.keys());
        return { at, message, ...(meant === undefined ? {} : { suggestion: meant }) };
      }),
    );
  return problems.map(problemText);
}

interface NamedFlow {
  readonly at: readonly string[];
  readonly flow: string;
}

function flowsNamed({ flows, actions }: Config): NamedFlow[] {
  const claimed = (at: readonly string[], numbers: Readonly<Record<string, unknown>>): NamedFlow[] =>
    Object.entries(numbers).flatMap(([number, flow]) =>
      typeof flow === 'string' ? [{ at: [...at, number], flow }] : [],
    );
  return [
    ...claimed(['flows', 'numbers'], flows.numbers),
    ...Object.entries(actions.entries).flatMap(([name, { flow, numbers = {} }]) => [
      ...(flow === undefined ? [] : [{ at: ['actions', 'entries', name, 'flow'], flow }]),
      ...claimed(['actions', 'entries', name, 'numbers'], numbers),
    ]),
  ];
}

function printJson(cli: Cli, value: unknown): void {
  cli.out(`${JSON.stringify(value, null, 2)}\n`);
}
