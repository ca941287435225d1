import type {
  AclApplyAnswer,
  AclCheckAnswer,
  AclEditAnswer,
  AclListAnswer,
  AclListsAnswer,
  AclTestAnswer,
} from '../../http/contract/acl.js';
import type { Cli } from '../cli.js';
import { counted } from '../counted.js';
import { printable } from '../print-error.js';
import { textTable } from '../text-table.js';
import type { Immutable } from '../remote.js';

type Out = Pick<Cli, 'out' | 'err'>;

export function printLists(cli: Out, lists: Immutable<AclListsAnswer>): void {
  const rows = lists.map((list) => [
    list.name,
    list.default,
    String(list.entries),
    list.problems === 0 ? '' : String(list.problems),
    list.builtin
      ? "FreeSWITCH's own"
      : `${list.file ?? ''}:${list.line ?? 0}${list.replaced ? ' (replaced)' : ''}`,
  ]);
  cli.out(textTable(['LIST', 'DEFAULT', 'ENTRIES', 'PROBLEMS', 'WHERE'], rows));
}

export function printList(cli: Out, { list, entries, findings }: Immutable<AclListAnswer>): void {
  cli.out(`${printable(list.name)}: whom no entry is for, it says ${list.default}\n`);
  const rows = entries.map((entry) => [
    entry.type,
    entry.text + (entry.ports === undefined ? '' : ` ports ${entry.ports}`),
    list.builtin ? '' : String(entry.line),
  ]);
  cli.out(textTable(['TYPE', 'ENTRY', 'LINE'], rows));
  printFindings(cli, findings);
}

export function printEdit(cli: Out, edit: Immutable<AclEditAnswer>, dryRun: boolean): void {
  for (const { severity, text } of edit.notes)
    cli.err(`${severity === 'info' ? 'note' : 'warning'}: ${printable(text)}\n`);
  for (const line of edit.diff.split('\n')) if (line !== '') cli.out(`${printable(line)}\n`);
  if (dryRun) cli.out('Nothing was written.\n');
  else if (!edit.changed) cli.out('Nothing to do.\n');
  else
    cli.out(
      `${printable(edit.file)} is written (before: ${printable(edit.backup ?? '')}). FreeSWITCH takes it over by: switchhook acl apply\n`,
    );
}

export function printTest(cli: Out, { tests, notes }: Immutable<AclTestAnswer>): void {
  const rows = tests.map((test) => [
    test.list,
    test.answer,
    test.freeswitch === undefined ? '-' : test.freeswitch + (test.agrees === false ? ' !' : ''),
    test.because,
    test.entry === undefined
      ? ''
      : `${test.entry.type} ${test.entry.text}${test.builtin ? '' : ` (line ${test.entry.line})`}`,
  ]);
  cli.out(textTable(['LIST', 'FILE SAYS', 'FREESWITCH', 'BECAUSE', 'ENTRY'], rows));
  if (tests.length === 1)
    for (const entry of tests[0]?.outranked ?? [])
      cli.out(printable(`does not decide: ${entry.type} ${entry.text} (line ${entry.line})`) + '\n');
  for (const note of notes) cli.err(`${printable(note)}\n`);
}

export function printCheck(cli: Out, checked: Immutable<AclCheckAnswer>): void {
  printFindings(cli, checked.findings);
  for (const note of checked.notes) cli.err(`${printable(note)}\n`);
  cli.out(
    checked.findings.length === 0
      ? `${printable(checked.file)}: nothing to complain about\n`
      : `${counted(checked.errors, 'error')}, ${counted(checked.warnings, 'warning')}\n`,
  );
}

export function printApplied(cli: Out, applied: Immutable<AclApplyAnswer>): void {
  cli.out(`${printable(applied.answer)}\n`);
  if (applied.differences.length === 0) {
    cli.out(`${applied.compared} answers of FreeSWITCH are as the file says.\n`);
    return;
  }
  cli.out('FreeSWITCH answers otherwise than the file says: has it its lists from elsewhere?\n');
  printTest(cli, { tests: applied.differences, notes: [] });
}

function printFindings(cli: Out, findings: Immutable<AclCheckAnswer['findings']>): void {
  for (const { severity, file, line, list, message, remedy } of findings) {
    const place = `${file}${line === undefined ? '' : `:${line}`}`;
    const of = list === undefined ? '' : ` [${list}]`;
    cli.out(`${printable(`${place}: ${severity}${of}: ${message}`)}\n    ${printable(remedy)}\n`);
  }
}
