import { stringify } from 'yaml';
import { AppError } from '../../errors.js';
import type { FunctionChange, FunctionSummary, FunctionView } from '../../functions/registry.js';
import type { FunctionTrial } from '../../functions/trial.js';
import type { Misfit } from '../../functions/uses.js';
import type { Cli } from '../cli.js';
import { printable, printError } from '../print-error.js';
import { printJson } from '../print-json.js';
import { textTable } from '../text-table.js';

export function printList(cli: Cli, list: readonly FunctionSummary[]): void {
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
        `${one.timeoutMs} ms`,
        one.target,
        one.description,
      ]),
    ),
  );
}

export function printView(cli: Cli, view: FunctionView): void {
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
  change: FunctionChange,
  flags: { readonly json?: boolean },
): void {
  if (flags.json === true) {
    printJson(cli, change);
    return;
  }
  cli.out(`${what}: ${change.files.map(printable).join(', ')}\n`);
  warnOf(cli, change.misfits);
}

export function printTrial(cli: Cli, trial: FunctionTrial, printed: readonly string[]): void {
  const { result, attempts, request, response, remarks, flows } = trial;
  cli.out(`request   ${printable(request)}\n`);
  for (const { attempt, url, durationMs, status, code, detail } of attempts) {
    const parts = [
      `try ${attempt}`,
      url ?? '',
      status === undefined ? '' : `HTTP ${status}`,
      code ?? '',
      detail ?? '',
      `${durationMs} ms`,
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
  if (result.ok) {
    cli.out(`result    ok, ${result.durationMs} ms\n`);
    for (const [name, value] of Object.entries(result.values)) {
      cli.out(`          $.External.${printable(name)} = ${printable(JSON.stringify(value))}\n`);
    }
  } else {
    cli.out(`result    ${result.code}, ${result.durationMs} ms\n`);
  }
  for (const remark of remarks) cli.err(`warning: ${printable(remark)}\n`);
  for (const { place, flow, block, missing } of flows) {
    const verdict = missing.length === 0 ? 'has what it needs' : `misses ${missing.join(', ')}`;
    cli.out(printable(`flow      ${flow}, block ${block} (${place}): ${verdict}`) + '\n');
  }
  if (!result.ok) printError(cli, new AppError(result.code, result.detail));
}

function warnOf(cli: Cli, misfits: readonly Misfit[]): void {
  for (const { place, flow, block, problem } of misfits) {
    cli.err(printable(`warning: ${place}: block ${block} of flow ${flow} ${problem}`) + '\n');
  }
}
