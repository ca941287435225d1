import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leaksIn, searchable } from './search.js';
import { beginTrail, readTrail } from './trail.js';

/** Secrets never in logs: what all tests of a run logged is searched for every secret that they used. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'switchhook-trail-'));
  beginTrail(folder);
  return () => {
    const trail = readTrail(folder);
    rmSync(folder, { recursive: true });
    const leaks = leaksIn(trail);
    const kilobytes = Math.round(trail.logs.reduce((sum, { length }) => sum + length, 0) / 1000);
    process.stdout.write(
      `secrets in logs: ${leaks.length} of ${searchable(trail)}, looked for in ${kilobytes} kB of logs\n`,
    );
    if (leaks.length === 0) return;
    const lines = leaks.map(({ place, line }) => `${place}: ${line.slice(0, 1000)}`);
    process.stderr.write(`${lines.join('\n')}\n`);
    // An error here would be printed, and the run would be a success.
    process.exitCode = 1;
  };
}
