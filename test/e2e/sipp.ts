import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreeswitch, findProgram } from '../freeswitch/switch.js';

/** Why the SIP scenarios can't be run on this machine. */
export function missing(): string | undefined {
  if (findFreeswitch() === undefined)
    return 'no freeswitch binary in FREESWITCH_BIN, PATH or the usual prefixes';
  return findProgram('sipp') === undefined ? 'no sipp on the PATH' : undefined;
}

export interface SippOptions {
  /** Name of a file in scenarios/, without its ending. */
  readonly scenario:
    'caller' | 'caller-hangs-up' | 'caller-refers' | 'hostile-caller' | 'agent' | 'agent-refers';
  /** Port of FreeSWITCH for those who call; none for those who answer. */
  readonly remotePort?: number;
  /** Where agents answer. Callers take any free port. */
  readonly localPort?: number;
  /** Number that is called. */
  readonly service?: string;
  readonly calls?: number;
  readonly callsPerSecond?: number;
  /** For the scenarios with a pause of their own choice. */
  readonly talkMs?: number;
  readonly keys?: Readonly<Record<string, string>>;
  /** Nothing of sipp lives longer. */
  readonly timeoutMs?: number;
}

export interface SippResult {
  readonly successful: number;
  readonly failed: number;
  /** What sipp complained of. */
  readonly errors: string;
}

/** A sipp that runs; it is bounded by its number of calls and by its own time-out. */
export class Sipp {
  readonly result: Promise<SippResult>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, result: Promise<SippResult>) {
    this.#child = child;
    this.result = result;
    result.catch(() => undefined);
  }

  static async start(options: SippOptions): Promise<Sipp> {
    const folder = await mkdtemp(join(tmpdir(), 'switchhook-sipp-'));
    const { calls = 1, callsPerSecond = 10, timeoutMs = 40_000 } = options;
    const argv = ['-sf', join(import.meta.dirname, 'scenarios', `${options.scenario}.xml`)];
    argv.push('-i', '127.0.0.1');
    if (options.localPort !== undefined) argv.push('-p', String(options.localPort));
    argv.push('-m', String(calls), '-l', String(calls), '-r', String(callsPerSecond), '-nostdin');
    argv.push('-timeout', `${Math.ceil(timeoutMs / 1000)}s`, '-timeout_error');
    argv.push(
      '-trace_stat',
      '-stf',
      join(folder, 'stat.csv'),
      '-trace_err',
      '-error_file',
      join(folder, 'errors.log'),
    );
    if (process.env.SIPP_MESSAGES !== undefined)
      argv.push('-trace_msg', '-message_file', `${process.env.SIPP_MESSAGES}-${options.scenario}.log`);
    argv.push('-key', 'caller', '4989100', '-s', options.service ?? 'agent');
    for (const [name, value] of Object.entries(options.keys ?? {})) argv.push('-key', name, value);
    if (options.talkMs !== undefined) argv.push('-d', String(options.talkMs));
    if (options.remotePort !== undefined) argv.push(`127.0.0.1:${options.remotePort}`);
    const child = spawn('sipp', argv, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    const result = new Promise<SippResult>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => {
        process.off('exit', kill);
        readResult(folder, complaints).then(resolve, reject);
      });
    });
    return new Sipp(child, result);
  }

  /** Ends it, whatever it is at. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.result.catch(() => undefined);
  }
}

/** sipp's statistics: a header line, then a line per interval; the last one has the sums. */
async function readResult(folder: string, complaints: string): Promise<SippResult> {
  try {
    const text = await readFile(join(folder, 'stat.csv'), 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    const names = lines[0]?.split(';') ?? [];
    const values = lines.at(-1)?.split(';') ?? [];
    const count = (name: string): number => Number(values[names.indexOf(name)] ?? 0);
    const logs = (await readdir(folder)).filter((name) => name.endsWith('errors.log'));
    const errors = await Promise.all(logs.map((name) => readFile(join(folder, name), 'utf8')));
    return {
      successful: lines.length < 2 ? 0 : count('SuccessfulCall(C)'),
      failed: lines.length < 2 ? 0 : count('FailedCall(C)'),
      errors: [complaints, ...errors].join('\n').trim(),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
