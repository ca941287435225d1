import { Bed } from '../bed.js';
import { type ForeignEvents, measureForeignEvents } from '../foreign-events.js';
import { type HoldSample, measureHold } from '../hold.js';
import { type LoadSample, measureLoad, warmUp } from '../measure.js';
import { AUDIO_MS } from '../lists.js';
import type { BenchOptions } from '../options.js';
import { type PeerName, unavailable } from '../peers.js';

interface Sink {
  readonly load: LoadSample[];
  readonly hold: HoldSample[];
  foreign?: ForeignEvents;
  readonly skipped: string[];
  /** What FreeSWITCH complained about, by kind. */
  complaints: Readonly<Record<string, number>>;
}

const TLS_RATE = 100;
const TLS_PEERS: readonly PeerName[] = ['switchhook', 'mod_httapi'];
/** Where a peer runs no process of its own, its memory is FreeSWITCH's. */
const HOLD_PEERS: readonly PeerName[] = [
  'floor',
  'bare',
  'switchhook',
  'switchhook_attached',
  'esl',
  'modesl',
];
/** Of 20 ms each; one may fall to the edge. */
const LEAST_PACKETS = AUDIO_MS / 20 - 1;
/** Of the 100 calls of the warm-up: beyond that something is wrong with the peer itself. */
const MOST_FAILED = 10;

/** Everything that is measured on a real FreeSWITCH, the peers taking turns. */
export async function switchParts(
  binary: string,
  options: BenchOptions,
  sink: Sink,
  print: (text: string) => void,
  onStop: (stop: () => Promise<void>) => void,
): Promise<void> {
  const bed = await Bed.start(binary, onStop);
  if (!bed.generator.prioritized)
    print(
      '! no right to real time (root and chrt): under load the call generator waits for a CPU itself, see its lag',
    );
  const peers = await ready(bed, options, sink, print);
  if (options.parts.includes('load') && !options.quick) await settle(bed, peers, options, print);

  const runInMs = options.quick ? 0 : RUN_IN_MS;
  for (let round = 1; round <= options.rounds; round++) {
    const order = rotated(peers, round - 1);
    if (options.parts.includes('load')) {
      for (const callsPerSecond of options.rates) {
        for (const peer of order) {
          const sample = await measureLoad(bed, {
            peer,
            dial: 'play',
            round,
            callsPerSecond,
            durationMs: options.durationMs,
            runInMs,
          });
          sink.load.push(sample);
          print(line(sample));
        }
      }
    }
    if (options.parts.includes('https')) {
      for (const peer of order.filter((name) => TLS_PEERS.includes(name))) {
        const sample = await measureLoad(bed, {
          peer,
          dial: 'tls',
          round,
          callsPerSecond: TLS_RATE,
          durationMs: options.durationMs,
          runInMs,
        });
        sink.load.push(sample);
        print(line(sample));
      }
    }
  }
  if (options.parts.includes('memory')) {
    for (const peer of peers.filter((name) => HOLD_PEERS.includes(name))) {
      print(`holding ${options.heldCalls} calls: ${peer}`);
      sink.hold.push(await measureHold(bed, peer, { calls: options.heldCalls, idleMs: options.idleMs }));
    }
  }
  if (options.parts.includes('events') && peers.includes('switchhook_attached')) {
    sink.foreign = await measureForeignEvents(bed, options.idleMs);
    print(
      `${sink.foreign.perSecond.toFixed(0)} events/s of channels that are not ours: ${(100 * sink.foreign.cpu).toFixed(2)} % of a core`,
    );
  }
  sink.complaints = await bed.complaints();
}

/** The peers that work here, warmed up. FreeSWITCH's own first calls are slow: they are nobody's. */
async function ready(
  bed: Bed,
  options: BenchOptions,
  sink: Sink,
  print: (text: string) => void,
): Promise<PeerName[]> {
  await warmUp(bed, 'floor', 'play');
  const working: PeerName[] = [];
  for (const peer of options.peers) {
    const reason = unavailable(peer) ?? (await trouble(bed, peer, options));
    if (reason === undefined) working.push(peer);
    else {
      sink.skipped.push(`${peer}: ${reason}`);
      print(`! ${peer} is left out: ${reason}`);
    }
  }
  return working;
}

async function trouble(bed: Bed, peer: PeerName, options: BenchOptions): Promise<string | undefined> {
  try {
    const { packets, failed } = await warmUp(bed, peer, 'play');
    if (failed > MOST_FAILED) return `${failed} of 100 calls failed at 50 calls/s`;
    if (packets < LEAST_PACKETS) return `only ${packets.toFixed(1)} packets of audio were heard`;
    if (options.parts.includes('https') && TLS_PEERS.includes(peer)) {
      const tls = await warmUp(bed, peer, 'tls');
      if (tls.failed > MOST_FAILED) return `${tls.failed} of 100 calls failed with the app behind HTTPS`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * A round that nobody measures: code is compiled while it runs, and FreeSWITCH takes its memory and threads when it
 * first needs as many. A switch and a daemon that have been in service for a minute have both behind them.
 */
const SETTLING_MS = 10_000;
/** What it has lost of that while the others had their turns is back by then. */
const RUN_IN_MS = 5000;

async function settle(
  bed: Bed,
  peers: readonly PeerName[],
  options: BenchOptions,
  print: (text: string) => void,
): Promise<void> {
  print('settling: one round that does not count');
  for (const callsPerSecond of options.rates) {
    for (const peer of peers)
      await measureLoad(bed, {
        peer,
        dial: 'play',
        round: 0,
        callsPerSecond,
        durationMs: Math.max(options.durationMs, SETTLING_MS),
      });
  }
}

/** Nobody goes first every time. */
function rotated<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function line(sample: LoadSample): string {
  const name = sample.dial === 'tls' ? `${sample.peer} (https)` : sample.peer;
  const failures = Object.entries(sample.failures).map(([why, count]) => `${count} ${why}`);
  return (
    `round ${sample.round}  ${String(sample.callsPerSecond).padStart(3)}/s  ${name.padEnd(20)}` +
    `${String(sample.completed).padStart(5)}/${sample.attempted}  p50 ${sample.answerP50.toFixed(2)}  p99 ${sample.answerP99.toFixed(2)}` +
    (failures.length === 0 ? '' : `  failed: ${failures.join(', ')}`)
  );
}
