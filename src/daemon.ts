import { isDeepStrictEqual } from 'node:util';
import { aclOfSwitch } from './acl/of-switch.js';
import { BackgroundAudit } from './audit/background.js';
import { Callbacks } from './callbacks/callbacks.js';
import type { CallRecord, TraceEntry } from './call/call.js';
import { CallControl } from './call/call-control.js';
import { Originator } from './call/originator.js';
import { CallTable } from './call/call-table.js';
import { Policy } from './call/policy.js';
import type { RunnerServices } from './call/run-context.js';
import { DialLimits } from './call/dial-limits.js';
import type { ReadConfig } from './config/load.js';
import { planReload, reloadWarnings } from './config/reload.js';
import type { ConfigChange } from './config/reload.js';
import type { Config } from './config/schema.js';
import { EslServer } from './esl/server.js';
import type { EslSocketCall } from './esl/server.js';
import { AppError } from './errors.js';
import { EventLog } from './events/event-log.js';
import { Readers } from './events/readers.js';
import { Access } from './http/access.js';
import { createHttpApp } from './http/app.js';
import type { Health } from './http/health.js';
import { aclRoutes } from './http/routes/acl.js';
import { auditRoutes } from './http/routes/audit.js';
import type { SwitchAudit } from './http/routes/audit.js';
import { adminRoutes } from './http/routes/reload.js';
import { callRoutes } from './http/routes/calls.js';
import { callbackRoutes } from './http/routes/callbacks.js';
import { eventRoutes } from './http/routes/events.js';
import { flowRoutes } from './http/routes/flows.js';
import { functionRoutes } from './http/routes/functions.js';
import { recordRoutes } from './http/routes/records.js';
import { originationRoutes } from './http/routes/originations.js';
import { switchRoutes } from './http/routes/switches.js';
import { problemText } from './flow-files/folder.js';
import type { Environment } from './functions/functions-file.js';
import { BackgroundTests } from './flow-test/background.js';
import { FunctionInvoker } from './functions/invoke.js';
import type { FunctionObserver } from './functions/invoke.js';
import { RecordReader } from './records/record-reader.js';
import { Records } from './records/records.js';
import { keyedSeal } from './call/state-seal.js';
import { ConfiguredFlows } from './wiring/flow-desk.js';
import { ConfiguredFunctions } from './wiring/function-desk.js';
import { CallEvents } from './wiring/call-events.js';
import { CallCallbacks } from './wiring/call-callbacks.js';
import { CallRecords } from './wiring/call-records.js';
import { InUse } from './wiring/in-use.js';
import { Telemetry } from './wiring/telemetry.js';
import { actionsOf } from './wiring/actions.js';
import type { Actions } from './wiring/actions.js';
import { changesOf, loadFlows, sourcesOf } from './wiring/flows.js';
import type { Flows } from './wiring/flows.js';
import { AppClient } from './source/curl/client.js';
import { SwitchAdmin } from './switch/admin.js';
import type { AttachedChannel } from './switch/attached/attached-channel.js';
import { AsyncSocketChannel } from './switch/async-socket-channel.js';
import type { Channel } from './switch/channel.js';
import { FsCommands } from './switch/fs-commands.js';
import { defaultInstance } from './switch/instance.js';
import { SwitchLink, SwitchLinks } from './switch/switch-link.js';
import type { LinkOptions } from './switch/switch-link.js';
import { SyncSocketChannel } from './switch/sync-socket-channel.js';
import { AuditLog } from './telemetry/audit-log.js';
import { tooFewOpenFiles } from './telemetry/open-files.js';
import { callLogger, createLogger } from './telemetry/log.js';
import type { Logger } from './telemetry/log.js';
import { version } from './version.js';

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

export interface ConfigReload {
  /** What is in force that was not before; secrets are masked. */
  readonly changes: readonly ConfigChange[];
  /** What is allowed but worth a look. */
  readonly warnings: readonly string[];
}

/** What is made of the configuration and can be made anew while calls are under control. */
interface Setup {
  readonly config: Config;
  readonly apps: AppClient;
  readonly services: RunnerServices;
  readonly fsCommands: FsCommands;
  readonly flows: Flows;
  readonly invoker: FunctionInvoker;
  readonly actions: Actions;
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
  let setup = setUp(config, { log, env, observer });
  for (const problem of setup.flows.warnings)
    log.warn({ problem: problemText(problem) }, 'flow needs a look');
  const table = new CallTable(setup.services, {
    maxCalls: config.limits.calls,
    logFor: (uuid) => callLogger(log, uuid),
    logsRoutine: log.isLevelEnabled('info'),
  });
  const inForce = (): Config => setup.config;

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
  table.onTrace((uuid, entry, runner) => events.onTrace(uuid, entry, runner));
  const records = new CallRecords(
    new Records({ settings: config.records, egress: config.egress, log }),
    (uuid, switchName) => links.exists(uuid, switchName),
  );
  table.onTrace((uuid, entry, runner) => records.onTrace(uuid, entry, runner));
  table.onCallEnded((record) => records.onCallEnded(record));
  const callbacks = new Callbacks({
    settings: config.callbacks,
    egress: config.egress,
    instance,
    log,
  });
  const told =
    callbacks.calls === undefined
      ? undefined
      : new CallCallbacks(callbacks.calls, (target) => setup.apps.endpointOf(target));
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
  const auditLog = new AuditLog(log, config.audit_log.file);
  const health = (): Health => healthOf(table, inForce().limits.calls, links);
  telemetry.follow(table);
  telemetry.watch(links, {
    version: version(),
    health: () => health().state,
    calls: () => ({ active: table.size, limit: inForce().limits.calls }),
    circuits: () => ({ app: setup.apps.circuits, function: setup.invoker.circuits }),
    recordsWaiting: () => records.waiting,
    callbacks: () => callbacks.status,
    actionAnswers: () => setup.actions.memory.tally.answers(),
  });
  const http = createHttpApp({
    actions: () => setup.actions.server,
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
      features: [
        callRoutes(control, () => inForce().log.show_digits),
        originationRoutes(originator),
        flowRoutes(new ConfiguredFlows(() => setup, env, new BackgroundTests())),
        functionRoutes(
          new ConfiguredFunctions(
            () => setup,
            env,
            () => reload(),
          ),
        ),
        recordRoutes(config.records.file === undefined ? undefined : new RecordReader(config.records.file)),
        eventRoutes(readers, () => inForce().http.events.readers),
        switchRoutes(links),
        callbackRoutes(callbacks),
        aclRoutes((name) => {
          const link = links.get(name);
          return aclOfSwitch(link.name, inForce().switches[link.name], link);
        }),
        auditRoutes(auditOf(links, inForce)),
        adminRoutes({
          admin: (name) => new SwitchAdmin(links.get(name)),
          fsCommands: () => setup.fsCommands,
          reloadConfig: () => reload(),
        }),
      ],
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

  // After a reload, calls may still use what was there before.
  const inUse = new InUse();
  inUse.take([setup.apps, setup.invoker]);
  const takeOver = ({ config: next, warnings: remarks }: ReadConfig): ConfigReload => {
    const before = setup;
    const planned = planReload(before.config, next);
    const warnings = [...remarks, ...reloadWarnings(next, planned)];
    // What can fail, fails here, with everything as it was.
    const made = setUp(next, { log, env, observer, before });
    const changes = [...planned, ...changesOf(before.flows, made.flows)];
    if (changes.length === 0) return { changes, warnings };
    setup = made;
    for (const problem of made.flows.warnings)
      log.warn({ problem: problemText(problem) }, 'flow needs a look');
    log.level = next.log.level;
    access.replace(next.http.tokens);
    inUse.take([setup.apps, setup.invoker]);
    const unused = table.reconfigure(setup.services, {
      maxCalls: next.limits.calls,
      logsRoutine: log.isLevelEnabled('info'),
    });
    void unused.then(() => inUse.release([before.apps, before.invoker]));
    return { changes, warnings };
  };
  const reload = (): ConfigReload => {
    try {
      if (options.reread === undefined) throw new AppError('not_reloadable');
      const taken = takeOver(options.reread());
      log.info({ changes: taken.changes.map(({ path }) => path) }, 'configuration reloaded');
      for (const warning of taken.warnings) log.warn({ warning }, 'configuration needs a look');
      return taken;
    } catch (error) {
      const { code, detail } =
        error instanceof AppError ? error : { code: 'internal', detail: String(error) };
      log.error({ code, detail }, 'configuration not reloaded');
      throw error;
    }
  };

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
      await Promise.all([inUse.closeAll(), records.close(), callbacks.close(), telemetry.close()]);
      log.info({}, 'stopped');
    },
  };
}

/** So long the end of the daemon waits for events that are being sent; what is not, is sent by the next. */
const STOP_SENDING_MS = 1000;

interface Around {
  readonly log: Logger;
  readonly env: Environment;
  /** Is told of what apps and functions are asked. */
  readonly observer: FunctionObserver | undefined;
  /** What is taken over of it: concurrency limits, and connections while apps and functions are asked alike. */
  readonly before?: Setup;
}

function setUp(config: Config, { log, env, observer, before }: Around): Setup {
  const observed = observer === undefined ? {} : { observer };
  const policies = new Map(
    Object.entries(config.policies).map(([name, profile]) => [name, new Policy(name, profile)] as const),
  );
  const flows = loadFlows(config, env, policies, { log, ...(before && { before: before.flows }) });
  const fsCommands = new FsCommands(config.fs);
  const asksAlike =
    before !== undefined &&
    (['endpoints', 'app', 'egress'] as const).every((key) =>
      isDeepStrictEqual(before.config[key], config[key]),
    );
  const apps = asksAlike
    ? before.apps
    : new AppClient({
        endpoints: config.endpoints,
        defaults: config.app,
        egress: config.egress,
        log,
        showDigits: config.log.show_digits,
        ...observed,
      });
  const sameEgress = isDeepStrictEqual(before?.config.egress, config.egress);
  const invoker =
    sameEgress && before !== undefined
      ? before.invoker
      : new FunctionInvoker({ egress: config.egress, log, ...observed });
  const services: RunnerServices = {
    sources: sourcesOf(config, apps, flows, invoker, policies.get(config.flows.policy)),
    policies,
    limits: { chainDepth: config.limits.chain_depth, actionsPerCall: config.limits.actions_per_call },
    dialLimits: before?.services.dialLimits ?? new DialLimits(),
    ...(config.flows.state_key === undefined ? {} : { seal: keyedSeal(config.flows.state_key) }),
  };
  const actions = actionsOf(config, { apps, flows, invoker, policies, log }, before?.actions);
  // All of them or none; the last thing that can fail.
  invoker.load(flows.functions);
  return { config, apps, services, fsCommands, flows, invoker, actions };
}

/** Audits of the switches whose files are on this machine. */
function auditOf(links: SwitchLinks, inForce: () => Config): SwitchAudit {
  const background = new BackgroundAudit();
  return {
    audit(name) {
      const link = links.get(name);
      const folder = inForce().switches[link.name]?.conf_dir;
      if (folder === undefined) throw new AppError('audit_not_configured', `switches.${link.name}`);
      return background.audit(folder);
    },
  };
}

function linksOf(
  inForce: () => Config,
  table: CallTable,
  log: Logger,
  told: Pick<LinkOptions, 'onState' | 'onAnswered'>,
): SwitchLinks {
  const config = inForce();
  const instance = config.instance ?? defaultInstance();
  const options = {
    instance,
    log,
    isFull: () => table.size >= inForce().limits.calls,
    isDraining: () => table.draining,
    ...told,
  };
  const links = Object.entries(config.switches).map(
    ([name, { host, port, password, attach, release, guard_s: guardSeconds }]) =>
      new SwitchLink(
        { name, host, port, password, attach, guardSeconds, ...(release === undefined ? {} : { release }) },
        {
          ...options,
          onChannel: (channel: AttachedChannel) =>
            table.take(channel, () => channel.abandon(), { origin: { kind: 'attached', switch: name } }),
        },
      ),
  );
  return new SwitchLinks(links);
}

function takeCall(call: EslSocketCall, table: CallTable): void {
  // A connection without `full` takes neither `linger` nor `event` nor `api`, but it can be told and given back.
  const channel: Channel = call.mode === 'async' ? new AsyncSocketChannel(call) : new SyncSocketChannel(call);
  // The closure keeps the connection and not the call, with all that FreeSWITCH said about the channel.
  const { connection } = call;
  if (call.full) table.take(channel, () => connection.destroy('the daemon stops'));
  else table.refuse(channel, 'socket_not_full', '');
}

function healthOf(table: CallTable, maxCalls: number, links: SwitchLinks): Health {
  if (table.draining) return { state: 'draining', calls: table.size, reasons: ['the daemon is stopping'] };
  if (table.size >= maxCalls)
    return { state: 'degraded', calls: table.size, reasons: ['limits.calls is reached'] };
  const apart = links.states().filter(({ connected }) => !connected);
  if (apart.length > 0) {
    const reasons = apart.map(
      ({ name, lastError }) => `switch ${name}: ${lastError?.code ?? 'not connected yet'}`,
    );
    return { state: 'degraded', calls: table.size, reasons };
  }
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
