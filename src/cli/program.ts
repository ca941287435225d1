import { Command, CommanderError } from 'commander';
import { AppError } from '../errors.js';
import { aclCommand } from './acl/acl.js';
import { actionsCommand } from './actions.js';
import { auditCommand } from './audit.js';
import { callCommand } from './call.js';
import { callbacksCommand } from './callbacks.js';
import { callsCommand } from './calls.js';
import { checkCommand } from './check.js';
import type { Cli } from './cli.js';
import { completionCommand } from './completion.js';
import { demoCommand } from './demo.js';
import { doctorCommand } from './doctor.js';
import { eventsCommand } from './events.js';
import { EXIT, exitCodeOfError } from './exit-code.js';
import { flowCommand } from './flow/flow.js';
import { fsCommand } from './fs.js';
import { functionCommand } from './function/function.js';
import { healthCommand } from './health.js';
import { phoneCommand } from './phone-command.js';
import { printError } from './print-error.js';
import { recordsCommand } from './records.js';
import { referenceCommand } from './reference.js';
import { reloadCommand } from './reload.js';
import { serveCommand } from './serve.js';
import { switchesCommand } from './switches.js';
import { version } from '../version.js';

export function createProgram(cli: Cli): Command {
  const program = new Command('switchhook')
    .description(
      'Hands live FreeSWITCH calls to an HTTP service and runs the JSON array of actions it answers.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    // An option behind a subcommand's name is that subcommand's.
    .enablePositionalOptions();
  program.addCommand(serveCommand(cli));
  program.addCommand(checkCommand(cli));
  program.addCommand(actionsCommand(cli));
  program.addCommand(demoCommand(cli));
  program.addCommand(phoneCommand(cli));
  program.addCommand(callsCommand(cli));
  program.addCommand(callCommand(cli));
  program.addCommand(eventsCommand(cli));
  program.addCommand(recordsCommand(cli));
  program.addCommand(callbacksCommand(cli));
  program.addCommand(switchesCommand(cli));
  program.addCommand(aclCommand(cli));
  program.addCommand(auditCommand(cli));
  program.addCommand(flowCommand(cli));
  program.addCommand(functionCommand(cli));
  program.addCommand(healthCommand(cli));
  program.addCommand(reloadCommand(cli));
  program.addCommand(fsCommand(cli));
  program.addCommand(doctorCommand(cli));
  program.addCommand(completionCommand(cli, () => createProgram(cli)));
  program.addCommand(
    referenceCommand(cli, () => createProgram(cli)),
    { hidden: true },
  );
  for (const command of withSubcommands(program)) {
    command
      .helpCommand(false)
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

/** The command and all below it. */
function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
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
