import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Check } from '../doctor/check.js';
import { examine } from '../doctor/doctor.js';
import { AppError } from '../errors.js';
import { originOfConfig } from './api-client.js';
import type { Cli } from './cli.js';
import { configOption, readNamedConfig } from './config-file.js';
import type { ConfigFlag } from './config-file.js';
import { confirm, yesOption } from './confirm.js';
import type { YesFlag } from './confirm.js';
import { EXIT } from './exit-code.js';
import { printable, printError } from './print-error.js';
import { printJson } from './print-json.js';

interface DoctorFlags extends ConfigFlag, YesFlag {
  readonly fix?: boolean;
  readonly ask: boolean;
  readonly switch?: string;
  readonly json?: boolean;
}

const DIALPLAN_FILE = fileURLToPath(new URL('../../dialplan/switchhook.xml', import.meta.url));

export function doctorCommand(cli: Cli): Command {
  return new Command('doctor')
    .description('Go through everything that a first call needs, and say what to do about what is missing.')
    .addOption(configOption())
    .option('--switch <name>', 'this switch alone')
    .option(
      '--no-ask',
      'do not ask the HTTP apps; without it each endpoint gets one request about a made-up call',
    )
    .option('--fix', 'offer to mend what can be mended without a risk')
    .addOption(yesOption())
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Asks FreeSWITCH itself, so that the daemon need not run. One test call without media goes from each switch to the
daemon and back. --fix loads modules that are installed, and copies the dialplan of switchhook where there is none; it
writes nothing over and ends nothing. Exit code 1 when a check failed; warnings don't count.

Example:
  switchhook doctor --config /etc/switchhook/switchhook.yaml`,
    )
    .action(async (flags: DoctorFlags) => {
      cli.exitCode = await doctor(cli, flags);
    });
}

async function doctor(cli: Cli, flags: DoctorFlags): Promise<number> {
  const { config } = readNamedConfig(cli, flags, 'fail');
  const forPeople = flags.json !== true;
  const options = {
    config,
    daemonUrl: originOfConfig(config.http),
    dialplanFile: DIALPLAN_FILE,
    asksApps: flags.ask,
    ...(flags.switch === undefined ? {} : { only: flags.switch }),
    onCheck: forPeople ? (check: Check) => cli.out(checkText(check)) : () => undefined,
  };
  let fixed: string[] = [];
  let checks = await examine(options, async (found) => {
    if (flags.fix === true) fixed = await mend(cli, found, flags);
  });
  if (fixed.length > 0) {
    if (forPeople) cli.out('\nAgain:\n');
    checks = await examine(options);
  }
  const failed = checks.filter(({ status }) => status === 'failed').length;
  if (!forPeople) {
    const shown = checks.map(({ fix, ...check }) => ({ ...check, ...(fix && { fix: fix.what }) }));
    printJson(cli, { ok: failed === 0, fixed, checks: shown });
  } else if (failed === 0) {
    cli.out('\nNothing is in the way of a first call.\n');
  } else {
    cli.out(`\n${failed === 1 ? '1 check' : `${failed} checks`} failed.\n`);
  }
  return failed === 0 ? EXIT.ok : EXIT.failed;
}

/** Asks before each. What does not succeed is told, and the next is offered. */
async function mend(cli: Cli, checks: readonly Check[], flags: YesFlag): Promise<string[]> {
  const done: string[] = [];
  for (const { fix } of checks) {
    if (fix === undefined) continue;
    try {
      await confirm(cli, fix.what, flags);
      await fix.apply();
      done.push(fix.what);
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_confirmed') continue;
      if (error instanceof AppError && error.code === 'confirmation_needed') throw error;
      printError(cli, error);
    }
  }
  return done;
}

function checkText({ id, subject, status, detail, remedy }: Check): string {
  const name = `${id.replaceAll('_', ' ')}${subject === '' ? '' : ` ${subject}`}`;
  const head = `${status.padEnd(7)}  ${name}: ${detail}`;
  const tail = remedy === undefined ? '' : `\n         → ${remedy}`;
  return `${printable(head)}${printable(tail)}\n`;
}
