import { readFileSync } from 'node:fs';

/** Besides one connection for each call: connections to switches, apps and receivers, files, the runtime's own. */
const BESIDES_CALLS = 100;

/**
 * How many files this process may have open (proc(5): /proc/pid/limits), when that is not enough for so many calls;
 * undefined when it is, or is not known. Beyond it connections are closed by the runtime before anybody here sees them.
 */
export function tooFewOpenFiles(calls: number): number | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return undefined;
  }
  const allowed = Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? 'NaN');
  return allowed < calls + BESIDES_CALLS ? allowed : undefined;
}
