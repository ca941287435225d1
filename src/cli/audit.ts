import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import { auditFolder } from '../audit/audit.js';
import { SEVERITIES, reaches } from '../audit/finding.js';
import type { AuditReport, Finding, Severity } from '../audit/finding.js';
import { toSarif } from '../audit/sarif.js';
import { AppError } from '../errors.js';
import { auditSchema } from '../http/contract/audit.js';
import { ApiClient, daemonOptions } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { counted } from './counted.js';
import { readNamedConfig } from './config-file.js';
import { EXIT } from './exit-code.js';
import { printable } from './print-error.js';
import { printJson } from './print-json.js';
import { version } from '../version.js';

interface AuditFlags extends DaemonFlags {
  readonly conf?: string;
  readonly switch?: string;
  readonly sarif?: boolean;
  readonly failOn: Severity | 'never';
}

/** Where FreeSWITCH's packages and its own installation put the configuration. */
const USUAL_PLACES = [
  '/etc/freeswitch',
  '/usr/local/freeswitch/etc/freeswitch',
  '/usr/local/freeswitch/conf',
];
const TIMEOUT_MS = 70_000;

export function auditCommand(cli: Cli): Command {
  return daemonOptions(new Command('audit'))
    .description(
      "Look for what is dangerous in FreeSWITCH's configuration: toll fraud, open doors, passwords.",
    )
    .option('--conf <folder>', 'the folder that holds freeswitch.xml')
    .option('--switch <name>', 'the switch of the configuration whose conf_dir is read')
    .addOption(new Option('--sarif', 'print SARIF 2.1.0').conflicts('json'))
    .addOption(
      new Option('--fail-on <severity>', 'the least severity for which the exit code is 1')
        .choices([...SEVERITIES, 'never'])
        .default('warning'),
    )
    .addHelpText(
      'after',
      `
Reads the files as FreeSWITCH does, and needs neither FreeSWITCH nor the daemon. Without --conf the conf_dir of the
switch in the configuration is read, else one of ${USUAL_PLACES.join(', ')}.
With --daemon the daemon reads them, on its machine.

Exit code 1 when something of the severity named by --fail-on, or worse, was found.

Example:
  switchhook audit --conf /etc/freeswitch`,
    )
    .action(async (flags: AuditFlags) => {
      cli.exitCode = await audit(cli, flags);
    });
}

async function audit(cli: Cli, flags: AuditFlags): Promise<number> {
  const report = flags.daemon === undefined ? auditFolder(folderOf(cli, flags)) : await ask(cli, flags);
  if (flags.json === true) printJson(cli, report);
  else if (flags.sarif === true) printJson(cli, toSarif(report, version()));
  else printReport(cli, report);
  if (!report.complete) {
    cli.err(
      'warning: too many ways lead through the dialplan to follow all of them; the audit is not complete\n',
    );
  }
  return flags.failOn !== 'never' && reaches(report, flags.failOn) ? EXIT.failed : EXIT.ok;
}

async function ask(cli: Cli, flags: AuditFlags): Promise<AuditReport> {
  if (flags.conf !== undefined) throw new AppError('usage', '--conf and --daemon exclude each other');
  const query = flags.switch === undefined ? {} : { switch: flags.switch };
  return ApiClient.of(cli, flags).get('/audit', auditSchema, { query, timeoutMs: TIMEOUT_MS });
}

function folderOf(cli: Cli, flags: AuditFlags): string {
  if (flags.conf !== undefined) return flags.conf;
  const { switches } = readNamedConfig(cli, flags, 'defaults').config;
  const named = flags.switch === undefined ? Object.values(switches) : [switches[flags.switch]];
  if (flags.switch !== undefined && named[0] === undefined)
    throw new AppError('no_such_switch', flags.switch);
  const folder =
    named.find((one) => one?.conf_dir !== undefined)?.conf_dir ??
    USUAL_PLACES.find((place) => existsSync(path.join(place, 'freeswitch.xml')));
  if (folder === undefined) {
    throw new AppError(
      'usage',
      `name the folder with --conf; none of ${USUAL_PLACES.join(', ')} holds freeswitch.xml`,
    );
  }
  return folder;
}

const COLOURS: Readonly<Record<Severity, string>> = { error: '31;1', warning: '33', note: '36' };

function printReport(cli: Cli, report: AuditReport): void {
  const line = (text: string): void => cli.out(`${printable(text)}\n`);
  for (const finding of report.findings) printFinding(cli, finding);
  if (report.not_judged.length > 0) {
    line('Not judged:');
    for (const { file, line: number, what } of report.not_judged) line(`  ${file}:${number}  ${what}`);
    line('');
  }
  const counts = SEVERITIES.map((severity) => {
    const count = report.findings.filter((finding) => finding.severity === severity).length;
    return counted(count, severity);
  });
  line(`${report.folder}: ${counts.join(', ')} in ${counted(report.files, 'file')}`);
}

function printFinding(cli: Cli, finding: Finding): void {
  const { rule, severity, file, line: number, message, why, remedy, path: way } = finding;
  const line = (text: string): void => cli.out(`${printable(text)}\n`);
  const label = cli.colour ? `\u001b[${COLOURS[severity]}m${severity}\u001b[0m` : severity;
  cli.out(`${label} ${printable(`${rule}  ${file}:${number}`)}\n`);
  line(`  ${message}`);
  for (const [i, step] of (way ?? []).entries()) {
    const example = step.number === undefined ? '' : `  (for example ${step.number || 'no number'})`;
    line(`    ${i + 1}. ${step.what}${example}  ${step.file}:${step.line}`);
  }
  line(`  Why: ${why}`);
  line(`  Remedy: ${remedy}`);
  line('');
}
