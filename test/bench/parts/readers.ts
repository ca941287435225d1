import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { parse } from 'yaml';
import { Bed, pause } from '../bed.js';
import type { ReadersReport } from '../event-readers.js';
import { measureLoad, warmUp } from '../measure.js';
import { processUse } from '../proc.js';
import { percentile } from '../statistics.js';

/** What readers of the events cost the calls. */
export interface ReadersSample {
  readonly readers: number;
  readonly callsPerSecond: number;
  /** INVITE to 200 OK, the middle of all rounds, in milliseconds. */
  readonly answerP50: { readonly without: number; readonly with: number };
  readonly answerP99: { readonly without: number; readonly with: number };
  readonly failed: { readonly without: number; readonly with: number };
  /** Share of one core. */
  readonly daemonCpu: { readonly without: number; readonly with: number };
  readonly daemonRssMb: { readonly before: number; readonly after: number };
  readonly megabytesPerSecond: number;
  /** Events that the first and the last reader got; they got the same. */
  readonly events: number;
  /** Readers that were cut off. */
  readonly cutOff: number;
}

const READERS = 1000;
const RATE = 100;

export async function readersPart(
  binary: string,
  options: { readonly rounds: number; readonly durationMs: number; readonly readers?: number },
  print: (text: string) => void,
  onStop: (stop: () => Promise<void>) => void,
): Promise<ReadersSample> {
  const readers = options.readers ?? READERS;
  const bed = await Bed.start(binary, onStop);
  const daemon = await bed.peer('switchhook');
  if (daemon === undefined) throw new Error('there is no daemon to measure');
  const httpPort = httpPortOf(bed);
  await warmUp(bed, 'switchhook', 'play');
  const before = processUse(daemon.pid).rssBytes / 1e6;
  const seen = {
    without: { p50: [] as number[], p99: [] as number[], cpu: [] as number[], failed: 0 },
    with: { p50: [] as number[], p99: [] as number[], cpu: [] as number[], failed: 0 },
  };
  let [bytes, seconds, events, cutOff] = [0, 0, 0, 0];
  const load = async (kind: 'with' | 'without', round: number): Promise<void> => {
    const [cpu, beganMs] = [processUse(daemon.pid).cpuMs, performance.now()];
    const sample = await measureLoad(bed, {
      peer: 'switchhook',
      dial: 'play',
      round,
      callsPerSecond: RATE,
      durationMs: options.durationMs,
    });
    seen[kind].cpu.push((processUse(daemon.pid).cpuMs - cpu) / (performance.now() - beganMs));
    seen[kind].p50.push(sample.answerP50);
    seen[kind].p99.push(sample.answerP99);
    seen[kind].failed += sample.attempted - sample.completed;
  };
  for (let round = 1; round <= options.rounds; round += 1) {
    await load('without', round);
    const { child } = await bed.startScript('readers of events', 'event-readers.ts', {
      BENCH_HTTP_PORT: String(httpPort),
      BENCH_READERS: String(readers),
    });
    const ask = async (): Promise<ReadersReport> => {
      const answered = once(child.process, 'message');
      child.process.send('report');
      return ((await answered) as [ReadersReport])[0];
    };
    const [first, beganMs] = [await ask(), performance.now()];
    await load('with', round);
    seconds += (performance.now() - beganMs) / 1000;
    await pause(1000);
    const last = await ask();
    bytes += last.bytes - first.bytes;
    events += last.events[0];
    cutOff += readers - last.open;
    if (last.events[0] !== last.events[1])
      throw new Error(`readers got different numbers of events: ${last.events.join(', ')}`);
    await child.stop();
    print(
      `round ${round}: p50 ${seen.without.p50.at(-1)?.toFixed(2)} ms without readers, ${seen.with.p50.at(-1)?.toFixed(2)} ms with ${readers}`,
    );
  }
  const middle = (values: readonly number[]): number => percentile(values, 0.5);
  return {
    readers,
    callsPerSecond: RATE,
    answerP50: { without: middle(seen.without.p50), with: middle(seen.with.p50) },
    answerP99: { without: middle(seen.without.p99), with: middle(seen.with.p99) },
    failed: { without: seen.without.failed, with: seen.with.failed },
    daemonCpu: { without: middle(seen.without.cpu), with: middle(seen.with.cpu) },
    daemonRssMb: { before, after: processUse(daemon.pid).rssBytes / 1e6 },
    megabytesPerSecond: bytes / 1e6 / seconds,
    events,
    cutOff,
  };
}

export function readersText(sample: ReadersSample): string {
  const { readers, callsPerSecond, answerP50, answerP99, daemonCpu, daemonRssMb } = sample;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `${readers} readers of events on ${callsPerSecond} calls/s: INVITE to 200 p50 ${answerP50.without.toFixed(2)} → ${answerP50.with.toFixed(2)} ms (×${(answerP50.with / answerP50.without).toFixed(3)}), p99 ${answerP99.without.toFixed(1)} → ${answerP99.with.toFixed(1)} ms`,
    `  daemon: ${percent(daemonCpu.without)} → ${percent(daemonCpu.with)} of a core, ${daemonRssMb.before.toFixed(0)} → ${daemonRssMb.after.toFixed(0)} MB; ${sample.megabytesPerSecond.toFixed(0)} MB/s, ${sample.events} events each, ${sample.cutOff} readers cut off, failed calls ${sample.failed.without} → ${sample.failed.with}`,
  ].join('\n');
}

/** As it was written for the one daemon of this bed. */
function httpPortOf(bed: Bed): number {
  const folder = bed.file('');
  const name = readdirSync(folder).find((file) => /^switchhook-\d+\.yaml$/.test(file));
  const config = parse(readFileSync(bed.file(name ?? ''), 'utf8')) as { http: { port: number } };
  return config.http.port;
}
