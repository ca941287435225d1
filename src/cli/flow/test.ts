import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { AppError } from '../../errors.js';
import { readCaseFile } from '../../flow-test/case-file.js';
import { Coverage } from '../../flow-test/coverage.js';
import type { FlowCoverage } from '../../flow-test/coverage.js';
import { junitReport, tapReport } from '../../flow-test/reports.js';
import { runSuite } from '../../flow-test/suite.js';
import type { CaseOfFile, CaseResult } from '../../flow-test/suite.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { withGround } from './ground.js';
import { flowOptions, flowWorkplace, soundFlows } from './workplace.js';
import type { FlowFlags } from './workplace.js';

interface TestFlags extends FlowFlags {
  readonly report: 'text' | 'tap' | 'junit' | 'json';
  readonly out?: string;
  readonly only?: string;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
}

export function flowTestCommand(cli: Cli): Command {
  return flowOptions(new Command('test'))
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
  const workplace = soundFlows(flowWorkplace(cli, flags));
  const cases = casesOf(files.length > 0 ? files : [join(workplace.folder, 'tests')], flags.only);
  const coverage = new Coverage(workplace.set);
  const beganMs = performance.now();
  const live = flags.report === 'text' && flags.out === undefined;
  const results = await withGround(cli, workplace, (ground) =>
    runSuite(cases, ground, (result) => {
      coverage.add(result.run);
      if (live) cli.out(lineOf(result, cli.colour));
    }),
  );
  const flows = coverage.flows();
  const failed = results.filter(({ misses }) => misses.length > 0);
  const realMs = performance.now() - beganMs;
  const report = reportOf(flags.report, results, flows, realMs, cli.colour && flags.out === undefined);
  if (flags.out !== undefined) writeReport(flags.out, report);
  else if (!live) cli.out(report);
  if (live || flags.out !== undefined) cli.out(summary(results, flows, realMs, flags.coverage === true));
  const low = flows.filter((flow) => exitPercent(flow) < (flags.minCoverage ?? 0));
  for (const flow of low) {
    cli.err(
      `${flow.flow}: ${exitPercent(flow)} % of its exits are covered, ${flags.minCoverage ?? 0} % wanted\n`,
    );
  }
  return failed.length > 0 || low.length > 0 ? EXIT.failed : EXIT.ok;
}

/** @throws AppError `usage` when there is no case */
function casesOf(paths: readonly string[], only: string | undefined): CaseOfFile[] {
  const files = paths.flatMap((path) => {
    const whole = resolve(path);
    if (!existsSync(whole)) throw new AppError('config_unreadable', `${path} can't be read (ENOENT)`);
    if (!statSync(whole).isDirectory()) return [whole];
    return readdirSync(whole)
      .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(whole, name));
  });
  const cases = files.flatMap((file) => {
    const near = relative(process.cwd(), file);
    return readCaseFile(file).map((one): CaseOfFile => ({ file: near.startsWith('..') ? file : near, one }));
  });
  const chosen = cases.filter(({ one }) => only === undefined || one.name.includes(only));
  if (chosen.length === 0) throw new AppError('usage', `no test case in ${paths.join(', ')}`);
  return chosen;
}

function reportOf(
  kind: TestFlags['report'],
  results: readonly CaseResult[],
  flows: readonly FlowCoverage[],
  realMs: number,
  colour: boolean,
): string {
  if (kind === 'tap') return tapReport(results);
  if (kind === 'junit') return junitReport(results);
  if (kind === 'text') return results.map((result) => lineOf(result, colour)).join('');
  const cases = results.map(({ file, name, place, misses, realMs: ms }) => ({
    file,
    name,
    place,
    ok: misses.length === 0,
    misses,
    duration_ms: Math.round(ms * 10) / 10,
  }));
  const coverage = flows.map(({ blocksCovered, exitsCovered, ...flow }) => ({
    ...flow,
    blocks_covered: blocksCovered,
    exits_covered: exitsCovered,
  }));
  return `${JSON.stringify({ cases, coverage, duration_ms: Math.round(realMs) }, null, 2)}\n`;
}

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new AppError('usage', `${file} can't be written (${code})`, { cause: error });
  }
}

function lineOf({ file, name, place, misses }: CaseResult, colour: boolean): string {
  const paint = (text: string, code: number): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const ok = misses.length === 0;
  const lines = [`${ok ? paint('ok', 32) : paint('not ok', 31)}  ${printable(file)}: ${printable(name)}`];
  for (const { what, expected, got } of misses) {
    lines.push(
      `    ${what} (${place})`,
      `      expected  ${printable(expected.replaceAll('\n', ' '))}`,
      `      got       ${printable(got.replaceAll('\n', ' '))}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function summary(
  results: readonly CaseResult[],
  flows: readonly FlowCoverage[],
  realMs: number,
  all: boolean,
): string {
  const failed = results.filter(({ misses }) => misses.length > 0).length;
  const lines = [''];
  for (const flow of flows) {
    const { blocks, blocksCovered, exits, exitsCovered, missed } = flow;
    lines.push(
      `${flow.flow}: ${blocksCovered} of ${blocks} blocks, ${exitsCovered} of ${exits} exits (${exitPercent(flow)} %)`,
    );
    if (all && missed.length > 0) lines.push(`  not covered: ${missed.join(', ')}`);
  }
  lines.push(`${results.length} cases, ${failed} failed, in ${Math.round(realMs)} ms`);
  return `${lines.join('\n')}\n`;
}

function exitPercent({ exits, exitsCovered }: FlowCoverage): number {
  return exits === 0 ? 100 : Math.floor((exitsCovered * 100) / exits);
}
