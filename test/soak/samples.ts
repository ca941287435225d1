import { readdirSync } from 'node:fs';
import { processUse } from '../bench/proc.js';
import type { SoakBed } from './bed.js';
import { type Remains, total } from './daemon.js';
import { type Slope, slopeOf } from './slope.js';

/** How things are while calls come and go. */
export interface Sample {
  readonly at: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  /** Timers and connections that keep the daemon's event loop going. */
  readonly resources: number;
  readonly calls: number;
  readonly switchRssBytes: number;
  readonly switchDescriptors: number;
  readonly channels: number;
}

/** As `Sample`, of a daemon whose garbage has just been collected. */
export type RemainsSample = Remains & { readonly at: number };

export async function sampleOf(bed: SoakBed): Promise<Sample> {
  const metrics = await bed.a.metrics();
  const { pid } = bed.freeswitch;
  return {
    at: Date.now(),
    rssBytes: total(metrics, 'process_resident_memory_bytes'),
    heapBytes: total(metrics, 'nodejs_heap_size_used_bytes'),
    descriptors: total(metrics, 'process_open_fds'),
    resources: total(metrics, 'nodejs_active_resources'),
    calls: total(metrics, 'switchhook_calls_active'),
    switchRssBytes: processUse(pid).rssBytes,
    switchDescriptors: descriptorsOf(pid),
    channels: await bed.channels(),
  };
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

export interface SlopeRow {
  readonly what: string;
  readonly unit: string;
  /** Of the daemon: it has to be flat. FreeSWITCH's is told, not judged. */
  readonly isJudged: boolean;
  readonly slope: Slope;
}

/** The first part of a run is not counted: code is compiled and pools are filled then. */
const SETTLING_SHARE = 0.2;
const MOST_SETTLING_MS = 600_000;
const MB = 1e6;

export function slopesOf(samples: readonly Sample[], remains: readonly RemainsSample[]): SlopeRow[] {
  const first = samples[0]?.at ?? 0;
  const last = samples.at(-1)?.at ?? 0;
  const from = first + Math.min(MOST_SETTLING_MS, SETTLING_SHARE * (last - first));
  const row = (what: string, unit: string, isJudged: boolean, value: (one: Sample) => number): SlopeRow => ({
    what,
    unit,
    isJudged,
    // A switch that was away could not be asked.
    slope: slopeOf(
      samples
        .filter((one) => one.at >= from && Number.isFinite(value(one)))
        .map((one) => [one.at, value(one)]),
    ),
  });
  const left = (what: string, unit: string, value: (one: RemainsSample) => number): SlopeRow => ({
    what,
    unit,
    isJudged: true,
    slope: slopeOf(remains.filter(({ at }) => at >= from).map((one) => [one.at, value(one)])),
  });
  return [
    row('resident memory', 'MB', true, ({ rssBytes }) => rssBytes / MB),
    row('heap in use', 'MB', true, ({ heapBytes }) => heapBytes / MB),
    row('descriptors', '', true, ({ descriptors }) => descriptors),
    row('active resources', '', true, ({ resources }) => resources),
    row('calls under control', '', true, ({ calls }) => calls),
    left('heap after collection', 'MB', ({ heapBytes }) => heapBytes / MB),
    left('buffers after collection', 'MB', ({ buffersBytes }) => buffersBytes / MB),
    left('timers', '', ({ objects }) => objects['timers'] ?? 0),
    left('connections', '', ({ objects }) => objects['sockets'] ?? 0),
    left(
      'event emitters and targets',
      '',
      ({ objects }) => (objects['emitters'] ?? 0) + (objects['targets'] ?? 0),
    ),
    left('promises', '', ({ objects }) => objects['promises'] ?? 0),
    row('FreeSWITCH: resident memory', 'MB', false, ({ switchRssBytes }) => switchRssBytes / MB),
    row('FreeSWITCH: descriptors', '', false, ({ switchDescriptors }) => switchDescriptors),
    row('FreeSWITCH: channels', '', false, ({ channels }) => channels),
  ];
}
