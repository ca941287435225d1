import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { checked } from '../checked.js';
import { AppError } from '../errors.js';
import { apiEventSchema } from '../http/contract/events.js';
import type { ApiEvent } from '../http/contract/events.js';
import { ApiClient, daemonOptions } from './api-client.js';
import type { DaemonFlags } from './api-client.js';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { printable } from './print-error.js';

interface EventsFlags extends DaemonFlags {
  readonly types?: string;
  readonly uuid?: string;
  readonly program?: string;
  readonly number?: string;
  readonly switch?: string;
  readonly since?: string;
}

const AGAIN_MS = 2000;

export function eventsCommand(cli: Cli): Command {
  return daemonOptions(new Command('events'))
    .description('Follow what happens on calls and switches.')
    .option('--types <types>', 'only those, with commas between: call.*,action.completed')
    .option('--uuid <uuid>', 'only of that call')
    .option('--program <text>', 'only of calls whose program has this in it')
    .option('--number <digits>', 'only of calls whose caller or destination has this in it')
    .option('--switch <name>', 'only of that switch')
    .option('--since <id>', 'begin behind the event with that id')
    .addHelpText(
      'after',
      `
With --json: one JSON text per line. A connection that is lost is opened again, and goes on behind the last event.
Ctrl-C ends it.

Example:
  switchhook events --types call.started,call.ended`,
    )
    .action(async (flags: EventsFlags) => {
      cli.exitCode = await follow(cli, flags);
    });
}

async function follow(cli: Cli, flags: EventsFlags): Promise<number> {
  const client = ApiClient.of(cli, flags);
  const stop = new AbortController();
  let code: number = EXIT.ok;
  const leave = cli.onSignal((signal) => {
    code = signal === 'SIGINT' ? 130 : 143;
    stop.abort();
  });
  const { types, uuid, program, number } = flags;
  const query = { types, uuid, program, number, switch: flags.switch };
  let last = flags.since;
  let isFirst = true;
  try {
    while (!stop.signal.aborted) {
      try {
        const stream = client.stream('/events', {
          query,
          signal: stop.signal,
          ...(last === undefined ? {} : { headers: { 'last-event-id': last } }),
        });
        for await (const { event, id, data } of stream) {
          isFirst = false;
          if (id !== '') last = id;
          if (event === 'hello' && isTrue(data, 'missed')) cli.err('some events are not there any more\n');
          else if (event === 'end') cli.err(`the daemon ends it: ${printable(textIn(data, 'reason'))}\n`);
          else if (event !== 'hello') print(cli, flags, data);
        }
      } catch (error) {
        const passing =
          error instanceof AppError &&
          ['daemon_unreachable', 'too_many_readers', 'rate_limited'].includes(error.code);
        if (isStopped(stop.signal)) break;
        if (isFirst || !passing) throw error;
      }
      await pause(AGAIN_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    leave();
  }
  return code;
}

/** It may be, by now. */
function isStopped({ aborted }: AbortSignal): boolean {
  return aborted;
}

function print(cli: Cli, flags: EventsFlags, data: unknown): void {
  const event = checked(apiEventSchema, data);
  if (!event.success) throw new AppError('daemon_protocol', 'an event without id and type');
  if (flags.json === true) cli.out(`${JSON.stringify(data)}\n`);
  else cli.out(`${printable(lineOf(event.data))}\n`);
}

/** `10:00:01.123  call.ended  7c4f…  result=done` */
function lineOf({ type, at, uuid = '', ...rest }: ApiEvent): string {
  const facts = Object.entries(rest)
    .filter(
      ([key, value]) =>
        key !== 'id' && key !== 'at_ms' && value !== '' && !(Array.isArray(value) && value.length === 0),
    )
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [at.slice(11, 23), type.padEnd(20), uuid, ...facts].filter((part) => part !== '').join('  ');
}

function isTrue(data: unknown, key: string): boolean {
  return typeof data === 'object' && data !== null && (data as Record<string, unknown>)[key] === true;
}

function textIn(data: unknown, key: string): string {
  const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[key] : '';
  return typeof value === 'string' ? value : '';
}
