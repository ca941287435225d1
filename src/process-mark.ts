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
    return { pid, begun: begunIn(readFileSync(`/proc/${pid}/stat`, 'utf8')) };
  } catch {
    return { pid, begun: process.platform !== 'linux' && isAlive(pid) ? 1 : 0 };
  }
}

/** Set on the main thread before anything that the process has open is closed (include/linux/sched.h, kernel/exit.c). */
const PF_EXITING = 0x4;

/**
 * @param stat a line as in /proc/<pid>/stat: the name, in brackets, may hold anything
 * @returns 0 for a process that was killed: one that its parent has not looked at yet, and one whose connections are
 * closed, which others learn at once, while the kernel is not done with it
 */
export function begunIn(stat: string): number {
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isExiting = (Number(fields[5]) & PF_EXITING) !== 0;
  return isExiting || state === 'Z' || state === 'X' ? 0 : Number(fields[18] ?? 0);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
