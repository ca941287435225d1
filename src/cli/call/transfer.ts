import { Command } from 'commander';
import { doneSchema } from '../../http/contract/calls.js';
import { ApiClient, daemonOptions, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { reportDone } from './report.js';

interface TransferFlags extends DaemonFlags {
  readonly context: string;
  readonly dialplan: string;
}

export function transferCommand(cli: Cli): Command {
  return daemonOptions(new Command('transfer'))
    .description('Send a live call to an extension of the dialplan; its program ends.')
    .argument('<uuid>', 'the uuid of the channel')
    .argument('<extension>', 'the extension')
    .option('--context <context>', 'the context in which it is looked for', 'default')
    .option('--dialplan <dialplan>', 'the kind of dialplan', 'XML')
    .addHelpText(
      'after',
      `
Example:
  switchhook call transfer 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10 5000 --context support`,
    )
    .action(async (uuid: string, extension: string, flags: TransferFlags) => {
      const { context, dialplan } = flags;
      const body = { extension, context, dialplan };
      const done = await ApiClient.of(cli, flags).post(path`/calls/${uuid}/transfer`, doneSchema, { body });
      reportDone(cli, flags, done, `${done.uuid} is on its way to ${extension} ${dialplan} ${context}`);
    });
}
