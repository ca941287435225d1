import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { EventSocket } from '../support/event-socket.js';
import { eventually, within } from '../support/eventually.js';
import { freeSipPort, freeTcpPort, reserveMediaPorts } from '../support/ports.js';

const CONF = join(import.meta.dirname, 'conf');
const DIALPLAN = join(import.meta.dirname, '../../dialplan');
/** Named as the options of FreeSWITCH that take them. */
const FOLDERS = ['log', 'db', 'run', 'recordings'] as const;
const PREFIXES = [
  '/usr/bin',
  '/usr/local/bin',
  '/usr/local/freeswitch/bin',
  '/opt/freeswitch/bin',
  '/opt/homebrew/bin',
];

/** The FreeSWITCH binary of this machine: `FREESWITCH_BIN`, then PATH, then the usual prefixes. */
export function findFreeswitch(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.FREESWITCH_BIN !== undefined && env.FREESWITCH_BIN !== '') return env.FREESWITCH_BIN;
  return findProgram('freeswitch', [...(env.PATH ?? '').split(delimiter), ...PREFIXES]);
}

export function findProgram(
  name: string,
  folders = (process.env.PATH ?? '').split(delimiter),
): string | undefined {
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export interface RealSwitchOptions {
  readonly binary: string;
  /** Further dialplan: the text of a file with one `<include>`. */
  readonly extraDialplan?: string;
  /** Further global variables; they override those of the suite. */
  readonly globals?: Readonly<Record<string, string>>;
  /** Further environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** `debug` fills the log file; the default keeps warnings. */
  readonly logLevel?: 'debug' | 'warning';
  /** A crash leaves its core in `folder`. */
  readonly coreDumps?: boolean;
}

export interface RealSwitch {
  readonly pid: number;
  readonly eventSocketPort: number;
  readonly eventSocketPassword: string;
  readonly sipPort: number;
  /** Where `user/sip` is dialled to. */
  readonly agentPort: number;
  /** Folder of this run, removed at the end. */
  readonly folder: string;
  /** One api command on a connection that stays open. */
  api(command: string): Promise<string>;
  log(): Promise<string>;
  /** How it ended by itself; undefined while it runs. */
  ended(): string | undefined;
  /** As a crash ends it: at once, with all of its calls. */
  kill(): Promise<void>;
  /** After `kill`: with the same ports and folders. */
  startAgain(): Promise<void>;
  /** Ends it for sure; says what was left behind: channels that nobody controls any more. */
  stop(): Promise<{ readonly channelsLeft: number; readonly detail: string }>;
}

/**
 * A folder with everything a switch needs: `conf` with the project's own dialplan and these global variables in it,
 * and empty folders beside it. Whoever asks for it removes it.
 */
export async function writeConfiguration(
  globals: Readonly<Record<string, string>>,
  extraDialplan?: string,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-fs-'));
  await cp(CONF, join(folder, 'conf'), { recursive: true });
  await cp(DIALPLAN, join(folder, 'conf/project'), { recursive: true });
  for (const name of [...FOLDERS, 'conf/extra']) await mkdir(join(folder, name), { recursive: true });
  if (extraDialplan !== undefined) await writeFile(join(folder, 'conf/extra/extra.xml'), extraDialplan);
  const defaults = { domain: '127.0.0.1', app_port: '9', app_tls_port: '9' };
  await writeFile(join(folder, 'conf/vars.xml'), variables({ ...defaults, ...globals }));
  return folder;
}

/** Starts a FreeSWITCH on free ports of 127.0.0.1, with a copy of the configuration beside this file. */
export async function startRealSwitch(options: RealSwitchOptions): Promise<RealSwitch> {
  const media = await reserveMediaPorts();
  const [sipPort, agentPort, eventSocketPort] = [
    await freeSipPort(),
    await freeSipPort(),
    await freeTcpPort(),
  ];
  const password = 'suite-event-socket';
  const folder = await writeConfiguration(
    {
      sip_port: String(sipPort),
      event_socket_port: String(eventSocketPort),
      event_socket_password: password,
      rtp_start: String(media.first + 2),
      rtp_end: String(media.last),
      agent_port: String(agentPort),
      loglevel: options.logLevel ?? 'warning',
      logfile_levels:
        options.logLevel === 'debug' ? 'debug,info,notice,warning,err,crit,alert' : 'warning,err,crit,alert',
      ...options.globals,
    },
    options.extraDialplan,
  );
  const argv = ['-nf', '-nonat', '-nocal', '-conf', join(folder, 'conf')];
  for (const name of FOLDERS) argv.push(`-${name}`, join(folder, name));
  argv.push('-temp', folder);
  if (options.coreDumps === true) argv.push('-core');
  let life = live(options, argv, folder);
  const remove = async (): Promise<void> => {
    await life.kill();
    await media.release();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    let socket = await ready(life.child, eventSocketPort, password);
    return {
      get pid() {
        return life.child.pid ?? 0;
      },
      eventSocketPort,
      eventSocketPassword: password,
      sipPort,
      agentPort,
      folder,
      api: (command) => socket.api(command),
      log: () => readFile(join(folder, 'log/freeswitch.log'), 'utf8'),
      ended: () => life.ended(),
      kill: () => life.kill(),
      startAgain: async () => {
        life = live(options, argv, folder);
        socket = await ready(life.child, eventSocketPort, password);
      },
      stop: async () => {
        const left = await channelsLeft(socket);
        socket.close();
        await remove();
        return left;
      },
    };
  } catch (cause) {
    await remove();
    throw new Error(`FreeSWITCH did not start:\n${life.output.join('').slice(-4000)}`, { cause });
  }
}

/** One process of it. */
interface Life {
  readonly child: ChildProcess;
  readonly output: readonly string[];
  ended(): string | undefined;
  kill(): Promise<void>;
}

function live({ binary, env, coreDumps }: RealSwitchOptions, argv: readonly string[], folder: string): Life {
  const child = spawn(binary, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // Where the kernel writes cores to, unless it is told otherwise: core(5).
    ...(coreDumps === true ? { cwd: folder } : {}),
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  let how: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      how = signal ?? `status ${code ?? 'unknown'}`;
      resolve();
    });
    child.once('error', (error) => {
      output.push(error.message);
      resolve();
    });
  });
  const watchdog = guard(child, folder);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    watchdog.kill('SIGKILL');
  };
  return { child, output, ended: () => how, kill };
}

/** Its Event Socket answers while modules are still being loaded, and the SIP profile starts in a thread of its own. */
async function ready(child: ChildProcess, port: number, password: string): Promise<EventSocket> {
  const socket = await eventually(
    'the Event Socket of FreeSWITCH',
    async () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error('the process ended');
      return EventSocket.connect(port, password).catch(() => undefined);
    },
    { timeoutMs: 40_000 },
  );
  await eventually(
    'the SIP profile',
    async () => /RUNNING/.test(await socket.api('sofia status')) || undefined,
  );
  return socket;
}

/** Channels that are still there after everybody had time to go. */
export async function channelsLeft(socket: {
  api(command: string): Promise<string>;
}): Promise<{ channelsLeft: number; detail: string }> {
  const count = async (): Promise<number> => Number.parseInt(await socket.api('show channels count'), 10);
  try {
    await eventually('no channel left', async () => ((await count()) === 0 ? true : undefined), {
      timeoutMs: 5000,
    });
    return { channelsLeft: 0, detail: '' };
  } catch {
    return {
      channelsLeft: await count(),
      detail: await within('show channels', socket.api('show channels')),
    };
  }
}

/**
 * Kills FreeSWITCH and removes its folder when this process is gone, however it went: the watchdog reads a pipe
 * whose other end closes with us.
 */
function guard(child: ChildProcess, folder: string): ChildProcess {
  const script = 'cat >/dev/null; kill -9 "$1" 2>/dev/null; rm -rf "$2"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin.on('error', () => undefined);
  return watchdog;
}

/** FreeSWITCH's preprocessor reads one element per line and drops the rest of the line. */
function variables(values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(
    ([name, value]) => `<X-PRE-PROCESS cmd="set" data="${name}=${value}"/>`,
  );
  return `<include>\n${lines.join('\n')}\n</include>\n`;
}
