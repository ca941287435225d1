import { Command } from 'commander';
import { AppError } from '../../errors.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printJson } from '../print-json.js';
import { functionBackend } from './backend.js';
import { printChange, printList, printTrial, printView } from './print.js';
import { parametersFrom, settingsFrom } from './settings-arguments.js';
import { functionOptions } from './workplace.js';
import type { FunctionFlags } from './workplace.js';

interface RenameFlags extends FunctionFlags {
  readonly updateFlows?: boolean;
}

interface TestFlags extends FunctionFlags {
  readonly caller?: string;
  readonly called?: string;
  readonly attribute?: readonly string[];
}

export function functionCommand(cli: Cli): Command {
  return new Command('function')
    .description('Look at, change and test the functions that flows invoke.')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(addCommand(cli))
    .addCommand(setCommand(cli))
    .addCommand(removeCommand(cli))
    .addCommand(renameCommand(cli))
    .addCommand(testCommand(cli));
}

function listCommand(cli: Cli): Command {
  return functionOptions(new Command('list'))
    .description('List the functions.')
    .addHelpText('after', '\nExample:\n  switchhook function list')
    .action(async (flags: FunctionFlags) => {
      const list = await functionBackend(cli, flags).list();
      if (flags.json === true) printJson(cli, list);
      else printList(cli, list);
    });
}

function showCommand(cli: Cli): Command {
  return functionOptions(new Command('show'))
    .description('Show the settings of a function, secrets masked, and the flows that use it.')
    .argument('<name>', 'its name')
    .addHelpText('after', '\nExample:\n  switchhook function show account-balance')
    .action(async (name: string, flags: FunctionFlags) => {
      const view = await functionBackend(cli, flags).show(name);
      if (flags.json === true) printJson(cli, view);
      else printView(cli, view);
    });
}

function addCommand(cli: Cli): Command {
  return functionOptions(new Command('add'))
    .description('Add a function to functions.yaml.')
    .argument('<name>', 'its name')
    .argument('<key=value...>', 'its settings; the value is YAML')
    .addHelpText(
      'after',
      `
The file is checked before it is written, and written at once. Write secrets as {env: NAME} or {file: path}. With
--daemon it is the daemon's file, which the daemon takes over at once; then secrets are {env: SWITCHHOOK_FUNCTION_…}.

Example:
  switchhook function add account-balance url=https://apps.example/balance 'headers.Authorization={env: BALANCE_TOKEN}'`,
    )
    .action(async (name: string, pairs: string[], flags: FunctionFlags) => {
      const change = await functionBackend(cli, flags).add(name, settingsFrom(pairs));
      printChange(cli, `added ${name}`, change, flags);
    });
}

function setCommand(cli: Cli): Command {
  return functionOptions(new Command('set'))
    .description('Change settings of a function; tells which flows no longer fit.')
    .argument('<name>', 'its name')
    .argument('<key=value...>', 'what changes; the value is YAML, and key= takes the key away')
    .addHelpText(
      'after',
      '\nExample:\n  switchhook function set account-balance timeout_ms=5000 parameters.accountId.required=true',
    )
    .action(async (name: string, pairs: string[], flags: FunctionFlags) => {
      const change = await functionBackend(cli, flags).set(name, settingsFrom(pairs));
      printChange(cli, `changed ${name}`, change, flags);
    });
}

function removeCommand(cli: Cli): Command {
  return functionOptions(new Command('remove'))
    .description('Remove a function that no flow uses.')
    .argument('<name>', 'its name')
    .addHelpText('after', '\nExample:\n  switchhook function remove account-balance')
    .action(async (name: string, flags: FunctionFlags) => {
      printChange(cli, `removed ${name}`, await functionBackend(cli, flags).remove(name), flags);
    });
}

function renameCommand(cli: Cli): Command {
  return functionOptions(new Command('rename'))
    .description('Give a function another name.')
    .argument('<name>', 'its name')
    .argument('<new-name>', 'what it is called from now on')
    .option('--update-flows', 'change the flows that use it, too')
    .addHelpText('after', '\nExample:\n  switchhook function rename balance account-balance --update-flows')
    .action(async (from: string, to: string, flags: RenameFlags) => {
      const change = await functionBackend(cli, flags).rename(from, to, flags.updateFlows === true);
      printChange(cli, `renamed ${from} to ${to}`, change, flags);
    });
}

function testCommand(cli: Cli): Command {
  return functionOptions(new Command('test'))
    .description('Invoke a function with given or example values, and say whether flows would be satisfied.')
    .argument('<name>', 'its name')
    .argument('[name=value...]', 'parameters; JSON where the value begins with { or [')
    .option('--caller <number>', "the caller's number")
    .option('--called <number>', 'the number that was called')
    .option('--attribute <name=value>', 'a contact attribute; may be repeated', collect)
    .addHelpText(
      'after',
      `
Parameters that are not given have the example that functions.yaml declares. The function is invoked for real. Exit
code 0 means: it answered, and the flows that use it have what they need. With --daemon the daemon invokes it, as it has
it in force.

Example:
  switchhook function test account-balance accountId=123456`,
    )
    .action(async (name: string, pairs: string[], flags: TestFlags) => {
      cli.exitCode = await test(cli, name, pairs, flags);
    });
}

async function test(cli: Cli, name: string, pairs: readonly string[], flags: TestFlags): Promise<number> {
  const trial = await functionBackend(cli, flags).test(name, {
    parameters: parametersFrom(pairs),
    attributes: attributesFrom(flags.attribute ?? []),
    ...(flags.caller !== undefined && { caller: flags.caller }),
    ...(flags.called !== undefined && { called: flags.called }),
  });
  if (flags.json === true) printJson(cli, trial);
  else printTrial(cli, trial);
  return trial.ok ? EXIT.ok : EXIT.failed;
}

function attributesFrom(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new AppError('usage', `expected name=value, got ${JSON.stringify(pair)}`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
