import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from '../support/eventually.js';

/** One process that the benchmark started. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Set once the process has ended, with what it wrote last on stderr. */
  readonly ended: () => string | undefined;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Opens an IPC channel: `process.send` in the child, `message` events here. */
  readonly ipc?: boolean;
}

/**
 * Node runs this before a peer's own code: SIGUSR2 collects garbage and reports what is left, so that memory per
 * held call can be told from garbage. Works for every Node peer, the daemon included, without touching it.
 */
const MEMORY_PROBE =
  "process.on('SIGUSR2',()=>{for(let i=0;i<3;i++)globalThis.gc();" +
  "const m=process.memoryUsage();process.stderr.write('bench-memory '+JSON.stringify(m)+'\\n')});";

/** Flags for a Node process whose memory is looked at. */
export const MEMORY_PROBE_FLAGS: readonly string[] = [
  '--expose-gc',
  '--import',
  `data:text/javascript,${encodeURIComponent(MEMORY_PROBE)}`,
];

const START_LIMIT_MS = 30_000;
const STOP_GRACE_MS = 4000;
const STDERR_KEPT = 4000;

/** Every process started by a run; none outlives it. */
export class Children {
  readonly #running = new Set<Child>();
  #closed = false;

  constructor() {
    process.once('exit', () => {
      for (const child of this.#running) child.process.kill('SIGKILL');
    });
  }

  start(name: string, command: string, args: readonly string[], options: StartOptions = {}): Child {
    if (this.#closed) throw new Error(`${name} is not started any more: the run is being stopped`);
    const child = spawn(command, [...args], {
      stdio: options.ipc ? ['ignore', 'ignore', 'pipe', 'ipc'] : ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    if (child.pid === undefined) throw new Error(`${name}: ${command} could not be started`);
    let stderr = '';
    let ended: string | undefined;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT);
    });
    const exited = new Promise<void>((resolve) => {
      const settle = (how: string): void => {
        ended ??= `${name} ended (${how}): ${stderr.trim()}`;
        this.#running.delete(handle);
        resolve();
      };
      child.once('exit', (code, signal) => settle(signal ?? `status ${code ?? 'unknown'}`));
      child.once('error', (error) => settle(error.message));
    });
    const handle: Child = {
      name,
      pid: child.pid,
      process: child,
      ended: () => ended,
      stop: async () => {
        if (ended !== undefined) return;
        child.kill('SIGTERM');
        const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
        await exited;
        clearTimeout(kill);
      },
    };
    this.#running.add(handle);
    return handle;
  }

  /** A TypeScript file of the benchmark as a Node process with an IPC channel, and the first message it sent. */
  async startScript(
    name: string,
    file: string,
    options: StartOptions & { readonly flags?: readonly string[] } = {},
  ): Promise<{ readonly child: Child; readonly greeting: unknown }> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = this.start(name, process.execPath, [...(options.flags ?? []), '--import', 'tsx', path], {
      ...options,
      ipc: true,
    });
    const greeted = new Promise<unknown>((resolve, reject) => {
      child.process.once('message', resolve);
      child.process.once('exit', () =>
        setImmediate(() => reject(new Error(child.ended() ?? `${name} ended`))),
      );
    });
    return { child, greeting: await within(`${name} to start`, greeted, START_LIMIT_MS) };
  }

  async stopAll(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running].map((child) => child.stop()));
  }
}

/** Asks a process started with `MEMORY_PROBE_FLAGS` what it holds after garbage collection. */
export async function memoryAfterGc(child: Child, timeoutMs = 10_000): Promise<NodeJS.MemoryUsage> {
  const stderr = child.process.stderr;
  if (stderr === null) throw new Error(`${child.name} has no stderr`);
  return await new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      stderr.off('data', listen);
      reject(new Error(`${child.name} did not report its memory`));
    }, timeoutMs);
    const listen = (chunk: string): void => {
      text += chunk;
      const match = /bench-memory (\{.*\})\n/.exec(text);
      if (match?.[1] === undefined) return;
      clearTimeout(timer);
      stderr.off('data', listen);
      resolve(JSON.parse(match[1]) as NodeJS.MemoryUsage);
    };
    stderr.on('data', listen);
    child.process.kill('SIGUSR2');
  });
}
