import { Command } from 'commander';
import { AppError } from '../errors.js';
import {
  deadLetterSchema,
  deadLettersSchema,
  receiversSchema,
  redeliveredSchema,
} from '../http/contract/callbacks.js';
import { ApiClient, daemonOptions, path } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { printJson } from './print-json.js';
import { textTable } from './text-table.js';

interface FilterFlags extends DaemonFlags {
  readonly receiver?: string;
  readonly uuid?: string;
  readonly type?: string;
}

interface ListFlags extends FilterFlags {
  readonly limit?: string;
  readonly after?: string;
}

interface RedeliverFlags extends FilterFlags {
  readonly all?: boolean;
}

export function callbacksCommand(cli: Cli): Command {
  return new Command('callbacks')
    .description('Look at status callbacks: their receivers, and what could not be delivered.')
    .addCommand(statusCommand(cli))
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(redeliverCommand(cli));
}

function filtered(name: string): Command {
  return daemonOptions(new Command(name))
    .option('--receiver <name>', 'only those of this receiver')
    .option('--uuid <uuid>', 'only those of this channel')
    .option('--type <type>', 'only those of this type, such as call.ended');
}

function statusCommand(cli: Cli): Command {
  return daemonOptions(new Command('status'))
    .description('Show the receivers, and what waits for them.')
    .addHelpText(
      'after',
      `
Exit code 1 when one of them does not take what it is sent, or has dead letters.

Example:
  switchhook callbacks status`,
    )
    .action(async (flags: DaemonFlags) => {
      cli.exitCode = await status(cli, flags);
    });
}

function listCommand(cli: Cli): Command {
  return filtered('list')
    .description('List the events that were given up (dead letters), the oldest first.')
    .option('--limit <count>', 'at most so many (default 100)')
    .option('--after <id>', 'only those after this one')
    .addHelpText('after', '\nExample:\n  switchhook callbacks list --receiver crm --type call.ended')
    .action((flags: ListFlags) => list(cli, flags));
}

function showCommand(cli: Cli): Command {
  return daemonOptions(new Command('show'))
    .description('Show a dead letter with its body, as JSON.')
    .argument('<id>', 'its id')
    .addHelpText('after', '\nExample:\n  switchhook callbacks show evt_3f0c9b2a7d5e4c1b8a6f0d2e_1b2c3d4e_7')
    .action(async (id: string, flags: DaemonFlags) => {
      printJson(
        cli,
        await ApiClient.of(cli, flags).get(path`/callbacks/dead-letters/${id}`, deadLetterSchema),
      );
    });
}

function redeliverCommand(cli: Cli): Command {
  return filtered('redeliver')
    .description('Send dead letters again.')
    .argument('[ids...]', 'their ids; without any, name a receiver, a channel, a type, or --all')
    .option('--all', 'all of them')
    .addHelpText(
      'after',
      `
They are sent with the ids that they had, after what is waiting for the receiver.

Example:
  switchhook callbacks redeliver --receiver crm`,
    )
    .action((ids: string[], flags: RedeliverFlags) => redeliver(cli, ids, flags));
}

async function status(cli: Cli, flags: DaemonFlags): Promise<number> {
  const all = await ApiClient.of(cli, flags).get('/callbacks/receivers', receiversSchema);
  if (flags.json === true) printJson(cli, all);
  else if (all.length === 0) cli.err('The configuration names no receiver of callbacks.\n');
  else {
    const rows = all.map((receiver) => [
      receiver.name,
      receiver.failing_since === undefined ? 'ok' : 'FAILING',
      String(receiver.waiting),
      String(receiver.delivered),
      String(receiver.dead_letters),
      receiver.failing_since ?? '',
      receiver.next_try_at ?? '',
      receiver.last_error ?? '',
    ]);
    const head = ['RECEIVER', 'STATE', 'WAITING', 'DELIVERED', 'DEAD', 'FAILING SINCE', 'NEXT TRY', 'ERROR'];
    cli.out(textTable(head, rows));
  }
  const isBad = all.some((one) => one.failing_since !== undefined || one.dead_letters > 0);
  return isBad ? EXIT.failed : EXIT.ok;
}

async function list(cli: Cli, flags: ListFlags): Promise<void> {
  const { receiver, uuid, type, limit, after } = flags;
  const query = { receiver, uuid, type, limit, after };
  const answer = await ApiClient.of(cli, flags).get('/callbacks/dead-letters', deadLettersSchema, { query });
  if (flags.json === true) {
    printJson(cli, answer);
    return;
  }
  if (answer.letters.length === 0) cli.err('There are no dead letters.\n');
  else {
    const rows = answer.letters.map((letter) => [
      letter.id,
      letter.receiver,
      letter.type,
      String(letter.sequence),
      letter.uuid,
      letter.timestamp,
      letter.given_up_at,
      letter.reason,
    ]);
    cli.out(textTable(['ID', 'RECEIVER', 'TYPE', 'NO', 'UUID', 'HAPPENED', 'GIVEN UP', 'REASON'], rows));
  }
  if (answer.after !== undefined) cli.err(`There may be more: --after ${answer.after}\n`);
}

async function redeliver(cli: Cli, ids: readonly string[], flags: RedeliverFlags): Promise<void> {
  const { receiver, uuid, type, all } = flags;
  const filters = [receiver, uuid, type, all].filter((one) => one !== undefined);
  if (ids.length > 0 === filters.length > 0)
    throw new AppError('usage', 'Name ids, or --receiver, --uuid, --type or --all.');
  const body = ids.length > 0 ? { ids } : { receiver, uuid, type, ...(all === true ? { all } : {}) };
  const { redelivered } = await ApiClient.of(cli, flags).post(
    '/callbacks/dead-letters/redeliver',
    redeliveredSchema,
    { body },
  );
  if (flags.json === true) printJson(cli, { redelivered });
  else cli.out(`${redelivered} ${redelivered === 1 ? 'event goes' : 'events go'} out again\n`);
}
