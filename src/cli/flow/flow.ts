import { Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { counted } from '../counted.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { printJson } from '../print-json.js';
import { textTable } from '../text-table.js';
import { flowBackend } from './backend.js';
import { flowTestCommand } from './test.js';
import { flowTryCommand } from './try.js';
import { flowOrDaemonOptions, shownProblem } from './workplace.js';
import type { FlowFlags } from './workplace.js';

export function flowCommand(cli: Cli): Command {
  return new Command('flow')
    .description('Check, show, test and try flows, without a phone.')
    .addCommand(listCommand(cli))
    .addCommand(checkCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(flowTestCommand(cli))
    .addCommand(flowTryCommand(cli));
}

function listCommand(cli: Cli): Command {
  return flowOrDaemonOptions(new Command('list'))
    .description('List the flows, with their versions and numbers.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  switchhook flow list')
    .action(async (flags: FlowFlags) => {
      const { version, flows, errors } = await flowBackend(cli, flags).list();
      if (flags.json === true) printJson(cli, { version, flows });
      else {
        const rows = flows.map(({ name, version: own, blocks, numbers, description }) => [
          name,
          own,
          String(blocks),
          numbers.join(' '),
          description,
        ]);
        cli.out(textTable(['FLOW', 'VERSION', 'BLOCKS', 'NUMBERS', 'DESCRIPTION'], rows));
      }
      if (errors === 0) return;
      cli.err(`${counted(errors, 'error')}: see switchhook flow check\n`);
      cli.exitCode = EXIT.failed;
    });
}

interface CheckFlags extends FlowFlags {
  readonly strict?: boolean;
}

function checkCommand(cli: Cli): Command {
  return flowOrDaemonOptions(new Command('check'))
    .description('Find what is wrong with the flows, each with file, line and column.')
    .option('--strict', 'warnings count, too')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A daemon that is started or reloaded takes flows only without errors; those that it has stay in force. With --daemon it
looks at its files as they are now. list, show and test are about the flows that it has in force.

Example:
  switchhook flow check`,
    )
    .action(async (flags: CheckFlags) => {
      const { version, flows: count, problems, where } = await flowBackend(cli, flags).check();
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      const warnings = problems.length - errors;
      const bad = errors > 0 || (flags.strict === true && warnings > 0);
      if (flags.json === true) printJson(cli, { ok: !bad, version, flows: count, problems });
      else {
        for (const problem of problems) cli.out(`${printable(shownProblem(problem))}\n`);
        const found = `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
        cli.out(`${counted(count, 'flow')} ${where}: ${found}\n`);
      }
      if (bad) cli.exitCode = EXIT.failed;
    });
}

interface ShowFlags extends FlowFlags {
  readonly format: 'tree' | 'mermaid' | 'json';
}

function showCommand(cli: Cli): Command {
  return flowOrDaemonOptions(new Command('show'))
    .description('Draw a flow: as a tree for the terminal, or in Mermaid for documents.')
    .argument('<flow>', 'its name')
    .addOption(
      new Option('-f, --format <format>', 'how').choices(['tree', 'mermaid', 'json']).default('tree'),
    )
    .addHelpText('after', '\nExample:\n  switchhook flow show support --format mermaid')
    .action(async (name: string, flags: ShowFlags) => {
      const backend = flowBackend(cli, flags);
      if (flags.format === 'json') {
        printJson(cli, await backend.document(name));
        return;
      }
      const text = await backend.diagram(name, flags.format);
      cli.out(`${text.trimEnd().split('\n').map(printable).join('\n')}\n`);
    });
}
