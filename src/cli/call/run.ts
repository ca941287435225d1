import { Command, Option } from 'commander';
import { AppError } from '../../errors.js';
import { runAnswerSchema } from '../../http/contract/calls.js';
import { ApiClient, daemonOptions, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { confirm, yesOption } from '../confirm.js';
import type { YesFlag } from '../confirm.js';
import { readActions } from './actions-input.js';
import { reportDone } from './report.js';
import { thenOption } from './then.js';
import type { ThenFlag } from './then.js';

interface RunFlags extends DaemonFlags, YesFlag, ThenFlag {
  readonly append?: boolean;
  readonly interrupt?: boolean;
  readonly policy: string;
}

const WORDS = {
  queued: 'the actions run when the program of the call has ended',
  started: 'the actions run now, in place of the program; then the call is given back',
  attached: 'the actions run now, in place of the program, on the channel taken out of what it did',
} as const;

export function runCommand(cli: Cli): Command {
  return daemonOptions(new Command('run'))
    .description('Run actions on a live call: behind its program, or in place of it.')
    .argument('<uuid>', 'the uuid of the channel')
    .argument('<actions>', 'a JSON file, or - for standard input, or the list itself')
    .addOption(
      new Option('--append', 'when its program has ended, before the call is given back').conflicts(
        'interrupt',
      ),
    )
    .option('--interrupt', 'now: what runs is stopped, and the program does not go on')
    .option('--policy <profile>', 'the policy profile under which they run', 'default')
    .addOption(thenOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
A list that FreeSWITCH runs for a socket is stopped by taking the channel out of it, through the switch of the
configuration that has the call. It can't go back to its dialplan then, so say with --then where it goes.

Example:
  switchhook call run 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10 announcement.json --append`,
    )
    .action(async (uuid: string, from: string, flags: RunFlags) => {
      if ((flags.append ?? flags.interrupt) !== true)
        throw new AppError('usage', 'say --append or --interrupt');
      const client = ApiClient.of(cli, flags);
      const actions = await readActions(cli, from);
      const mode = flags.append === true ? 'append' : 'interrupt';
      if (mode === 'interrupt') await confirm(cli, `Stop what ${uuid} does`, flags);
      const body = {
        actions,
        mode,
        policy: flags.policy,
        ...(flags.then === undefined ? {} : { then: flags.then }),
      };
      const answer = await client.post(path`/calls/${uuid}/run`, runAnswerSchema, { body });
      reportDone(cli, flags, answer, `${answer.uuid}: ${WORDS[answer.how]}`);
    });
}
