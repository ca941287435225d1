import { Command } from 'commander';
import { switchesSchema } from '../http/contract/switches.js';
import { ApiClient, daemonOptions } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { printJson } from './print-json.js';
import { textTable } from './text-table.js';

export function switchesCommand(cli: Cli): Command {
  return daemonOptions(new Command('switches'))
    .description('Show how the daemon is connected to its switches.')
    .addHelpText(
      'after',
      `
Exit code 1 when one of them is not connected.

Example:
  switchhook switches`,
    )
    .action(async (flags: DaemonFlags) => {
      cli.exitCode = await switches(cli, flags);
    });
}

async function switches(cli: Cli, flags: DaemonFlags): Promise<number> {
  const all = await ApiClient.of(cli, flags).get('/switches', switchesSchema);
  if (flags.json === true) printJson(cli, all);
  else if (all.length === 0) cli.err('The configuration names no switch.\n');
  else {
    const rows = all.map(({ name, connected, since, version, last_error: error }) => [
      name,
      connected ? 'connected' : 'NOT CONNECTED',
      since,
      version ?? '',
      connected ? '' : (error?.message ?? ''),
    ]);
    cli.out(textTable(['NAME', 'STATE', 'SINCE', 'VERSION', 'ERROR'], rows));
  }
  return all.every(({ connected }) => connected) ? EXIT.ok : EXIT.failed;
}
