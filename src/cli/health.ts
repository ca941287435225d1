import { Command } from 'commander';
import { AppError } from '../errors.js';
import { originOfConfig } from './api-client.js';
import type { Cli } from './cli.js';
import { configOption, readNamedConfig } from './config-file.js';
import type { ConfigFlag } from './config-file.js';
import { EXIT } from './exit-code.js';
import { printable } from './print-error.js';

interface HealthFlags extends ConfigFlag {
  readonly ready?: boolean;
}

const TIMEOUT_MS = 3000;

export function healthCommand(cli: Cli): Command {
  return new Command('health')
    .description('Ask the running daemon how it is.')
    .addOption(configOption())
    .option('--ready', 'ask whether it takes new calls, rather than whether it lives')
    .addHelpText(
      'after',
      `
Asks /healthz (with --ready: /readyz) on http.host and http.port of the configuration.

Example:
  switchhook health --ready && echo takes calls`,
    )
    .action(async (flags: HealthFlags) => {
      cli.exitCode = await health(cli, flags);
    });
}

async function health(cli: Cli, flags: HealthFlags): Promise<number> {
  const { http } = readNamedConfig(cli, flags, 'defaults').config;
  const url = `${originOfConfig(http)}/${flags.ready === true ? 'readyz' : 'healthz'}`;
  let response: Response;
  let body: string;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await response.text();
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    throw new AppError('daemon_unreachable', timedOut ? `${url} did not answer in time` : url, {
      cause: error,
    });
  }
  cli.out(`${printable(body)}\n`);
  return response.ok ? EXIT.ok : EXIT.failed;
}
