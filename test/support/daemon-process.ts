import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { eventually, within } from './eventually.js';
import { secretsOfConfig } from './log-trail/secrets.js';
import { trail } from './log-trail/trail.js';
import { freeTcpPort } from './ports.js';
import type { Settings } from './test-daemon.js';

const ROOT = join(import.meta.dirname, '../..');
/** SWITCHHOOK_BUILT=1: as `npm run build` has made it, which starts faster; otherwise as it is written. */
const BUILT = process.env.SWITCHHOOK_BUILT === '1';

export interface DaemonProcessOptions {
  /** A command before `node`: `['prlimit', '--nofile=64']`. It must become `node` by exec. */
  readonly prefix?: readonly string[];
  /** Arguments of `node`: `['--import', '/path/to/module.mjs']`. */
  readonly nodeArguments?: readonly string[];
  /** As it is built: what has a thread of its own needs the file of it. */
  readonly isBuilt?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface DaemonExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One start of the process. */
interface Life {
  readonly child: ChildProcess;
  readonly exit: Promise<DaemonExit>;
}

/** The daemon as a process of its own, as an operator starts it: for what can't be tried in this process. */
export class DaemonProcess {
  /** Where the switch connects to: the same after a restart. */
  readonly host: string;
  readonly httpOrigin: string;
  /** Its configuration lies here; removed at the end. */
  readonly folder: string;
  readonly #options: DaemonProcessOptions;
  readonly #ports: { readonly port: number; readonly httpPort: number };
  #life: Life;
  #output = '';

  private constructor(
    folder: string,
    ports: { readonly port: number; readonly httpPort: number },
    options: DaemonProcessOptions,
  ) {
    this.host = `127.0.0.1:${ports.port}`;
    this.httpOrigin = `http://127.0.0.1:${ports.httpPort}`;
    this.folder = folder;
    this.#ports = ports;
    this.#options = options;
    this.#life = this.#spawn();
  }

  static async start(settings: Settings = {}, options: DaemonProcessOptions = {}): Promise<DaemonProcess> {
    const ports = { port: await freeTcpPort(), httpPort: await freeTcpPort() };
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-daemon-'));
    await writeFile(join(folder, 'switchhook.yaml'), configurationText(settings, ports));
    const daemon = new DaemonProcess(folder, ports, options);
    try {
      await daemon.ready();
      return daemon;
    } catch (error) {
      await daemon.stop();
      throw error;
    }
  }

  /** The file that it was started with. */
  get configuration(): string {
    return join(this.folder, 'switchhook.yaml');
  }

  get output(): string {
    return this.#output;
  }

  /** Lines of its log, of every start. */
  get log(): Readonly<Record<string, unknown>>[] {
    return this.#output.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Readonly<Record<string, unknown>>];
      } catch {
        return [];
      }
    });
  }

  get pid(): number {
    return this.#life.child.pid ?? 0;
  }

  get isRunning(): boolean {
    const { exitCode, signalCode } = this.#life.child;
    return exitCode === null && signalCode === null;
  }

  /** Rewrites its configuration; it takes it over at SIGHUP, or when it is started again. */
  async configure(settings: Settings): Promise<void> {
    await writeFile(this.configuration, configurationText(settings, this.#ports));
  }

  signal(signal: NodeJS.Signals): void {
    this.#life.child.kill(signal);
  }

  /** Its exit, which somebody else brings about. */
  exited(timeoutMs = 15_000): Promise<DaemonExit> {
    return within('the daemon process to end', this.#life.exit, timeoutMs);
  }

  /** Starts it again after its end, with the same ports and the same files. */
  async startAgain(): Promise<void> {
    await this.exited();
    this.#life = this.#spawn();
    await this.ready();
  }

  /** Waits until it takes calls; `ok`: and is connected to its switches. */
  async ready(state: 'ok' | 'degraded' = 'degraded'): Promise<void> {
    await eventually(
      'the daemon process to be ready',
      async () => {
        if (!this.isRunning) throw new Error(`the daemon process ended:\n${this.#output}`);
        const answer = await fetch(`${this.httpOrigin}/readyz`).catch(() => undefined);
        if (answer?.ok !== true) return undefined;
        const { status } = (await answer.json()) as { status?: string };
        return state === 'degraded' || status === 'ok' ? true : undefined;
      },
      { timeoutMs: 30_000, everyMs: 50 },
    );
  }

  async stop(): Promise<void> {
    this.#life.child.kill('SIGKILL');
    await this.#life.exit;
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(): Life {
    const { prefix = [], nodeArguments = [], isBuilt = BUILT, env = {} } = this.#options;
    const main = join(ROOT, isBuilt ? 'dist/cli/main.js' : 'src/cli/main.ts');
    const [command = process.execPath, ...argv] = [
      ...prefix,
      process.execPath,
      ...(isBuilt ? [] : ['--import', 'tsx']),
      ...nodeArguments,
      main,
      ...['serve', '--config', this.configuration],
    ];
    const child = spawn(command, argv, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [child.stdout, child.stderr]) {
      const note = trail?.lines();
      stream.on('data', (chunk: Buffer) => {
        const text = chunk.toString();
        this.#output += text;
        note?.(text);
      });
    }
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    const exit = new Promise<DaemonExit>((resolve) => {
      child.once('exit', (code, signal) => {
        process.off('exit', kill);
        resolve({ code, signal });
      });
    });
    return { child, exit };
  }
}

function configurationText(
  settings: Settings,
  { port, httpPort }: { readonly port: number; readonly httpPort: number },
): string {
  for (const { place, secret } of secretsOfConfig(settings)) trail?.noteSecret(place, secret);
  const { http, ...rest } = settings;
  return stringify({
    listen: { host: '127.0.0.1', port },
    http: { host: '127.0.0.1', port: httpPort, ...(http as object) },
    ...rest,
  });
}
