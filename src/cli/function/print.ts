import { stringify } from 'yaml';
import type { Misfit } from '../../functions/uses.js';
import type { FunctionAnswer, FunctionsAnswer } from '../../http/contract/functions.js';
import { errorOfCode } from '../api-client.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable, printError } from '../print-error.js';
import { printJson } from '../print-json.js';
import type { Immutable } from '../remote.js';
import { textTable } from '../text-table.js';
import type { ShownChange, ShownTrial } from './backend.js';

export function printList(cli: Cli, list: Immutable<FunctionsAnswer>): void {
  if (list.length === 0) {
    cli.err('there are no functions\n');
    return;
  }
  cli.out(
    textTable(
      ['NAME', 'KIND', 'RESPONSE', 'TIMEOUT', 'TARGET', 'DESCRIPTION'],
      list.map((one) => [
        one.name,
        one.kind,
        one.response,
        `${one.timeout_ms} ms`,
        one.target,
        one.description,
      ]),
    ),
  );
}

export function printView(cli: Cli, view: Immutable<FunctionAnswer>): void {
  cli.out(`# ${view.name}, ${view.place}\n`);
  cli.out(printable(stringify(view.settings, { lineWidth: 110 })));
  cli.out(view.uses.length === 0 ? '# no flow uses it\n' : '# used by\n');
  for (const { place, flow, block } of view.uses) {
    cli.out(printable(`#   ${place}: block ${block} of flow ${flow}`) + '\n');
  }
  for (const reason of view.unreadable) cli.err(`warning: ${printable(reason)}\n`);
  warnOf(cli, view.misfits);
}

export function printChange(
  cli: Cli,
  what: string,
  change: ShownChange,
  flags: { readonly json?: boolean },
): void {
  const { files, misfits, in_force: isInForce = true, problem = '' } = change;
  if (!isInForce) cli.exitCode = EXIT.failed;
  if (flags.json === true) {
    printJson(cli, change);
    return;
  }
  cli.out(`${what}: ${files.map(printable).join(', ')}\n`);
  warnOf(cli, misfits);
  if (!isInForce) cli.err(`warning: written, and not in force: ${printable(problem)}\n`);
}

export function printTrial(cli: Cli, trial: ShownTrial): void {
  const { ok, code: failure, duration_ms: durationMs, attempts, request, response, remarks, flows } = trial;
  const { values, printed = [] } = trial;
  cli.out(`request   ${printable(request)}\n`);
  for (const { attempt, url, duration_ms: tryMs, status, code, detail } of attempts) {
    const parts = [
      `try ${attempt}`,
      url ?? '',
      status === undefined ? '' : `HTTP ${status}`,
      code ?? '',
      detail ?? '',
      `${tryMs} ms`,
    ];
    cli.out(
      `          ${parts
        .filter((part) => part !== '')
        .map(printable)
        .join('  ')}\n`,
    );
  }
  for (const line of printed.flatMap((text) => text.trimEnd().split('\n'))) {
    cli.out(`printed   ${printable(line)}\n`);
  }
  if (response !== undefined) cli.out(`response  ${printable(response.slice(0, 4096).trimEnd())}\n`);
  if (failure === undefined) {
    cli.out(`result    ok, ${durationMs} ms\n`);
    for (const [name, value] of Object.entries(values ?? {})) {
      cli.out(`          $.External.${printable(name)} = ${printable(JSON.stringify(value))}\n`);
    }
  } else {
    cli.out(`result    ${printable(failure)}, ${durationMs} ms\n`);
  }
  for (const remark of remarks) cli.err(`warning: ${printable(remark)}\n`);
  for (const { place, flow, block, missing } of flows) {
    const verdict = missing.length === 0 ? 'has what it needs' : `misses ${missing.join(', ')}`;
    cli.out(printable(`flow      ${flow}, block ${block} (${place}): ${verdict}`) + '\n');
  }
  if (!ok && failure !== undefined) printError(cli, errorOfCode(failure, trial.detail ?? ''));
}

function warnOf(cli: Cli, misfits: readonly Misfit[]): void {
  for (const { place, flow, block, problem } of misfits) {
    cli.err(printable(`warning: ${place}: block ${block} of flow ${flow} ${problem}`) + '\n');
  }
}
