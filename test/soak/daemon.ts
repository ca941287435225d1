import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { DAEMON } from '../bench/peers.js';
import { prioritize, PRIORITY } from '../bench/priority.js';
import { eventually, within } from '../support/eventually.js';

/** What is left in a process after its garbage has been collected. */
export interface Remains {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly buffersBytes: number;
  /** Objects that live, by kind: timers (those that keep nothing awake, too), connections, emitters of events. */
  readonly objects: Readonly<Record<string, number>>;
  /** What keeps the event loop going (process.getActiveResourcesInfo). */
  readonly resources: Readonly<Record<string, number>>;
}

/**
 * Node runs this before the daemon's own code: at SIGUSR2 it collects the garbage and tells what is left. What leaks
 * shows in numbers of objects long before it shows in bytes.
 */
const PROBE = `
import v8 from 'node:v8';
import net from 'node:net';
import { EventEmitter } from 'node:events';
const dummy = setTimeout(() => undefined, 0);
const Timeout = dummy.constructor;
clearTimeout(dummy);
const kinds = { timers: Timeout, sockets: net.Socket, emitters: EventEmitter, targets: EventTarget, promises: Promise };
process.on('SIGUSR2', () => {
  globalThis.gc();
  globalThis.gc();
  const objects = {};
  for (const [name, kind] of Object.entries(kinds)) objects[name] = v8.queryObjects(kind);
  const resources = {};
  for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1;
  const { rss, heapUsed, external } = process.memoryUsage();
  const remains = { rssBytes: rss, heapBytes: heapUsed, buffersBytes: external, objects, resources };
  process.stderr.write('soak-probe ' + JSON.stringify(remains) + '\\n');
});`;

const FLAGS = [
  '--expose-gc',
  '--disable-warning=ExperimentalWarning',
  '--import',
  `data:text/javascript,${encodeURIComponent(PROBE)}`,
];

export interface DaemonPlace {
  readonly name: string;
  readonly config: string;
  readonly socketPort: number;
  readonly httpPort: number;
  readonly logFile: string;
}

/** One of the daemons of the soak: a process that may be killed and started again. */
export class SoakDaemon {
  readonly place: DaemonPlace;
  #child: ChildProcess | undefined;
  #exited: Promise<string> = Promise.resolve('');
  #listeners = new Set<(line: string) => void>();
  /** Whatever it wrote on stderr, which nothing should. */
  readonly complaints: string[] = [];
  /** Ends that nobody asked for. */
  readonly crashes: string[] = [];
  #expectsEnd = false;

  constructor(place: DaemonPlace) {
    this.place = place;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.place.httpPort}`;
  }

  async start(): Promise<void> {
    const snapshots = ['--heapsnapshot-signal=SIGPWR', `--diagnostic-dir=${dirname(this.place.config)}`];
    const argv = [...FLAGS, ...snapshots, DAEMON, 'serve', '--config', this.place.config];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#expectsEnd = false;
    child.stdout.pipe(createWriteStream(this.place.logFile, { flags: 'a' }));
    child.stderr.setEncoding('utf8');
    let rest = '';
    child.stderr.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#heard(line);
    });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        process.off('exit', kill);
        const how = signal ?? `status ${code ?? 'unknown'}`;
        if (!this.#expectsEnd) this.crashes.push(`${this.place.name} ended by itself: ${how}`);
        resolve(how);
      });
    });
    prioritize(this.pid, PRIORITY.peer);
    await this.until('ok', 30_000);
  }

  /** Waits until it is ready: `degraded` will do where its switches may be away. */
  async until(state: 'ok' | 'degraded', timeoutMs: number): Promise<void> {
    await eventually(
      `${this.place.name} to be ready`,
      async () => {
        const answer = await fetch(`${this.origin}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
          () => undefined,
        );
        if (answer?.ok !== true) return undefined;
        const { status } = (await answer.json()) as { status?: string };
        return state === 'degraded' || status === 'ok' ? true : undefined;
      },
      { timeoutMs, everyMs: 50 },
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** @returns how it ended */
  async end(signal: 'SIGKILL' | 'SIGTERM', timeoutMs: number): Promise<string> {
    this.#expectsEnd = true;
    this.signal(signal);
    return await within(`${this.place.name} to end`, this.#exited, timeoutMs);
  }

  /** The values of a metric, by labels as they are written. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const answer = await fetch(`${this.origin}/metrics`, { signal: AbortSignal.timeout(5000) });
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))] as const;
      }),
    );
  }

  async remains(timeoutMs = 20_000): Promise<Remains> {
    let listen: ((line: string) => void) | undefined;
    const told = new Promise<Remains>((resolve) => {
      listen = (line) => {
        if (line.startsWith('soak-probe ')) resolve(JSON.parse(line.slice('soak-probe '.length)) as Remains);
      };
      this.#listeners.add(listen);
    });
    this.signal('SIGUSR2');
    try {
      return await within(`${this.place.name} to tell its memory`, told, timeoutMs);
    } finally {
      if (listen !== undefined) this.#listeners.delete(listen);
    }
  }

  #heard(line: string): void {
    for (const listener of this.#listeners) listener(line);
    if (!line.startsWith('soak-probe ') && line.trim() !== '' && this.complaints.length < 100)
      this.complaints.push(`${this.place.name}: ${line}`);
  }
}

/** The sum of all series of a metric. */
export function total(metrics: ReadonlyMap<string, number>, name: string): number {
  let sum = 0;
  for (const [series, value] of metrics) if (series === name || series.startsWith(`${name}{`)) sum += value;
  return sum;
}
