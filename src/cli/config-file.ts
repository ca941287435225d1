import { existsSync } from 'node:fs';
import { Option } from 'commander';
import { readConfig } from '../config/load.js';
import type { ReadConfig } from '../config/load.js';
import { AppError } from '../errors.js';
import type { Cli } from './cli.js';

/** Where a configuration is looked for when none is named, in this order. */
const USUAL_PLACES = ['conf/switchhook.yaml', '/etc/switchhook/switchhook.yaml'];

export interface ConfigFlag {
  readonly config?: string;
}

export function configOption(): Option {
  return new Option(
    '-c, --config <file>',
    `configuration file (else SWITCHHOOK_CONFIG, ${USUAL_PLACES.join(', ')})`,
  );
}

/**
 * @param whenMissing what to do when no file is named and none is at the usual places
 * @throws AppError config_unreadable, config_invalid
 */
export function readNamedConfig(cli: Cli, flag: ConfigFlag, whenMissing: 'fail' | 'defaults'): ReadConfig {
  const named = flag.config ?? (cli.env['SWITCHHOOK_CONFIG'] || undefined);
  const path = named ?? USUAL_PLACES.find((place) => existsSync(place));
  if (path === undefined && whenMissing === 'fail') {
    throw new AppError(
      'config_unreadable',
      `none is named by --config or SWITCHHOOK_CONFIG, and none is at ${USUAL_PLACES.join(' or ')}`,
    );
  }
  return readConfig(path, cli.env);
}
