import { Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../errors.js';
import { originationSchema } from '../../http/contract/originations.js';
import type { OriginationAnswer } from '../../http/contract/originations.js';
import { ApiClient, daemonOptions } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { confirm, yesOption } from '../confirm.js';
import type { YesFlag } from '../confirm.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { printJson } from '../print-json.js';
import { readActions } from './actions-input.js';
import { targetFrom, thenOption } from './then.js';
import type { ThenFlag } from './then.js';

interface OriginateFlags extends DaemonFlags, YesFlag, ThenFlag {
  readonly url?: string;
  readonly flow?: string;
  readonly actions?: string;
  readonly extension?: ReturnType<typeof targetFrom>;
  readonly policy: string;
  readonly switch?: string;
  readonly timeout: number;
  readonly callerNumber?: string;
  readonly callerName?: string;
  readonly idempotencyKey?: string;
  readonly wait: boolean;
}

/** The daemon answers after 100 s at the latest. */
const PATIENCE_MS = 110_000;
const WHAT = ['url', 'flow', 'actions', 'extension'] as const;

export function originateCommand(cli: Cli): Command {
  const only = (option: Option): Option => {
    const name = option.attributeName();
    return option.conflicts(WHAT.filter((other) => other !== name));
  };
  return daemonOptions(new Command('originate'))
    .description('Call somebody, and connect whoever answers with a program or an extension.')
    .argument('<dial-string>', 'whom: user/1000, sofia/gateway/carrier/4930123456')
    .addOption(only(new Option('--url <url>', 'asked what to do: a URL, or the name of an endpoint')))
    .addOption(only(new Option('--flow <name>', 'the flow that decides')))
    .addOption(
      only(new Option('--actions <actions>', 'a JSON file, or - for standard input, or the list itself')),
    )
    .addOption(
      only(
        new Option(
          '--extension <target>',
          "an extension of the dialplan: '<extension> [XML] [<context>]'",
        ).argParser(targetFrom),
      ),
    )
    .option('--policy <profile>', 'the policy profile that has to allow it', 'default')
    .option('--switch <name>', 'the switch that calls, where there are several')
    .addOption(new Option('--timeout <seconds>', 'how long it may ring').default(60).argParser(seconds))
    .option('--caller-number <number>', 'the number that is shown')
    .option('--caller-name <name>', 'the name that is shown')
    .option('--idempotency-key <key>', 'the same when it is sent again: the call is placed once')
    .option('--no-wait', 'do not wait for what comes of it')
    .addOption(thenOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      `
Exit code 0 means that somebody answered. It is never tried again by itself.

Example:
  switchhook call originate user/1000 --flow callback --timeout 20 --yes`,
    )
    .action(async (to: string, flags: OriginateFlags) => {
      cli.exitCode = await originate(cli, to, flags);
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 300)
    throw new InvalidArgumentError('expected 1 to 300');
  return value;
}

async function originate(cli: Cli, to: string, flags: OriginateFlags): Promise<number> {
  const { url, flow, extension, policy, then, callerNumber, callerName, wait, idempotencyKey: key } = flags;
  if (WHAT.every((name) => flags[name] === undefined))
    throw new AppError('usage', 'say --url, --flow, --actions or --extension');
  const client = ApiClient.of(cli, flags);
  const actions = flags.actions === undefined ? undefined : await readActions(cli, flags.actions);
  await confirm(cli, `Call ${to}`, flags);
  const placed = await client.post('/calls', originationSchema, {
    // What is undefined is left out of the JSON.
    body: {
      to,
      url,
      flow,
      actions,
      extension,
      policy,
      then,
      switch: flags.switch,
      timeout_s: flags.timeout,
      caller_number: callerNumber,
      caller_name: callerName,
      wait,
    },
    timeoutMs: PATIENCE_MS,
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
  if (flags.json === true) printJson(cli, placed);
  else cli.out(`${printable(sentence(placed))}\n`);
  return placed.state === 'answered' || placed.state === 'dialling' ? EXIT.ok : EXIT.failed;
}

function sentence({ id, to, state, uuid = '', program, cause, error }: OriginationAnswer): string {
  if (state === 'answered') return `${to} answered: ${uuid} is with ${program}`;
  if (state === 'dialling') return `${to} is being called: ${id}`;
  const why = cause ?? (error === undefined ? '' : `${error.code} ${error.detail}`);
  return `${to} ${state === 'failed' ? 'not reached' : 'cancelled'}: ${why}`.trimEnd();
}
