import type { Bed } from './bed.js';
import type { GeneratorHealth, LoadReport } from './load/protocol.js';
import { AUDIO_MS } from './lists.js';
import type { PeerName } from './peers.js';
import { processUse } from './proc.js';
import { mean, percentile } from './statistics.js';

export type Dial = 'play' | 'tls';

/** One peer, one rate, one round. Times in milliseconds. */
export interface LoadSample {
  readonly peer: PeerName;
  readonly dial: Dial;
  readonly round: number;
  readonly callsPerSecond: number;
  readonly attempted: number;
  readonly completed: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Sessions that FreeSWITCH still held when every caller was gone. */
  readonly leaked: number;
  readonly retransmissions: number;
  readonly answerP50: number;
  readonly answerP99: number;
  readonly answerMax: number;
  /** 200 OK to BYE less the audio in between: what the caller hears of nothing, in all of the list. */
  readonly silence: number;
  /** CPU of user and kernel per 1000 calls. */
  readonly cpuPer1000: Readonly<Record<'daemon' | 'freeswitch' | 'app' | 'generator', number>>;
  readonly generator: GeneratorHealth;
}

interface LoadRun {
  readonly peer: PeerName;
  readonly dial: Dial;
  readonly callsPerSecond: number;
  readonly durationMs: number;
}

/** A frame lost at the end of a prompt is not a call cut short. */
const TOLERANCE_MS = 40;
const PATIENCE_MS = 5000;

/**
 * @param runInMs for so long calls come before that count for failures only: while the others had their turns, caches
 *   went cold and engines have thrown away code, which a peer in service has ready
 */
export async function measureLoad(
  bed: Bed,
  { runInMs = 0, ...order }: LoadRun & { readonly round: number; readonly runInMs?: number },
): Promise<LoadSample> {
  const daemon = await bed.peer(order.peer);
  const use = (): LoadSample['cpuPer1000'] => ({
    daemon: daemon === undefined ? 0 : processUse(daemon.pid).cpuMs,
    freeswitch: processUse(bed.freeswitch.pid).cpuMs,
    app: processUse(bed.app.pid).cpuMs,
    generator: processUse(bed.generator.child.pid).cpuMs,
  });
  const runIn = runInMs > 0 ? await placeCalls(bed, { ...order, durationMs: runInMs }) : undefined;
  const leakedBefore = await bed.drain();
  const before = use();
  const report = await placeCalls(bed, order);
  const leaked = leakedBefore + (await bed.drain());
  const after = use();
  const per1000 = (key: keyof LoadSample['cpuPer1000']): number =>
    ((after[key] - before[key]) * 1000) / report.attempted;
  return {
    ...order,
    attempted: report.attempted + (runIn?.attempted ?? 0),
    completed: report.completed + (runIn?.completed ?? 0),
    failures: added(report.failures, runIn?.failures ?? {}),
    leaked,
    retransmissions: report.retransmissions,
    answerP50: percentile(report.answerMs, 0.5),
    answerP99: percentile(report.answerMs, 0.99),
    answerMax: percentile(report.answerMs, 1),
    silence: mean(report.talkMs) - AUDIO_MS,
    cpuPer1000: {
      daemon: per1000('daemon'),
      freeswitch: per1000('freeswitch'),
      app: per1000('app'),
      generator: per1000('generator'),
    },
    generator: report.health,
  };
}

function added(
  some: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum = { ...some };
  for (const [key, count] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

async function placeCalls(
  bed: Bed,
  { peer, dial, callsPerSecond, durationMs }: LoadRun,
): Promise<LoadReport> {
  return await bed.generator.load({
    destination: `${dial}-${peer}`,
    callsPerSecond,
    durationMs,
    warmUpMs: Math.min(500, durationMs / 4),
    leastMs: AUDIO_MS - TOLERANCE_MS,
    patienceMs: PATIENCE_MS,
    media: false,
  });
}

/** A few calls that nobody measures, and a check that each peer really played the audio it is credited with. */
export async function warmUp(
  bed: Bed,
  peer: PeerName,
  dial: Dial,
): Promise<{ readonly packets: number; readonly failed: number }> {
  await bed.peer(peer);
  const report = await bed.generator.load({
    destination: `${dial}-${peer}`,
    callsPerSecond: 50,
    durationMs: 2000,
    warmUpMs: 0,
    leastMs: AUDIO_MS - TOLERANCE_MS,
    patienceMs: PATIENCE_MS,
    media: true,
  });
  await bed.drain();
  return { packets: mean(report.packets), failed: report.attempted - report.completed };
}
