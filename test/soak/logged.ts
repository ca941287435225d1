import { open } from 'node:fs/promises';
import type { SoakDaemon } from './daemon.js';

/** Lines of the daemons' logs, counted by level, message and code. */
export async function loggedBy(daemons: readonly SoakDaemon[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const daemon of daemons) {
    const handle = await open(daemon.place.logFile).catch(() => undefined);
    if (handle === undefined) continue;
    for await (const line of handle.readLines()) {
      if (line === '') continue;
      const { level, msg, code } = entryOf(line);
      const key = `${level} ${msg}${code === '' ? '' : ` (${code})`}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

function entryOf(line: string): { readonly level: string; readonly msg: string; readonly code: string } {
  try {
    const { level, msg, code } = JSON.parse(line) as Record<string, unknown>;
    return { level: String(level), msg: String(msg), code: typeof code === 'string' ? code : '' };
  } catch {
    return { level: 'unreadable', msg: line.slice(0, 100), code: '' };
  }
}
