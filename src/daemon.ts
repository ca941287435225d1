import { Callbacks } from './callbacks/callbacks.js';
import type { CallRecord, TraceEntry } from './call/call.js';
import { CallControl } from './call/call-control.js';
import { CallTable } from './call/call-table.js';
import { Originator } from './call/originator.js';
import type { ReadConfig } from './config/load.js';
import type { Config } from './config/schema.js';
import { EslServer } from './esl/server.js';
import type { EslSocketCall } from './esl/server.js';
import { EventLog } from './events/event-log.js';
import { Readers } from './events/readers.js';
import type { Environment } from './functions/functions-file.js';
import { Access } from './http/access.js';
import { createHttpApp } from './http/app.js';
import type { Health } from './http/health.js';
import { listenHttp } from './http/listen.js';
import { Records } from './records/records.js';
import { AsyncSocketChannel } from './switch/async-socket-channel.js';
import type { Channel } from './switch/channel.js';
import { defaultInstance } from './switch/instance.js';
import type { SwitchLinks } from './switch/switch-link.js';
import { SyncSocketChannel } from './switch/sync-socket-channel.js';
import { AuditLog } from './telemetry/audit-log.js';
import { callLogger, createLogger } from './telemetry/log.js';
import type { Logger } from './telemetry/log.js';
import { tooFewOpenFiles } from './telemetry/open-files.js';
import { version } from './version.js';
import { apiFeatures } from './wiring/api-features.js';
import { CallCallbacks } from './wiring/call-callbacks.js';
import { CallEvents } from './wiring/call-events.js';
import { CallRecords } from './wiring/call-records.js';
import { healthOf } from './wiring/health.js';
import { linksOf } from './wiring/links.js';
import { Reloading } from './wiring/reloading.js';
import type { ConfigReload } from './wiring/reloading.js';
import { Telemetry } from './wiring/telemetry.js';

export interface Daemon {
  /** Where FreeSWITCH's `socket` application connects to. */
  readonly socketPort: number;
  readonly httpPort: number;
  readonly activeCalls: number;
  /** The daemon's connections to the switches of its configuration. */
  readonly switches: SwitchLinks;
  /** Everything that happens on calls, as it happens. */
  onTrace(listener: (uuid: string, entry: TraceEntry) => void): void;
  onCallEnded(listener: (record: CallRecord) => void): void;
  /**
   * Reads the configuration again and takes it over: all of it or nothing. Calls under way end with what they began
   * with.
   * @throws AppError `config_unreadable`, `config_invalid`, `restart_needed`, `not_reloadable`
   */
  reload(): ConfigReload;
  /** Takes no more calls; resolves when the running ones have ended, at the latest after `limits.drain_timeout_ms`. */
  drain(): Promise<void>;
  /** Ends everything at once. Calls go back to their dialplans; what FreeSWITCH was given runs on there. */
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly log?: Logger;
  /** Reads the configuration again. Without it, it can't be reloaded. */
  readonly reread?: () => ReadConfig;
  /** For the secrets of functions. */
  readonly env?: Environment;
}

/**
 * The composition root: the only place that knows every room. Builds, starts, drains and stops.
 * @throws AppError `listen_failed`, `audit_log_unwritable`
 */
export async function startDaemon(config: Config, options: DaemonOptions = {}): Promise<Daemon> {
  const log = options.log ?? createLogger(config.log);
  const { env = {} } = options;
  const instance = config.instance ?? defaultInstance();
  const telemetry = await Telemetry.start({ config, version: version(), instance, log });
  const { metrics, observer } = telemetry;
  const current = new Reloading(config, { log, env, observer }, options.reread);
  const table = new CallTable(current.setup.services, {
    maxCalls: config.limits.calls,
    logFor: (uuid) => callLogger(log, uuid),
    logsRoutine: log.isLevelEnabled('info'),
  });
  const inForce = (): Config => current.config;

  const eventLog = new EventLog(config.http.events.buffer);
  const readers = new Readers(eventLog);
  const events = new CallEvents(eventLog, () => inForce().log.show_digits);
  const wantsAnswers = Object.values(config.callbacks.receivers).some(({ events: wanted }) =>
    wanted.includes('call.answered'),
  );
  const links = linksOf(inForce, table, log, {
    onState: (state) => events.onSwitch(state),
    ...(wantsAnswers ? { onAnswered: (uuid, application) => told?.onAnswered(uuid, application) } : {}),
  });
  const control = new CallControl(table, links);
  const originator = new Originator(table, links, control);
  originator.onChange((origination) => events.onOrigination(origination));
  table.onTrace((_uuid, entry, runner) => events.onTrace(entry, runner));
  const records = new CallRecords(
    new Records({ settings: config.records, egress: config.egress, log }),
    (uuid, switchName) => links.exists(uuid, switchName),
  );
  table.onTrace((uuid, entry, runner) => records.onTrace(uuid, entry, runner));
  table.onCallEnded((record, runner) => records.onCallEnded(record, runner));
  table.onDefect((uuid, runner) => records.onDefect(uuid, runner));
  const callbacks = new Callbacks({
    settings: config.callbacks,
    egress: config.egress,
    instance,
    log,
  });
  const told =
    callbacks.calls === undefined
      ? undefined
      : new CallCallbacks(callbacks.calls, (target) => current.setup.apps.endpointOf(target));
  table.onTrace((uuid, entry, runner) => told?.onTrace(uuid, entry, runner));
  table.onDefect((uuid, runner) => told?.onDefect(uuid, runner));
  const server = new EslServer({
    host: config.listen.host,
    port: config.listen.port,
    exactVariables: ['cti_curl'],
    onCall: (call) => takeCall(call, table),
    onError: (error, remoteAddress) => {
      metrics?.onSocketDropped(error.code);
      log.warn({ code: error.code, detail: error.detail, remoteAddress }, 'connection dropped');
    },
  });
  const access = new Access(config.http.tokens);
  const reload = (): ConfigReload => current.reload({ table, access });
  const auditLog = new AuditLog(log, config.audit_log.file);
  const health = (): Health => healthOf(table, inForce().limits.calls, links);
  telemetry.follow(table);
  telemetry.watch(links, {
    version: version(),
    health: () => health().state,
    calls: () => ({ active: table.size, limit: inForce().limits.calls }),
    circuits: () => ({ app: current.setup.apps.circuits, function: current.setup.invoker.circuits }),
    recordsWaiting: () => records.waiting,
    callbacks: () => callbacks.status,
    actionAnswers: () => current.setup.actions.memory.tally.answers(),
  });
  const http = createHttpApp({
    actions: () => current.setup.actions.server,
    health,
    ...(metrics === undefined
      ? {}
      : {
          metrics: { page: metrics, ...(config.metrics.access === 'token' ? { access } : {}) },
          onAnswer: (answer) => metrics.onHttpAnswer(answer),
        }),
    ...(telemetry.onTraced === undefined ? {} : { onTraced: telemetry.onTraced }),
    api: {
      access,
      auditLog,
      log,
      requestsPerMinute: config.http.rate_limit.per_minute,
      features: apiFeatures({
        control,
        originator,
        links,
        readers,
        callbacks,
        setup: () => current.setup,
        env,
        reload,
      }),
    },
  });

  await auditLog.open();
  const listening = await server.listen();
  let httpPort: number;
  try {
    httpPort = await listenHttp(http, config.http);
  } catch (error) {
    await server.close();
    throw error;
  }
  links.start();
  await records.start();
  await callbacks.start((uuid, switchName) => links.exists(uuid, switchName));
  log.info({ host: listening.host, port: listening.port, http_port: httpPort }, 'listening');
  const openFiles = tooFewOpenFiles(config.limits.calls);
  if (openFiles !== undefined)
    log.warn(
      { open_files: openFiles, calls: config.limits.calls },
      'fewer files may be open (RLIMIT_NOFILE) than limits.calls needs: calls beyond that are closed unseen',
    );

  return {
    socketPort: listening.port,
    httpPort,
    switches: links,
    get activeCalls() {
      return table.size;
    },
    onTrace: (listener) => table.onTrace(listener),
    onCallEnded: (listener) => table.onCallEnded(listener),
    reload,
    async drain() {
      table.drain();
      events.onDraining(table.size);
      await server.close();
      await table.empty(inForce().limits.drain_timeout_ms);
    },
    async stop() {
      table.drain();
      await server.close();
      table.abandon();
      await links.stop();
      await table.empty(1000);
      readers.close();
      await http.close();
      await callbacks.finish(STOP_SENDING_MS);
      await Promise.all([current.close(), records.close(), callbacks.close(), telemetry.close()]);
      log.info({}, 'stopped');
    },
  };
}

/** So long the end of the daemon waits for events that are being sent; what is not, is sent by the next. */
const STOP_SENDING_MS = 1000;

function takeCall(call: EslSocketCall, table: CallTable): void {
  // A connection without `full` takes neither `linger` nor `event` nor `api`, but it can be told and given back.
  const channel: Channel = call.mode === 'async' ? new AsyncSocketChannel(call) : new SyncSocketChannel(call);
  // The closure keeps the connection and not the call, with all that FreeSWITCH said about the channel.
  const { connection } = call;
  if (call.full) table.take(channel, () => connection.destroy('the daemon stops'));
  else table.refuse(channel, 'socket_not_full', '');
}
