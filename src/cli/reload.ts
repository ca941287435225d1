import { Command, Option } from 'commander';
import { AppError } from '../errors.js';
import { reloadAnswerSchema } from '../http/contract/reload.js';
import type { ReloadAnswer, ReloadRequest } from '../http/contract/reload.js';
import { ApiClient, daemonOptions } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { confirm, yesOption } from './confirm.js';
import type { YesFlag } from './confirm.js';
import { EXIT } from './exit-code.js';
import { printable } from './print-error.js';
import { printJson } from './print-json.js';

interface SwitchFlags extends DaemonFlags {
  readonly switch?: string;
}

interface ForceFlags extends SwitchFlags, YesFlag {
  readonly force?: boolean;
}

interface ProfileFlags extends ForceFlags {
  readonly restart?: boolean;
}

/** Stopping a profile waits up to 30 s for its calls, and it has to come back. */
const RESTART_TIMEOUT_MS = 120_000;

export function switchOption(): Option {
  return new Option('--switch <name>', 'which switch; may be left out while one is configured');
}

export function reloadCommand(cli: Cli): Command {
  return new Command('reload')
    .description('Make FreeSWITCH, or the daemon itself, read its configuration again.')
    .addCommand(
      plain('acl', 'Read the XML again and build the access lists from it.', '').action(
        async (flags: SwitchFlags) => {
          cli.exitCode = await reload(cli, flags, { what: 'acl', ...namedSwitch(flags) });
        },
      ),
    )
    .addCommand(
      plain(
        'xml',
        'Read the XML again: dialplan and directory.',
        `
FreeSWITCH answers +OK to reloadxml whether it could read the XML or not; this tells the two apart.
`,
      ).action(async (flags: SwitchFlags) => {
        cli.exitCode = await reload(cli, flags, { what: 'xml', ...namedSwitch(flags) });
      }),
    )
    .addCommand(profileCommand(cli))
    .addCommand(sofiaCommand(cli))
    .addCommand(configCommand(cli))
    .addHelpText(
      'after',
      `
No call is lost unless --force is said.

Example:
  switchhook reload acl`,
    );
}

function plain(name: string, description: string, more: string): Command {
  return daemonOptions(new Command(name))
    .description(description)
    .addOption(switchOption())
    .addHelpText(
      'after',
      `${more}
Exit code 1 when FreeSWITCH could not; what was in force before still is.

Example:
  switchhook reload ${name}`,
    );
}

function profileCommand(cli: Cli): Command {
  return daemonOptions(new Command('profile'))
    .description('Take over changed parameters and new gateways of a SIP profile.')
    .argument('<name>', 'the profile')
    .option('--restart', 'stop and start it instead: ports, addresses and changed gateways need that')
    .option('--force', 'with --restart: also when calls are lost by it')
    .addOption(yesOption())
    .addOption(switchOption())
    .addHelpText(
      'after',
      `
No call is lost by it, unless by --restart, which says how many there are and does nothing without --force.

Example:
  switchhook reload profile external --restart --force`,
    )
    .action(async (profile: string, flags: ProfileFlags) => {
      const { restart = false, force = false } = flags;
      if (force && !restart)
        throw new AppError('usage', '--force goes with --restart; a rescan loses no call');
      if (restart && force) await confirm(cli, `Restart SIP profile ${profile} and lose its calls`, flags);
      cli.exitCode = await reload(cli, flags, {
        what: 'profile',
        profile,
        restart,
        force,
        ...namedSwitch(flags),
      });
    });
}

function sofiaCommand(cli: Cli): Command {
  return daemonOptions(new Command('sofia'))
    .description('Load mod_sofia anew: all of SIP.')
    .option('--force', 'also when calls are lost by it')
    .addOption(yesOption())
    .addOption(switchOption())
    .addHelpText(
      'after',
      `
Says how many SIP calls there are and does nothing without --force. New profiles need no reload of mod_sofia:
switchhook fs sofia profile <name> start.

Example:
  switchhook reload sofia --force`,
    )
    .action(async (flags: ForceFlags) => {
      const { force = false } = flags;
      if (force) await confirm(cli, 'Load mod_sofia anew and lose all SIP calls', flags);
      cli.exitCode = await reload(cli, flags, { what: 'sofia', force, ...namedSwitch(flags) });
    });
}

function configCommand(cli: Cli): Command {
  return daemonOptions(new Command('config'))
    .description('Make the daemon read its own configuration again: all of it or nothing.')
    .addHelpText(
      'after',
      `
Calls that are under way end under the configuration with which they began. What needs a restart (ports, switches,
files of logs) is named, and nothing is taken over then. SIGHUP does the same.

Example:
  switchhook reload config`,
    )
    .action(async (flags: DaemonFlags) => {
      cli.exitCode = await reload(cli, flags, { what: 'config' });
    });
}

function namedSwitch(flags: SwitchFlags): { switch?: string } {
  return flags.switch === undefined ? {} : { switch: flags.switch };
}

async function reload(cli: Cli, flags: DaemonFlags, body: ReloadRequest): Promise<number> {
  const answer = await ApiClient.of(cli, flags).post('/reload', reloadAnswerSchema, {
    body,
    timeoutMs: RESTART_TIMEOUT_MS,
  });
  if (flags.json === true) printJson(cli, answer);
  else printForPeople(cli, answer);
  return EXIT.ok;
}

function printForPeople(cli: Cli, answer: ReloadAnswer): void {
  if (answer.changes === undefined) {
    cli.out(`${printable(answer.answer ?? '')}\n`);
    if (answer.calls_lost > 0) cli.out(`${answer.calls_lost} call legs were ended.\n`);
  } else if (answer.changes.length === 0) {
    cli.out('Nothing has changed.\n');
  } else {
    for (const { path, before, after } of answer.changes)
      cli.out(printable(`${path}: ${valueText(before)} → ${valueText(after)}`) + '\n');
  }
  for (const note of answer.notes) cli.err(`${printable(note)}\n`);
}

function valueText(value: unknown): string {
  return value === undefined ? '(nothing)' : JSON.stringify(value);
}
