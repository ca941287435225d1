import { Command, CommanderError } from 'commander';
import { AppError } from '../errors.js';
import { actionsCommand } from './actions.js';
import { callCommand } from './call.js';
import { checkCommand } from './check.js';
import type { Cli } from './cli.js';
import { demoCommand } from './demo.js';
import { EXIT, exitCodeOfError } from './exit-code.js';
import { healthCommand } from './health.js';
import { printError } from './print-error.js';
import { referenceCommand } from './reference.js';
import { serveCommand } from './serve.js';
import { version } from './version.js';

export function createProgram(cli: Cli): Command {
  const program = new Command('switchhook')
    .description(
      'Hands live FreeSWITCH calls to an HTTP service and runs the JSON array of actions it answers.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError(true);
  program.addCommand(serveCommand(cli));
  program.addCommand(checkCommand(cli));
  program.addCommand(actionsCommand(cli));
  program.addCommand(demoCommand(cli));
  program.addCommand(callCommand(cli));
  program.addCommand(healthCommand(cli));
  program.addCommand(
    referenceCommand(cli, () => createProgram(cli)),
    { hidden: true },
  );
  for (const command of [program, ...program.commands]) {
    command
      .helpOption('-h, --help', 'print this help')
      .exitOverride()
      .configureOutput({
        writeOut: (text) => cli.out(text),
        // Said again by printError, in the form of every other error.
        writeErr: () => undefined,
      });
  }
  return program;
}

/**
 * Runs one command line.
 * @param args without node and the script
 * @returns the exit code
 */
export async function run(args: readonly string[], cli: Cli): Promise<number> {
  const program = createProgram(cli);
  if (args.length === 0) {
    cli.err(program.helpInformation());
    return EXIT.usage;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok;
      const detail = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
      printError(cli, new AppError('usage', detail));
      return EXIT.usage;
    }
    printError(cli, error);
    return exitCodeOfError(error);
  }
}
