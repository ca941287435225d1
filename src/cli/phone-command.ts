import { setTimeout as pause } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { AppError, ERRORS } from '../errors.js';
import { addVariable } from './actions.js';
import type { Cli } from './cli.js';
import { Ends } from './ends.js';
import { EXIT } from './exit-code.js';
import { BACK_IN_DIALPLAN, PHONE_USERS, startPhone } from './phone.js';
import type { Phone } from './phone.js';
import { SwitchWatch } from './switch-watch.js';
import type { WatchedEvent } from './switch-watch.js';
import { Timeline } from './timeline.js';

interface PhoneFlags {
  readonly host: string;
  readonly port: number;
  readonly digits?: string;
  readonly var: Readonly<Record<string, string>>;
  readonly caller: string;
}

/** The dialplan's own work before and after the program. */
const HIDDEN = ['socket', 'execute_extension'];

const CTRL_C = '\u0003';

/** How long the daemon may take over the end of a call before the line is cut. */
const SETTLING_MS = 2000;

/** `switchhook phone`, which is also what `switchhook call` does with a number. */
export function phoneCommand(cli: Cli, name = 'phone'): Command {
  return new Command(name)
    .description('Place a simulated call to a running daemon and show what FreeSWITCH would do.')
    .argument('<number>', 'the number that the caller dials')
    .option('--host <host>', 'where the daemon listens', '127.0.0.1')
    .addOption(
      new Option('--port <port>', 'its port for the socket application').default(8084).argParser(portNumber),
    )
    .option('--digits <digits>', 'what the caller presses when asked; w waits half a second')
    .option('--var <name=value>', 'a channel variable; may be repeated', addVariable, {})
    .option('--caller <number>', 'the number of the caller', '1001')
    .addHelpText(
      'after',
      `
No FreeSWITCH is needed; the users ${PHONE_USERS.join(', ')} are there to be called, and of sound files those of this
machine. Name by --var who decides: cti_curl, a URL or one of the daemon's endpoints, or cti_flow; without either, the
flow that claims the number. In a terminal the keys 0 to 9, * and # are what the caller presses; q hangs up.
"switchhook call <number>" is the same.

Example:
  switchhook phone 7001 --var 'cti_curl=http://127.0.0.1:8080/app?number={destination_number}' --digits 1`,
    )
    .action(async (number: string, flags: PhoneFlags) => {
      cli.exitCode = await call(cli, number, flags);
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('expected a port');
  return port;
}

async function call(cli: Cli, number: string, flags: PhoneFlags): Promise<number> {
  checkFlags(number, flags);
  const timeline = new Timeline(cli);
  const watch = new SwitchWatch((what, tone) => timeline.line('switch', what, tone), HIDDEN);
  const ends = new Ends();
  try {
    timeline.line('caller', `${flags.caller} dials ${number}`);
    const phone = await startPhone({
      daemon: `${flags.host}:${flags.port}`,
      number,
      caller: flags.caller,
      variables: flags.var,
      ...(flags.digits !== undefined && { digits: flags.digits }),
      onEvent: (event) => watch.onEvent(event),
    });
    ends.add(() => phone.stop());
    const interrupted = followKeys(cli, phone, ends);
    const last = await Promise.race([watch.hungUp, interrupted]);
    if (typeof last === 'string') return last === 'SIGINT' ? 130 : 143;
    // The daemon reads how its list ended when the channel is gone already.
    await Promise.race([phone.settled(), interrupted, pause(SETTLING_MS, undefined, { ref: false })]);
    return tell(cli, timeline, flags, last);
  } finally {
    await ends.run();
  }
}

function checkFlags(number: string, flags: PhoneFlags): void {
  if (!/^[\w.+*#-]{1,128}$/.test(number))
    throw new AppError('usage', 'the number may hold letters, digits and + * # . _ -');
  if (flags.digits !== undefined && !/^[0-9A-DwW*#]+$/.test(flags.digits)) {
    throw new AppError('usage', '--digits takes 0 to 9, A to D, * and #, and w for half a second');
  }
}

/** @returns resolves when the command is to stop */
function followKeys(cli: Cli, phone: Phone, ends: Ends): Promise<'SIGTERM' | 'SIGINT'> {
  return new Promise((resolve) => {
    ends.add(cli.onSignal(resolve));
    const leave = cli.keys?.((key) => {
      if (key === CTRL_C) resolve('SIGINT');
      else if (key === 'q') phone.hangUp();
      else if (/^[0-9*#]$/.test(key)) phone.press(key);
    });
    if (leave !== undefined) ends.add(leave);
  });
}

/** @param last reports the hang-up, with the channel's variables */
function tell(cli: Cli, timeline: Timeline, flags: PhoneFlags, last: WatchedEvent): number {
  const status = last.get('variable_cti_status') ?? '';
  const error = last.get('variable_cti_error') ?? '';
  if (status === 'failed') {
    timeline.line('call', `back in the dialplan with cti_status=failed cti_error=${error}`, 'bad');
    const known = Object.entries(ERRORS).find(([code]) => code === error)?.[1];
    if (known !== undefined) cli.err(`${known.message}\n  ${known.remedy}\n`);
    return EXIT.failed;
  }
  if (status === '' && last.get(`variable_${BACK_IN_DIALPLAN}`) !== undefined) {
    throw new AppError('daemon_unreachable', `${flags.host}:${flags.port}`);
  }
  const how =
    status === '' ? 'ended by an action or by the caller' : `back in the dialplan with cti_status=${status}`;
  timeline.line('call', how, 'good');
  return EXIT.ok;
}
