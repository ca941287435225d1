import { Command } from 'commander';
import { stringify } from 'yaml';
import { Policy } from '../call/policy.js';
import type { ReadConfig } from '../config/load.js';
import { ConfigError, pathText } from '../config/problem.js';
import { redactConfig } from '../config/redact.js';
import { AppError } from '../errors.js';
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
Every problem is reported at once, with its place. Warnings don't make it fail.

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
  for (const [name, profile] of Object.entries(policies)) new Policy(name, profile);
  return read;
}

function printJson(cli: Cli, value: unknown): void {
  cli.out(`${JSON.stringify(value, null, 2)}\n`);
}
