import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, within } from './eventually.js';

export const RECEPTION_FOLDER = join(import.meta.dirname, '../../docs/guide/apps');

/** A language in which docs/guide/writing-an-app.md has the example app. */
export interface Language {
  readonly name: 'Node' | 'Python' | 'PHP' | 'Go';
  readonly file: string;
  /** How the guide marks its code. */
  readonly fence: string;
  /** Why it can't run on this machine. */
  readonly missing?: string;
}

export const LANGUAGES: readonly Language[] = [
  { name: 'Node', file: 'reception.mjs', fence: 'js' },
  { name: 'Python', file: 'reception.py', fence: 'python', ...unless('python3', ['--version']) },
  { name: 'PHP', file: 'reception.php', fence: 'php', ...unless('php', ['--version']) },
  { name: 'Go', file: 'reception.go', fence: 'go', ...unless('go', ['version']) },
];

function unless(command: string, version: readonly string[]): { missing?: string } {
  return spawnSync(command, version).status === 0 ? {} : { missing: `no ${command} on the PATH` };
}

/** The example app in one language, as a process of its own. */
export class Reception {
  readonly #exit: Promise<void>;
  readonly #kill: () => void;
  readonly #cleanUp: () => void;
  #output = '';

  private constructor(child: ChildProcess, cleanUp: () => void) {
    this.#cleanUp = cleanUp;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    }
    // The whole group: PHP's server has workers.
    this.#kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    };
    process.once('exit', this.#kill);
    this.#exit = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
  }

  static async start(
    language: Language,
    port: number,
    settings: Readonly<Record<string, string>>,
  ): Promise<Reception> {
    const folder = mkdtempSync(join(tmpdir(), 'switchhook-reception-'));
    const [command = '', ...argv] = commandOf(language, port, folder);
    const child = spawn(command, argv, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PORT: String(port),
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        PHP_CLI_SERVER_WORKERS: '4',
        ...settings,
      },
    });
    const reception = new Reception(child, () => rmSync(folder, { recursive: true, force: true }));
    try {
      await eventually(
        `the reception in ${language.name} to listen`,
        async () => {
          if (child.exitCode !== null) throw new Error(`${language.name} ended:\n${reception.#output}`);
          return (await accepts(port)) ? true : undefined;
        },
        { timeoutMs: 20_000 },
      );
      return reception;
    } catch (error) {
      await reception.stop();
      throw error;
    }
  }

  /** What it has printed. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    this.#kill();
    process.off('exit', this.#kill);
    await within('the reception to end', this.#exit);
    this.#cleanUp();
  }
}

/** As the guide says, but for Go: `go run` would compile it in a process that outlives the one we know. */
function commandOf({ name, file }: Language, port: number, folder: string): readonly string[] {
  const path = join(RECEPTION_FOLDER, file);
  switch (name) {
    case 'Node':
      return [process.execPath, path];
    case 'Python':
      return ['python3', '-B', path];
    case 'PHP':
      return ['php', '-S', `127.0.0.1:${port}`, path];
    case 'Go': {
      const binary = join(folder, 'reception');
      const { status, stderr } = spawnSync('go', ['build', '-o', binary, path], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`go build:\n${stderr}`);
      return [binary];
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
