import { Command } from 'commander';
import type { z } from 'zod';
import { liveCallDetailsSchema } from '../../http/contract/calls.js';
import { ApiClient, daemonOptions, path } from '../api-client.js';
import type { DaemonFlags } from '../api-client.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit-code.js';
import { printable } from '../print-error.js';
import { printJson } from '../print-json.js';

export function showCommand(cli: Cli): Command {
  return daemonOptions(new Command('show'))
    .description('Show a live call and everything that has happened on it so far.')
    .argument('<uuid>', 'the uuid of the channel')
    .addHelpText(
      'after',
      `
What callers entered is masked, unless log.show_digits is set.

Example:
  switchhook call show 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10`,
    )
    .action(async (uuid: string, flags: DaemonFlags) => {
      const call = await ApiClient.of(cli, flags).get(path`/calls/${uuid}`, liveCallDetailsSchema);
      if (flags.json === true) printJson(cli, call);
      else print(cli, call);
      cli.exitCode = EXIT.ok;
    });
}

function print(cli: Cli, call: z.infer<typeof liveCallDetailsSchema>): void {
  const { trace, ...rest } = call;
  const running = rest.running.length === 0 ? '' : `: ${rest.running.join(' ')}`;
  const lines: [string, string][] = [
    ['call', `${rest.uuid}  ${rest.caller} → ${rest.destination}`],
    ['since', `${rest.started_at}, ${Math.round(rest.elapsed_ms / 1000)} s`],
    ['by', rest.switch === undefined ? rest.origin : `${rest.origin} to switch ${rest.switch}`],
    ['program', rest.program],
    [
      'now',
      `${rest.state}${running}${rest.application === undefined ? '' : ` (on the channel: ${rest.application})`}`,
    ],
    ['actions', `${rest.actions_ran} ran${rest.appended === 0 ? '' : `, ${rest.appended} lists to follow`}`],
  ];
  for (const [name, value] of lines) cli.out(`${name.padEnd(8)} ${printable(value)}\n`);
  cli.out('\n');
  for (const { at_ms: atMs, type, ...more } of trace) {
    const parts = Object.entries(more).flatMap(([key, value]) =>
      isEmpty(value) ? [] : [`${key}=${textOf(value)}`],
    );
    cli.out(`${String(atMs).padStart(8)} ms  ${printable([type.padEnd(11), ...parts].join('  '))}\n`);
  }
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
