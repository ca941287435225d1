import { dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { Config } from '../../config/schema.js';
import { FlowFiles } from '../../functions/flow-files.js';
import { FunctionRegistry } from '../../functions/registry.js';
import type { Cli } from '../cli.js';
import { configOption, readNamedConfig } from '../config-file.js';
import type { ConfigFlag } from '../config-file.js';
import { remoteOptions } from '../remote.js';
import type { RemoteFlags } from '../remote.js';

export interface FunctionFlags extends ConfigFlag, RemoteFlags {
  readonly file?: string;
  readonly flows?: string;
  readonly json?: boolean;
}

/** What all commands about functions have in common. */
export function functionOptions(command: Command): Command {
  return remoteOptions(command)
    .addOption(configOption())
    .addOption(new Option('-f, --file <file>', 'functions.yaml (else functions.file of the configuration)'))
    .addOption(new Option('--flows <folder>', 'folder of the flows (else flows.folder of the configuration)'))
    .option('--json', 'print JSON');
}

export interface Workplace {
  readonly config: Config;
  readonly registry: FunctionRegistry;
  readonly flows: FlowFiles;
}

/**
 * Works on the files, whether a daemon runs or not: without `functions.file`, on functions.yaml beside the
 * configuration.
 * @throws AppError config_unreadable, config_invalid
 */
export function workplace(cli: Cli, flags: FunctionFlags): Workplace {
  const { config, files } = readNamedConfig(cli, flags, 'defaults');
  const folder = dirname(files[0] ?? resolve('conf', 'switchhook.yaml'));
  const file = flags.file === undefined ? config.functions.file : resolve(flags.file);
  const path = file ?? join(folder, 'functions.yaml');
  const flowsFolder = flags.flows === undefined ? config.flows.folder : resolve(flags.flows);
  const flows = new FlowFiles(flowsFolder ?? join(dirname(path), 'flows'));
  return { config, registry: new FunctionRegistry({ file: path, env: cli.env, flows }), flows };
}
