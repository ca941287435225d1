import { readFileSync } from 'node:fs';

/** A process, and when it began: process ids come again. */
export interface ProcessMark {
  readonly pid: number;
  readonly begun: number;
}

/**
 * When the process began, in the kernel's ticks since boot (proc(5): field 22 of stat); 0 when there is none. Where
 * there is no /proc, all processes that live began at 1.
 */
export function markOf(pid: number): ProcessMark {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Killed, and its parent has not looked yet.
    const isGone = fields[0] === 'Z' || fields[0] === 'X';
    return { pid, begun: isGone ? 0 : Number(fields[19] ?? 0) };
  } catch {
    return { pid, begun: process.platform !== 'linux' && isAlive(pid) ? 1 : 0 };
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
