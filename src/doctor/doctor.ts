import { access } from 'node:fs/promises';
import { isIP } from 'node:net';
import { DEFAULT_APPLICATIONS } from '../call/policy/defaults.js';
import type { Config } from '../config/schema.js';
import { AppError, ERRORS } from '../errors.js';
import { checkEndpoints } from './apps.js';
import type { Check, SwitchPort } from './check.js';
import { checkConnection } from './connection.js';
import { checkDialplan, checkHandOver } from './hand-over.js';
import { checkApplications, checkModules } from './loaded.js';
import type { WantedApplications } from './loaded.js';
import { checkClock, checkLimits, checkReady } from './switch-checks.js';

export interface DoctorOptions {
  readonly config: Config;
  /** Where the daemon's HTTP server answers. */
  readonly daemonUrl: string;
  /** dialplan/switchhook.xml of this installation. */
  readonly dialplanFile: string;
  /** This switch alone. */
  readonly only?: string;
  /** HTTP apps are asked, for real. */
  readonly asksApps: boolean;
  readonly onCheck: (check: Check) => void;
}

const DAEMON_TIMEOUT_MS = 3000;

/**
 * Goes through everything that a first call needs, from the daemon over the switches to the apps. Connections stay
 * open until `whileOpen` is through, so that fixes can use them.
 * @throws AppError `no_such_switch`
 */
export async function examine(
  options: DoctorOptions,
  whileOpen: (checks: readonly Check[]) => Promise<void> = () => Promise.resolve(),
): Promise<readonly Check[]> {
  const { config, only } = options;
  const names = Object.keys(config.switches);
  if (only !== undefined && !names.includes(only))
    throw new AppError(
      'no_such_switch',
      `${JSON.stringify(only)}. There are: ${names.join(', ') || 'none'}.`,
    );
  const checks: Check[] = [];
  const add = (check: Check): void => {
    checks.push(check);
    options.onCheck(check);
  };
  const closing: (() => Promise<void>)[] = [];
  try {
    add(await checkDaemon(options.daemonUrl));
    if (names.length === 0) add(NO_SWITCH);
    for (const name of only === undefined ? names : [only]) await examineSwitch(options, name, add, closing);
    if (options.asksApps) for (const check of await checkEndpoints(config)) add(check);
    await whileOpen(checks);
  } finally {
    for (const close of closing) await close();
  }
  return checks;
}

const NO_SWITCH: Check = {
  id: 'switch',
  subject: '',
  status: 'skipped',
  detail: 'The configuration names no switch, so FreeSWITCH could not be asked.',
  remedy: 'Name it under switches: host, port and password of its event_socket.conf.xml.',
};

async function checkDaemon(url: string): Promise<Check> {
  const about = { id: 'daemon', subject: '' } as const;
  let body: unknown;
  try {
    const response = await fetch(`${url}/readyz`, {
      signal: AbortSignal.timeout(DAEMON_TIMEOUT_MS),
      redirect: 'manual',
    });
    body = await response.json();
  } catch {
    const { message, remedy } = ERRORS.daemon_unreachable;
    return { ...about, status: 'failed', detail: `${message} ${url}`, remedy };
  }
  const { status, reasons } = body as { status?: unknown; reasons?: unknown };
  const why = Array.isArray(reasons) && reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
  if (status === 'ok') return { ...about, status: 'ok', detail: `${url} takes calls.` };
  if (status === 'degraded')
    return {
      ...about,
      status: 'warning',
      detail: `${url} is degraded${why}.`,
      remedy: 'See the checks below, and the log of the daemon.',
    };
  return {
    ...about,
    status: 'failed',
    detail: `${url} takes no calls now${why}.`,
    remedy: 'Wait until it has started again; is something else listening on that port?',
  };
}

async function examineSwitch(
  options: DoctorOptions,
  name: string,
  add: (check: Check) => void,
  closing: (() => Promise<void>)[],
): Promise<void> {
  const { config } = options;
  const settings = config.switches[name];
  if (settings === undefined) return;
  const { check, open } = await checkConnection(name, settings);
  add(check);
  if (open === undefined) return;
  const { client, status } = open;
  closing.push(() => client.stop());
  const port: SwitchPort = { name, api: (command) => client.api(command) };
  add(await checkReady(port, status));
  add(checkLimits(port, status));
  add(await checkModules(port));
  add(await checkApplications(port, wantedBy(config)));
  add(await checkClock(port));
  const confDir = settings.conf_dir ?? (await confDirOf(port, settings.host));
  const dialplan = await checkDialplan(port, {
    source: options.dialplanFile,
    ...(confDir === undefined ? {} : { confDir }),
  });
  add(dialplan.check);
  add(
    await checkHandOver(port, {
      throughContext: dialplan.present,
      daemon: addressFor(config.listen, settings.host),
    }),
  );
}

/** What is allowed by default is nobody's wish in particular. */
function wantedBy(config: Config): WantedApplications {
  const fallbacks = [config.app, ...Object.values(config.endpoints)].flatMap((settings) =>
    'fallback_actions' in settings ? (settings.fallback_actions ?? []) : [],
  );
  return {
    certain: fallbacks.map(({ application }) => application),
    allowed: Object.values(config.policies)
      .flatMap(({ applications }) => applications)
      .filter((application) => !DEFAULT_APPLICATIONS.includes(application)),
  };
}

/** Only what is on this machine can be written to. */
async function confDirOf(port: SwitchPort, host: string): Promise<string | undefined> {
  if (!/^(localhost|127\.|::1$)/.test(host)) return undefined;
  const folder = await port.api('global_getvar conf_dir');
  if (!folder.startsWith('/')) return undefined;
  return access(folder).then(
    () => folder,
    () => undefined,
  );
}

/** How the switch would name the daemon's address in a `socket` action. */
function addressFor(listen: { readonly host: string; readonly port: number }, switchHost: string): string {
  const anywhere = listen.host === '0.0.0.0' || listen.host === '::';
  const host = anywhere
    ? /^(localhost|127\.|::1$)/.test(switchHost)
      ? '127.0.0.1'
      : listen.host
    : listen.host;
  return `${isIP(host) === 6 ? `[${host}]` : host}:${listen.port}`;
}
