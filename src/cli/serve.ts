import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { createLogger } from '../telemetry/log.js';
import type { Cli } from './cli.js';
import { configOption, readNamedConfig } from './config-file.js';
import type { ConfigFlag } from './config-file.js';
import { EXIT } from './exit-code.js';

/**
 * V8 is made for programs that compute; this one does a little, hundreds of times a second, for weeks. Measured at
 * 200 calls/s (docs/reference/performance.md): a seventh less CPU, and nobody waits longer.
 */
const ENGINE_FLAGS = [
  // A call runs most functions but once: by V8's own measure (132 kB) what every call runs is optimised only late.
  '--interrupt-budget=33000',
  // What a collection has to look at here is small: threads that are woken to help cost more than they take off.
  '--no-parallel-scavenge',
  '--no-concurrent-marking',
  '--no-concurrent-sweeping',
  // Most of what is there at a collection belongs to calls that are up, and is taken for what lasts. Made old from the
  // start, each keeps the whole of its call, which ended long ago, until the next full collection.
  '--no-allocation-site-pretenuring',
];

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description('Run the daemon.')
    .addOption(configOption())
    .addHelpText(
      'after',
      `
SIGHUP: reads the configuration again, all of it or nothing (as switchhook reload config does).
SIGTERM or SIGINT: takes no more calls, lets the running ones end (at most limits.drain_timeout_ms), stops.
A second signal stops at once; what FreeSWITCH was already given runs on there.

Example:
  switchhook serve --config /etc/switchhook/switchhook.yaml`,
    )
    .action(async (flags: ConfigFlag) => {
      cli.exitCode = await serve(cli, flags);
    });
}

async function serve(cli: Cli, flags: ConfigFlag): Promise<number> {
  const { config, files, warnings } = readNamedConfig(cli, flags, 'fail');
  const write = cli.keepGoing?.() ?? ((line: string) => cli.out(line));
  const log = createLogger(config.log, { write });
  log.info({ files }, 'configuration read');
  for (const warning of warnings) log.warn({ warning }, 'configuration needs a look');

  for (const flag of ENGINE_FLAGS) setFlagsFromString(flag);
  const signals = listen(cli);
  // Until the daemon is there, there is nothing to reload; it must not end by it either.
  let hangup = cli.onHangup(() => undefined);
  try {
    const { startDaemon } = await import('../daemon.js');
    const daemon = await startDaemon(config, {
      log,
      env: cli.env,
      reread: () => readNamedConfig(cli, flags, 'fail'),
    });
    hangup = cli.onHangup(() => {
      try {
        daemon.reload();
      } catch {
        // The daemon's log has it, and everything is as it was.
      }
    });

    const first = await signals.first;
    log.info({ signal: first, calls: daemon.activeCalls }, 'draining');
    const second = await Promise.race([daemon.drain(), signals.second]);
    if (second !== undefined) log.warn({ signal: second, calls: daemon.activeCalls }, 'stopping at once');
    await daemon.stop();
    return second === undefined ? EXIT.ok : second === 'SIGINT' ? 130 : 143;
  } finally {
    hangup();
    signals.close();
  }
}

interface Signals {
  readonly first: Promise<string>;
  readonly second: Promise<string>;
  close(): void;
}

function listen(cli: Cli): Signals {
  const waiting: ((signal: string) => void)[] = [];
  const close = cli.onSignal((signal) => waiting.shift()?.(signal));
  const next = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  return { first: next(), second: next(), close };
}
