import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { eventually, within } from './eventually.js';
import { freeTcpPort } from './ports.js';
import type { Settings } from './test-daemon.js';

const ROOT = join(import.meta.dirname, '../..');

/** The daemon as a process of its own, as an operator starts it: for what can't be tried in this process. */
export class DaemonProcess {
  readonly host: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #output = '';

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.host = `127.0.0.1:${port}`;
    this.#child = child;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        process.off('exit', kill);
        resolve({ code, signal });
      });
    });
  }

  static async start(settings: Settings = {}): Promise<DaemonProcess> {
    const [port, httpPort] = [await freeTcpPort(), await freeTcpPort()];
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-daemon-'));
    const config = join(folder, 'switchhook.yaml');
    await writeFile(
      config,
      stringify({
        listen: { host: '127.0.0.1', port },
        http: { host: '127.0.0.1', port: httpPort },
        ...settings,
      }),
    );
    const argv = ['--import', 'tsx', join(ROOT, 'src/cli/main.ts'), 'serve', '--config', config];
    const child = spawn(process.execPath, argv, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const daemon = new DaemonProcess(child, folder, port);
    try {
      await eventually(
        'the daemon process to be ready',
        async () => {
          if (child.exitCode !== null) throw new Error(`the daemon process ended:\n${daemon.#output}`);
          const answer = await fetch(`http://127.0.0.1:${httpPort}/readyz`).catch(() => undefined);
          return answer?.ok === true ? true : undefined;
        },
        { timeoutMs: 20_000, everyMs: 50 },
      );
      return daemon;
    } catch (error) {
      await daemon.stop();
      throw error;
    }
  }

  get output(): string {
    return this.#output;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Its exit, which somebody else brings about. */
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return within('the daemon process to end', this.#exit, 15_000);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
