import { Command, Option } from 'commander';
import { mermaid, tree } from '../../flow/diagram.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { printJson } from '../print-json.js';
import { textTable } from '../text-table.js';
import { flowTestCommand } from './test.js';
import { flowTryCommand } from './try.js';
import { flowNamed, flowOptions, flowWorkplace, shownProblem } from './workplace.js';
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
  return flowOptions(new Command('list'))
    .description('List the flows, with their versions and numbers.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  switchhook flow list')
    .action((flags: FlowFlags) => {
      const { set, config, problems } = flowWorkplace(cli, flags);
      const numbersOf = (flow: string): string[] =>
        Object.entries(config.flows.numbers).flatMap(([number, name]) => (name === flow ? [number] : []));
      const flows = [...set.flows.values()].map(({ name, version, description, blocks }) => ({
        name,
        version,
        blocks: blocks.size,
        numbers: numbersOf(name),
        description: description ?? '',
      }));
      if (flags.json === true) printJson(cli, { version: set.version, flows });
      else {
        const rows = flows.map(({ name, version, blocks, numbers, description }) => [
          name,
          version,
          String(blocks),
          numbers.join(' '),
          description,
        ]);
        cli.out(textTable(['FLOW', 'VERSION', 'BLOCKS', 'NUMBERS', 'DESCRIPTION'], rows));
      }
      const broken = problems.filter(({ severity }) => severity === 'error').length;
      if (broken === 0) return;
      cli.err(`${broken} errors: see switchhook flow check\n`);
      cli.exitCode = EXIT.failed;
    });
}

interface CheckFlags extends FlowFlags {
  readonly strict?: boolean;
}

function checkCommand(cli: Cli): Command {
  return flowOptions(new Command('check'))
    .description('Find what is wrong with the flows, each with file, line and column.')
    .option('--strict', 'warnings count, too')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A daemon that is started or reloaded takes flows only without errors; those that it has stay in force.

Example:
  switchhook flow check`,
    )
    .action((flags: CheckFlags) => {
      const { set, problems, folder } = flowWorkplace(cli, flags);
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      const warnings = problems.length - errors;
      const bad = errors > 0 || (flags.strict === true && warnings > 0);
      if (flags.json === true) printJson(cli, { ok: !bad, version: set.version, problems });
      else {
        for (const problem of problems) cli.out(`${printable(shownProblem(problem))}\n`);
        const flows = `${set.flows.size} ${set.flows.size === 1 ? 'flow' : 'flows'}`;
        cli.out(`${flows} in ${folder}: ${errors} errors, ${warnings} warnings\n`);
      }
      if (bad) cli.exitCode = EXIT.failed;
    });
}

interface ShowFlags extends FlowFlags {
  readonly format: 'tree' | 'mermaid' | 'json';
}

function showCommand(cli: Cli): Command {
  return flowOptions(new Command('show'))
    .description('Draw a flow: as a tree for the terminal, or in Mermaid for documents.')
    .argument('<flow>', 'its name')
    .addOption(
      new Option('-f, --format <format>', 'how').choices(['tree', 'mermaid', 'json']).default('tree'),
    )
    .addHelpText('after', '\nExample:\n  switchhook flow show support --format mermaid')
    .action((name: string, flags: ShowFlags) => {
      const flow = flowNamed(flowWorkplace(cli, flags), name);
      if (flags.format === 'json') printJson(cli, flow.source.document);
      else {
        const text = flags.format === 'mermaid' ? mermaid(flow) : tree(flow);
        cli.out(`${text.trimEnd().split('\n').map(printable).join('\n')}\n`);
      }
    });
}
