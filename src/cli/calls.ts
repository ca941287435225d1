import { setTimeout as pause } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { z } from 'zod';
import { AppError } from '../errors.js';
import { liveCallsSchema } from '../http/contract/calls.js';
import { ApiClient, daemonOptions } from './api-client.js';
import type { ApiQuestion, DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { errorText } from './print-error.js';
import { printJson } from './print-json.js';
import { textTable } from './text-table.js';

interface CallsFlags extends DaemonFlags {
  readonly watch?: boolean;
  readonly state?: string;
  readonly origin?: string;
  readonly switch?: string;
  readonly program?: string;
  readonly number?: string;
  readonly limit?: string;
}

type LiveCalls = z.infer<typeof liveCallsSchema>;

const WATCH_PERIOD_MS = 1000;
const HEAD = ['UUID', 'CALLER', 'DESTINATION', 'FOR', 'BY', 'STATE', 'RUNS', 'ACTIONS', 'PROGRAM'];
/** Cursor to the first place, and everything behind it cleared. */
const HOME = '\u001b[H\u001b[J';
const CTRL_C = '\u0003';

export function callsCommand(cli: Cli): Command {
  return daemonOptions(new Command('calls'))
    .description('Show the calls that the daemon has under control.')
    .option('--watch', 'show them again every second, in place')
    .addOption(
      new Option('--state <state>', 'only those').choices(['asking', 'running', 'between', 'ending']),
    )
    .addOption(new Option('--origin <origin>', 'only those').choices(['socket', 'attached']))
    .option('--switch <name>', 'only those attached through that switch')
    .option('--program <text>', 'only those whose program has this in it')
    .option('--number <digits>', 'only those whose caller or destination has this in it')
    .option('--limit <count>', 'at most so many (default 1000)')
    .addHelpText(
      'after',
      `
With --watch and --json: one JSON text per line and second. q or Ctrl-C ends it.

Example:
  switchhook calls --watch --program billing`,
    )
    .action(async (flags: CallsFlags) => {
      cli.exitCode = await calls(cli, flags);
    });
}

async function calls(cli: Cli, flags: CallsFlags): Promise<number> {
  const client = ApiClient.of(cli, flags);
  const { state, origin, program, number, limit } = flags;
  const question = { query: { state, origin, switch: flags.switch, program, number, limit } };
  if (flags.watch === true) return watch(cli, client, question, flags);
  const all = await client.get('/calls', liveCallsSchema, question);
  if (flags.json === true) printJson(cli, all);
  else cli.out(tableOf(all));
  return EXIT.ok;
}

async function watch(cli: Cli, client: ApiClient, question: ApiQuestion, flags: CallsFlags): Promise<number> {
  const ends: (() => void)[] = [];
  const stopped = new Promise<number>((resolve) => {
    ends.push(cli.onSignal((signal) => resolve(signal === 'SIGINT' ? 130 : 143)));
    const leave = cli.keys?.((key) => {
      if (key === 'q') resolve(EXIT.ok);
      else if (key === CTRL_C) resolve(130);
    });
    if (leave !== undefined) ends.push(leave);
  });
  try {
    // The first answer decides whether there is anything to watch; later ones may fail for a while.
    cli.out(render(cli, await client.get('/calls', liveCallsSchema, question), flags));
    for (;;) {
      const code = await Promise.race([stopped, pause(WATCH_PERIOD_MS, undefined)]);
      if (code !== undefined) return code;
      cli.out(await again(cli, client, question, flags));
    }
  } finally {
    for (const end of ends) end();
  }
}

async function again(cli: Cli, client: ApiClient, question: ApiQuestion, flags: CallsFlags): Promise<string> {
  try {
    return render(cli, await client.get('/calls', liveCallsSchema, question), flags);
  } catch (error) {
    const passing = error instanceof AppError && ['daemon_unreachable', 'rate_limited'].includes(error.code);
    if (!passing) throw error;
    return flags.json === true ? '' : `${cli.terminal ? HOME : ''}${errorText(error)}\n`;
  }
}

function render(cli: Cli, all: LiveCalls, flags: CallsFlags): string {
  if (flags.json === true) return `${JSON.stringify(all)}\n`;
  return `${cli.terminal ? HOME : ''}${tableOf(all)}`;
}

function tableOf({ total, calls: shown }: LiveCalls): string {
  const rows = shown.map((call) => [
    call.uuid,
    call.caller,
    call.destination,
    duration(call.elapsed_ms),
    call.switch ?? call.origin,
    call.appended > 0 ? `${call.state} +${call.appended}` : call.state,
    call.running.join(' '),
    String(call.actions_ran),
    call.program,
  ]);
  const table = rows.length === 0 ? '' : textTable(HEAD, rows);
  const hidden = total - rows.length;
  const sum = total === 1 ? '1 call' : `${total} calls`;
  return `${table}${sum}${hidden > 0 ? `, ${hidden} not shown` : ''}\n`;
}

/** `0:07`, `1:02:03` */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
