import { Command } from 'commander';
import { attachCommand } from './call/attach.js';
import { hangupCommand } from './call/hangup.js';
import { originateCommand } from './call/originate.js';
import { runCommand } from './call/run.js';
import { showCommand } from './call/show.js';
import { transferCommand } from './call/transfer.js';
import type { Cli } from './cli.js';
import { phoneCommand } from './phone-command.js';

export function callCommand(cli: Cli): Command {
  return new Command('call')
    .description('Look at one live call of the daemon, and act on it.')
    .usage('<command> <uuid> [options]')
    .addCommand(showCommand(cli))
    .addCommand(hangupCommand(cli))
    .addCommand(runCommand(cli))
    .addCommand(transferCommand(cli))
    .addCommand(attachCommand(cli))
    .addCommand(originateCommand(cli))
    .addCommand(phoneCommand(cli, 'number'), { isDefault: true, hidden: true })
    .addHelpText(
      'after',
      `
With a number in place of a command it places a simulated call: see switchhook phone --help.

Example:
  switchhook call show 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10`,
    );
}
