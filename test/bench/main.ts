/** `npm run bench`: see docs/reference/performance.md for what is measured and how. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findFreeswitch } from '../freeswitch/switch.js';
import { environment, type Environment } from './environment.js';
import type { ForeignEvents } from './foreign-events.js';
import type { HoldSample } from './hold.js';
import { Interruption } from './interruption.js';
import type { LoadSample } from './measure.js';
import { type BenchOptions, parseOptions, type Part, USAGE } from './options.js';
import type { FramingResult } from './framing.js';
import { flowPart, type FlowFigures } from './parts/flow.js';
import { flowSwitchPart, type FlowSwitchFigures } from './parts/flow-switch.js';
import { framingPart } from './parts/framing.js';
import { type Limits, limitsPart, limitsText } from './parts/limits.js';
import { type ActionFigures, actionsPart } from './parts/actions.js';
import { readersPart, readersText, type ReadersSample } from './parts/readers.js';
import { simulatorPart, type SimulatorFigures } from './parts/simulator.js';
import { switchParts } from './parts/switch.js';
import { holdTable, legend, loadTables, targetTable } from './report.js';
import { summarize } from './summary.js';
import { targets } from './targets.js';

const SWITCH_PARTS: readonly Part[] = ['load', 'https', 'memory', 'events', 'readers', 'limits'];

interface Results {
  environment?: Environment;
  options: BenchOptions;
  framing?: FramingResult;
  simulator?: SimulatorFigures;
  flows?: FlowFigures;
  actions?: ActionFigures;
  flowsOnSwitch?: FlowSwitchFigures;
  load: LoadSample[];
  hold: HoldSample[];
  foreign?: ForeignEvents;
  readers?: ReadersSample;
  limits?: Limits;
  skipped: string[];
  complaints: Readonly<Record<string, number>>;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const interruption = new Interruption();

async function run(options: BenchOptions): Promise<Results> {
  const results: Results = { options, load: [], hold: [], skipped: [], complaints: {} };
  const binary = findFreeswitch();
  results.environment = environment(binary);
  print(results.environment.text);
  for (const warning of results.environment.warnings) print(`! ${warning}`);

  if (options.parts.includes('framing')) results.framing = await framingPart(print);
  if (options.parts.includes('simulator')) {
    const figures = await simulatorPart(options.simulatedCalls, print, (how) => {
      interruption.stop = how;
    });
    if (typeof figures === 'string') results.skipped.push(`list execution against the simulator: ${figures}`);
    else results.simulator = figures;
  }
  if (options.parts.includes('actions')) {
    results.actions = await actionsPart(options.rounds, options.quick ? 1 : 4, print);
  }
  if (options.parts.includes('flows')) {
    results.flows = await flowPart(print);
    const figures =
      binary === undefined
        ? 'no FreeSWITCH was found'
        : await flowSwitchPart(binary, print, (how) => {
            interruption.stop = how;
          });
    if (typeof figures === 'string') results.skipped.push(`flows on FreeSWITCH: ${figures}`);
    else results.flowsOnSwitch = figures;
  }
  const wanted = options.parts.filter((part) => SWITCH_PARTS.includes(part));
  if (wanted.length === 0) return results;
  if (binary === undefined) {
    results.skipped.push(
      `${wanted.join(', ')}: no FreeSWITCH was found (FREESWITCH_BIN, PATH, the usual prefixes). Not measured: times to ` +
        'the 200 OK, silence, success by call rate, CPU and memory per call, and every comparison with other ways.',
    );
    return results;
  }
  if (wanted.some((part) => part !== 'readers' && part !== 'limits')) {
    await switchParts(binary, options, results, print, (how) => {
      interruption.stop = how;
    });
    await interruption.stop();
  }
  if (wanted.includes('readers')) {
    results.readers = await readersPart(binary, options, print, (how) => {
      interruption.stop = how;
    });
    print(readersText(results.readers));
    await interruption.stop();
  }
  if (wanted.includes('limits')) {
    results.limits = await limitsPart(binary, options.quick, print, (how) => {
      interruption.stop = how;
    });
    print(limitsText(results.limits));
    await interruption.stop();
  }
  return results;
}

async function write(results: Results, path: string | undefined): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  const file = path ?? join(import.meta.dirname, 'results', `${stamp}.json`);
  const load = summarize(results.load);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ ...results, summary: load, targets: targets({ load, hold: results.hold, framing: results.framing, foreign: results.foreign, readers: results.readers }) }, undefined, 2)}\n`,
  );
  return file;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    print(USAGE);
    return;
  }
  interruption.listen();
  const results = await run(options);
  const load = summarize(results.load);
  print('');
  if (load.length > 0) print(loadTables(load));
  if (results.hold.length > 0) print(holdTable(results.hold));
  if (load.length > 0) print(legend());
  print(
    targetTable(
      targets({
        load,
        hold: results.hold,
        framing: results.framing,
        foreign: results.foreign,
        readers: results.readers,
      }),
    ),
  );
  for (const [what, times] of Object.entries(results.complaints))
    print(`FreeSWITCH, ${times} times: ${what}`);
  for (const skipped of results.skipped) print(`skipped: ${skipped}`);
  print(`written: ${await write(results, options.json)}`);
  // Everything has been stopped; whatever may still be waiting for nothing is not waited for.
  process.exit(0);
}

main().catch(async (error: unknown) => {
  // Whatever fails because everything is being stopped is no news; the interruption ends the process.
  if (interruption.happened) return;
  await interruption.stop();
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
