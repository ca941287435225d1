import { Command } from 'commander';
import { doneSchema } from '../../http/contract/calls.js';
import { ApiClient, daemonOptions, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { confirm, yesOption } from '../confirm.js';
import type { YesFlag } from '../confirm.js';
import { reportDone } from './report.js';

interface TransferFlags extends DaemonFlags, YesFlag {
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
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
Example:
  switchhook call transfer 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10 5000 --context support --yes`,
    )
    .action(async (uuid: string, extension: string, flags: TransferFlags) => {
      const { context, dialplan } = flags;
      const target = `${extension} ${dialplan} ${context}`;
      const client = ApiClient.of(cli, flags);
      await confirm(cli, `Take ${uuid} out of its program, to ${target}`, flags);
      const body = { extension, context, dialplan };
      const done = await client.post(path`/calls/${uuid}/transfer`, doneSchema, { body });
      reportDone(cli, flags, done, `${done.uuid} is on its way to ${target}`);
    });
}
