import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts for a process: proc(5). */
export interface ProcessUse {
  /** User and system time since the process began, in milliseconds. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

let ticksPerSecond: number | undefined;
let pageBytes: number | undefined;

function getconf(name: string, otherwise: number): number {
  try {
    return Number(execFileSync('getconf', [name], { encoding: 'utf8' })) || otherwise;
  } catch {
    return otherwise;
  }
}

/** Zeroes for a process that is gone: its run is a failed one anyway and says so elsewhere. */
export function processUse(pid: number): ProcessUse {
  ticksPerSecond ??= getconf('CLK_TCK', 100);
  pageBytes ??= getconf('PAGESIZE', 4096);
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return { cpuMs: 0, rssBytes: 0 };
  }
  // The second field is the name in brackets and may hold blanks; what follows starts with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3] ?? 0);
  return {
    cpuMs: ((field(14) + field(15)) * 1000) / ticksPerSecond,
    rssBytes: field(24) * pageBytes,
  };
}

/**
 * Time on a CPU to the nanosecond, of the threads that live now (proc(5), schedstat): for a process that hardly does
 * anything and starts no threads, where ticks of 10 ms are too coarse. Without schedstat: ticks.
 */
export function exactCpuMs(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map(
        (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
      )
      .reduce((sum, one) => sum + one, 0);
  } catch {
    return processUse(pid).cpuMs;
  }
}
