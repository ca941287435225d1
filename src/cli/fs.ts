import { Command } from 'commander';
import { fsAnswerSchema } from '../http/contract/reload.js';
import { ApiClient, daemonOptions } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { printable } from './print-error.js';
import { printJson } from './print-json.js';
import { switchOption } from './reload.js';

interface FsFlags extends DaemonFlags {
  readonly switch?: string;
}

/** The daemon waits 60 s for the result of a command. */
const TIMEOUT_MS = 90_000;

export function fsCommand(cli: Cli): Command {
  return (
    daemonOptions(new Command('fs'))
      .description('Give FreeSWITCH one API command, as its own console would.')
      .argument('<command...>', 'the command and its arguments; options of switchhook stand before it')
      .addOption(switchOption())
      // What stands behind the first word is the command's own: `uuid_transfer <uuid> -bleg 1000`.
      .passThroughOptions()
      .addHelpText(
        'after',
        `
The lists under fs in the configuration say which role may give which command. Every command is a line of the audit
log. Exit code 1 when FreeSWITCH answers with -ERR or -USAGE.

Example:
  switchhook fs sofia status`,
      )
      .action(async (words: string[], flags: FsFlags) => {
        cli.exitCode = await run(cli, words.join(' '), flags);
      })
  );
}

async function run(cli: Cli, command: string, flags: FsFlags): Promise<number> {
  const body = { command, ...(flags.switch === undefined ? {} : { switch: flags.switch }) };
  const result = await ApiClient.of(cli, flags).post('/fs', fsAnswerSchema, { body, timeoutMs: TIMEOUT_MS });
  if (flags.json === true) printJson(cli, result);
  else cli.out(`${result.answer.split('\t').map(printable).join('\t')}\n`);
  return result.ok ? EXIT.ok : EXIT.failed;
}
