import { Command, Option } from 'commander';
import { AppError } from '../../errors.js';
import { attachAnswerSchema } from '../../http/contract/calls.js';
import { ApiClient, daemonOptions, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { confirm, yesOption } from '../confirm.js';
import type { YesFlag } from '../confirm.js';
import { readActions } from './actions-input.js';
import { reportDone } from './report.js';
import { thenOption } from './then.js';
import type { ThenFlag } from './then.js';

interface AttachFlags extends DaemonFlags, YesFlag, ThenFlag {
  readonly url?: string;
  readonly flow?: string;
  readonly actions?: string;
  readonly policy: string;
  readonly switch?: string;
}

export function attachCommand(cli: Cli): Command {
  return daemonOptions(new Command('attach'))
    .description('Take a live channel out of what it does, and run a program on it.')
    .argument('<uuid>', 'the uuid of the channel')
    .addOption(
      new Option('--url <url>', 'asked what to do: a URL, or the name of an endpoint').conflicts([
        'flow',
        'actions',
      ]),
    )
    .addOption(new Option('--flow <name>', 'the flow that decides').conflicts(['url', 'actions']))
    .addOption(
      new Option('--actions <actions>', 'a JSON file, or - for standard input, or the list itself').conflicts(
        ['url', 'flow'],
      ),
    )
    .option('--policy <profile>', 'the policy profile under which --actions run', 'default')
    .option('--switch <name>', 'the switch that has the channel, where there are several')
    .addOption(thenOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
A channel that it is bridged to is let go. Where it goes when the program has ended without hanging up: --then, else
the channel variable cti_release, else switches.<name>.release, else it is hung up.

Example:
  switchhook call attach 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10 --url http://127.0.0.1:8080/app --yes`,
    )
    .action(async (uuid: string, flags: AttachFlags) => {
      const { url, flow, policy } = flags;
      if (url === undefined && flow === undefined && flags.actions === undefined)
        throw new AppError('usage', 'say --url, --flow or --actions');
      const client = ApiClient.of(cli, flags);
      const actions = flags.actions === undefined ? undefined : await readActions(cli, flags.actions);
      await confirm(cli, `Take ${uuid} out of what it does`, flags);
      // What is undefined is left out of the JSON.
      const body = { url, flow, actions, policy, then: flags.then, switch: flags.switch };
      const answer = await client.post(path`/calls/${uuid}/attach`, attachAnswerSchema, { body });
      reportDone(
        cli,
        flags,
        answer,
        `${answer.uuid} on ${answer.switch} is under control of ${answer.program}`,
      );
    });
}
