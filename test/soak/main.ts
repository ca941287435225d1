/** `npm run soak`: see docs/reference/performance.md for what it does and what must hold. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { environment } from '../bench/environment.js';
import { Interruption } from '../bench/interruption.js';
import { DAEMON } from '../bench/peers.js';
import { findFreeswitch } from '../freeswitch/switch.js';
import { SoakBed } from './bed.js';
import { parseOptions, USAGE } from './options.js';
import { soakReport, verdictsOf } from './report.js';
import { SoakRun } from './run.js';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const interruption = new Interruption();

async function main(): Promise<void> {
  const options = await parseOptions(process.argv.slice(2));
  if (options === 'help') {
    print(USAGE);
    return;
  }
  const binary = findFreeswitch();
  if (binary === undefined) {
    print('skipped: no FreeSWITCH was found (FREESWITCH_BIN, PATH, the usual prefixes)');
    return;
  }
  if (!existsSync(DAEMON)) throw new Error('dist/ is missing: npm run build');
  interruption.listen();
  const around = environment(binary);
  print(around.text);
  for (const warning of around.warnings) print(`! ${warning}`);
  const folder =
    options.keep === undefined ? await mkdtemp(join(tmpdir(), 'switchhook-soak-')) : resolve(options.keep);
  print(
    `${options.minutes} minutes at ${options.callsPerSecond} calls/s, a fault every ${options.faultEveryS} s; ${folder}`,
  );
  const bed = await SoakBed.start(binary, folder, (how) => {
    interruption.stop = how;
  });
  const figures = await new SoakRun(bed, options, print).run();
  await interruption.stop();
  print(`\n${soakReport(figures)}`);
  const verdicts = verdictsOf(figures);
  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  const file = options.json ?? join(import.meta.dirname, 'results', `${stamp}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ environment: around, options, ...figures, verdicts }, undefined, 1)}\n`,
  );
  print(`written: ${file}`);
  const isGood = verdicts.every(({ isMet }) => isMet);
  if (isGood && options.keep === undefined) await rm(folder, { recursive: true, force: true });
  else print(`kept: ${folder}`);
  process.exit(isGood ? 0 : 1);
}

main().catch(async (error: unknown) => {
  // Whatever fails because everything is being stopped is no news; the interruption ends the process.
  if (interruption.happened) return;
  await interruption.stop();
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
