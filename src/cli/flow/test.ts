import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../errors.js';
import { junitReport, tapReport } from '../../flow-test/reports.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { flowBackend } from './backend.js';
import type { TestedCase, TestedFlows } from './backend.js';
import { flowOrDaemonOptions } from './workplace.js';
import type { FlowFlags } from './workplace.js';

interface TestFlags extends FlowFlags {
  readonly report: 'text' | 'tap' | 'junit' | 'json';
  readonly out?: string;
  readonly only?: string;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
}

export function flowTestCommand(cli: Cli): Command {
  return flowOrDaemonOptions(new Command('test'))
    .description('Run test cases of flows: what callers do and what has to happen, in no time.')
    .argument('[file...]', 'YAML files of cases, or folders (default: tests in the folder of the flows)')
    .addOption(
      new Option('-r, --report <kind>', 'how results are printed')
        .choices(['text', 'tap', 'junit', 'json'])
        .default('text'),
    )
    .option('-o, --out <file>', 'write the report there')
    .option('--only <text>', 'only cases with that in their name')
    .option('--coverage', 'list the blocks and exits that no case went through')
    .addOption(
      new Option('--min-coverage <percent>', 'fail below it (of exits, in each flow)').argParser(percent),
    )
    .addHelpText(
      'after',
      `
Nothing is asked over the network: functions, HTTP apps, callees and queues answer as the cases say, and the time
jumps. docs/guide/testing-flows.md
With --daemon the flows are those that it has in force; a file is sent to it, and without one it runs the cases beside
its flows.

Example:
  switchhook flow test conf/flows/tests --coverage`,
    )
    .action(async (files: string[], flags: TestFlags) => {
      cli.exitCode = await test(cli, files, flags);
    });
}

function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('expected 0 to 100');
  return value;
}

async function test(cli: Cli, files: readonly string[], flags: TestFlags): Promise<number> {
  const live = flags.report === 'text' && flags.out === undefined;
  const tested = await flowBackend(cli, flags).test({
    paths: files,
    only: flags.only,
    onResult: (one) => {
      if (live) cli.out(lineOf(one, cli.colour));
    },
  });
  const report = reportOf(flags.report, tested, cli.colour && flags.out === undefined);
  if (flags.out !== undefined) writeReport(flags.out, report);
  else if (!live) cli.out(report);
  if (live || flags.out !== undefined) cli.out(summary(tested, flags.coverage === true));
  const low = tested.coverage.filter((flow) => exitPercent(flow) < (flags.minCoverage ?? 0));
  for (const flow of low) {
    cli.err(
      `${flow.flow}: ${exitPercent(flow)} % of its exits are covered, ${flags.minCoverage ?? 0} % wanted\n`,
    );
  }
  return tested.cases.some(({ ok }) => !ok) || low.length > 0 ? EXIT.failed : EXIT.ok;
}

function reportOf(
  kind: TestFlags['report'],
  { cases, coverage, duration_ms: durationMs }: TestedFlows,
  colour: boolean,
): string {
  if (kind === 'text') return cases.map((one) => lineOf(one, colour)).join('');
  if (kind === 'json') {
    const content = { cases: cases.map(reported), coverage, duration_ms: Math.round(durationMs) };
    return `${JSON.stringify(content, null, 2)}\n`;
  }
  const results = cases.map(({ duration_ms: realMs, ...one }) => ({ ...one, realMs }));
  return kind === 'tap' ? tapReport(results) : junitReport(results);
}

function reported({ file, name, place, ok, misses, duration_ms }: TestedCase): TestedCase {
  return { file, name, place, ok, misses, duration_ms };
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new AppError('usage', `${file} can't be written (${code})`, { cause: error });
  }
}

function lineOf({ file, name, place, ok, misses }: TestedCase, colour: boolean): string {
  const paint = (text: string, code: number): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = [`${ok ? paint('ok', 32) : paint('not ok', 31)}  ${printable(file)}: ${printable(name)}`];
  for (const { what, expected, got } of misses) {
    lines.push(
      `    ${printable(what)} (${printable(place)})`,
      `      expected  ${printable(expected.replaceAll('\n', ' '))}`,
      `      got       ${printable(got.replaceAll('\n', ' '))}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function summary({ cases, coverage, duration_ms: durationMs }: TestedFlows, all: boolean): string {
  const failed = cases.filter(({ ok }) => !ok).length;
  const lines = [''];
  for (const flow of coverage) {
    const { blocks, blocks_covered: blocksCovered, exits, exits_covered: exitsCovered, missed } = flow;
    const covered = `${blocksCovered} of ${blocks} blocks, ${exitsCovered} of ${exits} exits`;
    lines.push(`${printable(flow.flow)}: ${covered} (${exitPercent(flow)} %)`);
    if (all && missed.length > 0) lines.push(`  not covered: ${missed.map(printable).join(', ')}`);
  }
  lines.push(`${cases.length} cases, ${failed} failed, in ${Math.round(durationMs)} ms`);
  return `${lines.join('\n')}\n`;
}

function exitPercent({ exits, exits_covered: covered }: TestedFlows['coverage'][number]): number {
  return exits === 0 ? 100 : Math.floor((covered * 100) / exits);
}
