import { execFileSync } from 'node:child_process';

/**
 * FreeSWITCH started by root runs in real time (SCHED_FIFO; switch.c, set_auto_priority) and so before every ordinary
 * process: on one machine with it, whatever a call waits for would wait for the CPU first. So what stands for other
 * machines, and the processes behind peers, go before its sessions' threads (1 to 10), and none before its timers and
 * its SIP (99). Only root may; it is the same for all peers either way.
 */
export const PRIORITY = {
  /** A measuring device that waits for the CPU would measure its own waiting. */
  generator: 50,
  /** It stands for a web service elsewhere. */
  app: 3,
  /** docs/guide/operations.md tells users how to do the same. */
  peer: 2,
} as const;

/** @returns whether it may be done here */
export function prioritize(pid: number, priority: number): boolean {
  try {
    const order = ['--all-tasks', '--rr', '--pid', String(priority), String(pid)];
    execFileSync('chrt', order, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
