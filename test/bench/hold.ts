import { type Bed, pause } from './bed.js';
import { memoryAfterGc } from './children.js';
import type { PeerName } from './peers.js';
import { exactCpuMs, processUse } from './proc.js';

/** Calls held in a prompt without an end. */
export interface HoldSample {
  readonly peer: PeerName;
  readonly asked: number;
  readonly held: number;
  /** Growth per held call after garbage collection; of FreeSWITCH as it stands. */
  readonly daemonRssBytes: number | undefined;
  readonly daemonHeapBytes: number | undefined;
  readonly freeswitchRssBytes: number;
  /** Share of one core while nothing happens: without calls, and with the calls held. */
  readonly idleCpu: number | undefined;
  readonly heldCpu: number | undefined;
  readonly freeswitchHeldCpu: number;
  readonly leaked: number;
}

const CALLS_PER_SECOND = 100;
const WARM_UP_CALLS = 50;
/** For what a process does after its first work: compiling, tidying up. */
const SETTLE_MS = 2000;

/** A new process per peer; first some calls that come and go, so that code and pools are not taken for calls. */
export async function measureHold(
  bed: Bed,
  peer: PeerName,
  { calls, idleMs }: { readonly calls: number; readonly idleMs: number },
): Promise<HoldSample> {
  const daemon = await bed.freshPeer(peer);
  const destination = `hold-${peer}`;
  const patienceMs = 10_000;
  await bed.generator.hold({
    destination,
    calls: WARM_UP_CALLS,
    callsPerSecond: CALLS_PER_SECOND,
    patienceMs,
  });
  await bed.generator.release({ callsPerSecond: CALLS_PER_SECOND });
  await bed.drain();
  await pause(SETTLE_MS);

  const before = daemon === undefined ? undefined : await memoryAfterGc(daemon);
  const freeswitchBefore = processUse(bed.freeswitch.pid).rssBytes;
  const idleCpu = daemon === undefined ? undefined : await share(() => exactCpuMs(daemon.pid), idleMs);

  const report = await bed.generator.hold({
    destination,
    calls,
    callsPerSecond: CALLS_PER_SECOND,
    patienceMs,
  });
  await pause(SETTLE_MS);
  const [daemonHeld, freeswitchHeld] = [
    daemon === undefined ? undefined : share(() => exactCpuMs(daemon.pid), idleMs),
    share(() => processUse(bed.freeswitch.pid).cpuMs, idleMs),
  ];
  const [heldCpu, freeswitchHeldCpu] = [await daemonHeld, await freeswitchHeld];
  const after = daemon === undefined ? undefined : await memoryAfterGc(daemon);
  const freeswitchAfter = processUse(bed.freeswitch.pid).rssBytes;

  await bed.generator.release({ callsPerSecond: 2 * CALLS_PER_SECOND });
  const leaked = await bed.drain(5000);
  const perCall = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : (to - from) / report.held;
  const heap = (use: NodeJS.MemoryUsage | undefined): number | undefined =>
    use === undefined ? undefined : use.heapUsed + use.external;
  return {
    peer,
    asked: calls,
    held: report.held,
    daemonRssBytes: perCall(before?.rss, after?.rss),
    daemonHeapBytes: perCall(heap(before), heap(after)),
    freeswitchRssBytes: (freeswitchAfter - freeswitchBefore) / report.held,
    idleCpu,
    heldCpu,
    freeswitchHeldCpu,
    leaked,
  };
}

/** CPU used over a while, as a share of one core. */
async function share(used: () => number, durationMs: number): Promise<number> {
  const [startMs, before] = [performance.now(), used()];
  await pause(durationMs);
  return (used() - before) / (performance.now() - startMs);
}
