import type { CallRecord, TraceEntry } from './call/call.js';
import { CallTable } from './call/call-table.js';
import { Policy } from './call/policy.js';
import type { RunnerServices } from './call/run-context.js';
import { DialLimits } from './call/dial-limits.js';
import type { Sources } from './call/program.js';
import type { Config } from './config/schema.js';
import { EslServer } from './esl/server.js';
import type { EslSocketCall } from './esl/server.js';
import { AppError } from './errors.js';
import { createHttpApp } from './http/app.js';
import type { Health } from './http/health.js';
import { AppClient } from './source/curl/client.js';
import { noSuchFlow } from './source/flow.js';
import { AsyncSocketChannel } from './switch/async-socket-channel.js';
import type { Channel } from './switch/channel.js';
import { SyncSocketChannel } from './switch/sync-socket-channel.js';
import { callLogger, createLogger } from './telemetry/log.js';
import type { Logger } from './telemetry/log.js';

export interface Daemon {
  /** Where FreeSWITCH's `socket` application connects to. */
  readonly socketPort: number;
  readonly httpPort: number;
  readonly activeCalls: number;
  /** Everything that happens on calls, as it happens. */
  onTrace(listener: (uuid: string, entry: TraceEntry) => void): void;
  onCallEnded(listener: (record: CallRecord) => void): void;
  /** Takes no more calls; resolves when the running ones have ended, at the latest after `limits.drain_timeout_ms`. */
  drain(): Promise<void>;
  /** Ends everything at once. Calls go back to their dialplans; what FreeSWITCH was given runs on there. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly log?: Logger;
}

/**
 * The composition root: the only place that knows every room. Builds, starts, drains and stops.
 * @throws AppError `listen_failed`
 */
export async function startDaemon(config: Config, options: DaemonOptions = {}): Promise<Daemon> {
  const log = options.log ?? createLogger(config.log);
  const apps = new AppClient({
    endpoints: config.endpoints,
    defaults: config.app,
    egress: config.egress,
    log,
    showDigits: config.log.show_digits,
  });
  const services: RunnerServices = {
    sources: sourcesOf(apps),
    policies: new Map(
      Object.entries(config.policies).map(([name, profile]) => [name, new Policy(name, profile)]),
    ),
    limits: { chainDepth: config.limits.chain_depth, actionsPerCall: config.limits.actions_per_call },
    dialLimits: new DialLimits(),
  };
  const table = new CallTable(services, {
    maxCalls: config.limits.calls,
    logFor: (uuid) => callLogger(log, uuid),
    logsRoutine: log.isLevelEnabled('info'),
  });

  const server = new EslServer({
    host: config.listen.host,
    port: config.listen.port,
    exactVariables: ['cti_curl'],
    onCall: (call) => takeCall(call, table),
    onError: (error, remoteAddress) =>
      log.warn({ code: error.code, detail: error.detail, remoteAddress }, 'connection dropped'),
  });
  const http = createHttpApp({ health: () => healthOf(table, config.limits.calls) });

  const listening = await server.listen();
  let httpPort: number;
  try {
    httpPort = await listenHttp(http, config.http);
  } catch (error) {
    await server.close();
    throw error;
  }
  log.info({ host: listening.host, port: listening.port, http_port: httpPort }, 'listening');

  return {
    socketPort: listening.port,
    httpPort,
    get activeCalls() {
      return table.size;
    },
    onTrace: (listener) => table.onTrace(listener),
    onCallEnded: (listener) => table.onCallEnded(listener),
    async drain() {
      table.drain();
      await server.close();
      await table.empty(config.limits.drain_timeout_ms);
    },
    async stop() {
      table.drain();
      await server.close();
      table.abandon();
      await table.empty(1000);
      await http.close();
      await apps.close();
      log.info({}, 'stopped');
    },
  };
}

function takeCall(call: EslSocketCall, table: CallTable): void {
  // A connection without `full` takes neither `linger` nor `event` nor `api`, but it can be told and given back.
  const channel: Channel = call.mode === 'async' ? new AsyncSocketChannel(call) : new SyncSocketChannel(call);
  // The closure keeps the connection and not the call, with all that FreeSWITCH said about the channel.
  const { connection } = call;
  if (call.full) table.take(channel, () => connection.destroy('the daemon stops'));
  else table.refuse(channel, 'socket_not_full', '');
}

function sourcesOf(apps: AppClient): Sources {
  return {
    open: ({ kind, target }) => {
      if (kind === 'flow') return noSuchFlow(target);
      const source = apps.source(target);
      return 'code' in source ? source : { source };
    },
    describe: ({ kind, target }) => (kind === 'flow' ? `flow/${target}` : apps.describe(target)),
  };
}

function healthOf(table: CallTable, maxCalls: number): Health {
  if (table.draining) return { state: 'draining', calls: table.size, reasons: ['the daemon is stopping'] };
  if (table.size >= maxCalls)
    return { state: 'degraded', calls: table.size, reasons: ['limits.calls is reached'] };
  return { state: 'ok', calls: table.size, reasons: [] };
}

async function listenHttp(
  app: ReturnType<typeof createHttpApp>,
  at: { host: string; port: number },
): Promise<number> {
  try {
    await app.listen({ host: at.host, port: at.port });
  } catch (error) {
    throw new AppError('listen_failed', `http ${at.host}:${at.port}: ${String(error)}`, { cause: error });
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : at.port;
}
