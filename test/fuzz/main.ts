import path from 'node:path';
import { parseArgs } from 'node:util';
import { casesOf, saveCase } from './cases.js';
import { hunt } from './hunt/hunt.js';
import { writeReport } from './report.js';
import { saveResult } from './results.js';
import { targetNames } from './targets.js';

const HELP = `npm run fuzz -- [--target <name>]… [--seconds <n>] [--seed <n>] [--record]
npm run fuzz -- --report

Feeds hostile input to each target for so many seconds of CPU time (60), and saves what breaks it as a case in
test/fuzz/cases. SIGINT or SIGTERM ends it early. --record keeps the figures in test/fuzz/results; --report writes them to docs/reference/fuzzing.md.
Targets: ${targetNames().join(', ')}
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    record: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

async function run(): Promise<boolean> {
  let clean = true;
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  for (const name of values.target ?? targetNames()) {
    if (stop.signal.aborted) break;
    const seed = Number(values.seed ?? Date.now() % 2 ** 31);
    say(`${name}: ${values.seconds} s, seed ${seed}`);
    const result = await hunt({
      target: name,
      seconds: Number(values.seconds),
      seed,
      inputs: casesOf(name).map(({ input }) => input),
      signal: stop.signal,
      onFinding({ kind, message, input }) {
        clean = false;
        say(`  ${kind}: ${message}\n  ${path.relative(process.cwd(), saveCase(name, input))}`);
      },
    });
    say(
      `  ${result.inputs} inputs, ${Math.round(result.inputs / result.cpuSeconds)}/s, ${result.blocks} blocks, ${result.kept} kept, ${result.findings.length} found`,
    );
    if (values.record) saveResult(name, result);
  }
  return clean;
}

if (values.help) say(HELP);
else if (values.report) say(await writeReport());
else process.exitCode = (await run()) ? 0 : 1;
