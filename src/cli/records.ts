import { Command, Option } from 'commander';
import { recordSchema, recordsSchema } from '../http/contract/records.js';
import type { RecordAnswer } from '../http/contract/records.js';
import { ApiClient, daemonOptions, path } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { printJson } from './print-json.js';
import { textTable } from './text-table.js';

interface ListFlags extends DaemonFlags {
  readonly number?: string;
  readonly flow?: string;
  readonly program?: string;
  readonly result?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export function recordsCommand(cli: Cli): Command {
  return new Command('records')
    .description('Look at the contact records of calls that ended.')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli));
}

function listCommand(cli: Cli): Command {
  return daemonOptions(new Command('list'))
    .description('List them, the newest first.')
    .option('--number <digits>', 'only those with this in the number of either end')
    .option('--flow <name>', 'only those that entered that flow first')
    .option('--program <text>', 'only those whose program has this in it')
    .addOption(
      new Option('--result <result>', 'only those').choices([
        'done',
        'failed',
        'hung_up',
        'moved',
        'lost',
        'interrupted',
      ]),
    )
    .option('--since <time>', 'ended then or later: 2026-03-01T00:00:00Z')
    .option('--until <time>', 'ended before')
    .option('--limit <count>', 'at most so many (default 50)')
    .option('--cursor <cursor>', 'go on behind an earlier list')
    .addHelpText(
      'after',
      '\nExample:\n  switchhook records list --result failed --since 2026-03-01T00:00:00Z',
    )
    .action(async (flags: ListFlags) => {
      const { number, flow, program, result, since, until, limit, cursor } = flags;
      const query = { number, flow, program, result, since, until, limit, cursor };
      const answer = await ApiClient.of(cli, flags).get('/records', recordsSchema, { query });
      if (flags.json === true) {
        printJson(cli, answer);
        return;
      }
      const { records, next_cursor: next } = answer;
      if (records.length > 0)
        cli.out(
          textTable(
            ['ENDED', 'CALL', 'CALLER', 'CALLED', 'FOR', 'RESULT', 'CAUSE', 'PROGRAM'],
            records.map(row),
          ),
        );
      if (next !== undefined) cli.err(`more: --cursor ${next}\n`);
      else if (records.length === 0) cli.err('there are none\n');
    });
}

function showCommand(cli: Cli): Command {
  return daemonOptions(new Command('show'))
    .description('Show the record of a call, as JSON.')
    .argument('<uuid>', 'the uuid of the channel')
    .addHelpText('after', '\nExample:\n  switchhook records show 7c4f0d3e-9c0f-4d0b-8d1c-0f7d3c1b2a10')
    .action(async (uuid: string, flags: DaemonFlags) => {
      printJson(cli, await ApiClient.of(cli, flags).get(path`/records/${uuid}`, recordSchema));
    });
}

function row(record: RecordAnswer): string[] {
  const { ended_at: ended, contact_id: id, duration_ms: ms, result, hangup_cause: cause, program } = record;
  return [
    ended,
    id,
    record.customer_endpoint?.address ?? '',
    record.system_endpoint?.address ?? '',
    `${Math.round(ms / 1000)} s`,
    result,
    cause ?? '',
    program,
  ];
}
