import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { CallRecord, TraceEntry } from '../call/call.js';
import { configSchema } from '../config/schema.js';
import type { Config } from '../config/schema.js';
import { AppError } from '../errors.js';
import { createLogger } from '../telemetry/log.js';
import type { Cli } from './cli.js';
import { startExampleApp } from './demo/app.js';
import { findFreeswitch, startFreeswitch } from './demo/freeswitch.js';
import {
  DEMO_AGENT,
  DEMO_CALLER,
  DEMO_DOMAIN,
  DEMO_NUMBER,
  demoDialplan,
  demoDirectory,
} from './demo/switch.js';
import type { DemoSwitch, DemoSwitchOptions } from './demo/switch.js';
import { toneFile } from './demo/tone.js';
import { Ends } from './ends.js';
import { EXIT } from './exit-code.js';
import { SwitchWatch } from './switch-watch.js';
import { Timeline } from './timeline.js';
import type { Tone } from './timeline.js';

interface DemoFlags {
  readonly freeswitch?: boolean;
  readonly json?: boolean;
}

const CALL_TIMEOUT_MS = 20_000;
/** What the dialplan does to hand the call over; the trace says that in one line. */
const DIALPLAN_WORK = ['set', 'execute_extension', 'multiunset', 'socket'];

export function demoCommand(cli: Cli): Command {
  return new Command('demo')
    .description('Show the whole thing at work: an example app, the daemon, a switch, and a call.')
    .option(
      '--freeswitch',
      'start a real FreeSWITCH for it (FREESWITCH_BIN, PATH, the usual folders) instead of the simulator',
    )
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      `
Everything listens on loopback ports of its own and is gone afterwards.

Example:
  switchhook demo --freeswitch`,
    )
    .action(async (flags: DemoFlags) => {
      cli.exitCode = await demo(cli, flags);
    });
}

/** What is told of the demonstration, to people or as JSON. */
interface Reporter {
  note(who: string, what: string, data: Readonly<Record<string, unknown>>): void;
  event(what: string, tone: Tone): void;
  trace(entry: TraceEntry): void;
  result(record: CallRecord, good: boolean): void;
}

async function demo(cli: Cli, flags: DemoFlags): Promise<number> {
  const report = flags.json === true ? jsonReporter(cli) : peopleReporter(cli);
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-demo-'));
  const ends = new Ends();
  ends.add(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const record = await Promise.race([perform(cli, flags, folder, report, ends), interrupted(cli, ends)]);
    if (typeof record === 'string') return record === 'SIGINT' ? 130 : 143;
    const good = record.result === 'done' && record.actionsRan === 2;
    report.result(record, good);
    return good ? EXIT.ok : EXIT.failed;
  } finally {
    await ends.run();
  }
}

function interrupted(cli: Cli, ends: Ends): Promise<'SIGTERM' | 'SIGINT'> {
  return new Promise((resolve) => ends.add(cli.onSignal(resolve)));
}

async function perform(
  cli: Cli,
  flags: DemoFlags,
  folder: string,
  report: Reporter,
  ends: Ends,
): Promise<CallRecord> {
  const greeting = join(folder, 'echotest.wav');
  writeFileSync(greeting, toneFile(800));
  // The example of FreeSWITCH's mod_cti: play a file, then connect the caller to an extension.
  const actions = [
    { application: 'playback', data: greeting },
    { application: 'bridge', data: `user/${DEMO_AGENT}` },
  ];
  const app = await startExampleApp(
    () => actions,
    (method, url, body) =>
      report.note('app', `${method} ${url}  answers ${body}`, { method, url, answer: actions }),
  );
  ends.add(() => app.close());
  report.note('app', `an example app listens at ${app.url}`, { url: app.url });

  const { startDaemon } = await import('../daemon.js');
  const daemon = await startDaemon(demoConfig(folder), {
    log: createLogger(
      { level: cli.env['SWITCHHOOK_DEBUG'] ? 'debug' : 'silent', format: 'pretty' },
      { write: (line) => cli.err(line) },
    ),
  });
  ends.add(() => daemon.stop());
  report.note('daemon', `listens for FreeSWITCH at 127.0.0.1:${daemon.socketPort}`, {
    socketPort: daemon.socketPort,
  });

  const watch = new SwitchWatch((what, tone) => report.event(what, tone), DIALPLAN_WORK);
  const phone = await startSwitch(cli, flags, {
    daemonPort: daemon.socketPort,
    appUrl: `${app.url}?number={destination_number}&caller={caller_id_number}`,
    folder,
    onEvent: (event) => watch.onEvent(event),
  });
  ends.add(() => phone.stop());
  report.note('switch', phone.name, { name: phone.name });

  daemon.onTrace((_uuid, entry) => report.trace(entry));
  const ended = new Promise<CallRecord>((resolve) => daemon.onCallEnded(resolve));
  report.note('caller', `${DEMO_CALLER} dials ${DEMO_NUMBER}`, {
    caller: DEMO_CALLER,
    destination: DEMO_NUMBER,
  });
  await phone.placeCall();
  // Back in the dialplan, the call comes to its end.
  const [record] = await inTime(Promise.all([ended, watch.hungUp]));
  return record;
}

function startSwitch(cli: Cli, flags: DemoFlags, options: DemoSwitchOptions): Promise<DemoSwitch> {
  return flags.freeswitch === true
    ? startFreeswitch(findFreeswitch(cli.env), options)
    : startSimulator(options);
}

async function startSimulator(options: DemoSwitchOptions): Promise<DemoSwitch> {
  const { startSimulatedSwitch } = await import('./simulated-switch.js');
  const simulator = await startSimulatedSwitch({
    xml: demoDialplan(options.appUrl) + demoDirectory(),
    daemon: `127.0.0.1:${options.daemonPort}`,
    domain: DEMO_DOMAIN,
  });
  return {
    name: 'a simulated FreeSWITCH (--freeswitch takes a real one)',
    placeCall: () => {
      const call = simulator.placeCall({
        destination: DEMO_NUMBER,
        context: 'default',
        callerIdNumber: DEMO_CALLER,
        callerIdName: DEMO_CALLER,
      });
      call.onEvent(options.onEvent);
      return Promise.resolve();
    },
    stop: () => simulator.stop(),
  };
}

function demoConfig(folder: string): Config {
  return configSchema.parse({
    listen: { port: 0 },
    http: { port: 0 },
    policies: { default: { play: { roots: [folder] } } },
  });
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('internal', `the call had not ended after ${CALL_TIMEOUT_MS} ms`)),
      CALL_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function peopleReporter(cli: Cli): Reporter {
  const timeline = new Timeline(cli);
  return {
    note: (who, what) => timeline.line(who, what),
    event: (what, tone) => timeline.line('switch', what, tone),
    trace: (entry) => timeline.entry(entry),
    result: (record, good) => {
      const text = `${record.actionsRan} actions in ${record.durationMs} ms`;
      timeline.line('demo', good ? `worked: ${text}` : `did not work: ${text}`, good ? 'good' : 'bad');
    },
  };
}

function jsonReporter(cli: Cli): Reporter {
  const print = (value: unknown): void => cli.out(`${JSON.stringify(value)}\n`);
  return {
    note: (who, _what, data) => print({ type: 'note', who, ...data }),
    event: (what) => print({ type: 'switch', what }),
    trace: (entry) => print(entry),
    result: (record, good) => {
      // The trace has been printed as it happened.
      print({ type: 'result', ok: good, ...record, trace: undefined });
    },
  };
}
