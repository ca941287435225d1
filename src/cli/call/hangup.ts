import { Command } from 'commander';
import { doneSchema } from '../../http/contract/calls.js';
import { ApiClient, daemonOptions, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { confirm, yesOption } from '../confirm.js';
import type { YesFlag } from '../confirm.js';
import { reportDone } from './report.js';

interface HangupFlags extends DaemonFlags, YesFlag {
  readonly cause: string;
}

export function hangupCommand(cli: Cli): Command {
  return daemonOptions(new Command('hangup'))
    .description('Hang up a live call.')
    .argument('<uuid>', 'the uuid of the channel')
    .option('--cause <cause>', "one of FreeSWITCH's hangup causes", 'NORMAL_CLEARING')
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
Example:
  switchhook call hangup 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10 --cause USER_BUSY --yes`,
    )
    .action(async (uuid: string, flags: HangupFlags) => {
      const client = ApiClient.of(cli, flags);
      await confirm(cli, `Hang up ${uuid}`, flags);
      const done = await client.post(path`/calls/${uuid}/hangup`, doneSchema, {
        body: { cause: flags.cause },
      });
      reportDone(cli, flags, done, `${done.uuid} is hung up`);
    });
}
