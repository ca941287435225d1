/**
 * The caller of the benchmark: a process of its own, so that nothing else delays its clock.
 * Started with the SIP port of FreeSWITCH in BENCH_SIP_PORT; takes orders over IPC, one at a time.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Caller, type PlacedCall } from './caller.js';
import { openMediaListener, openMediaSink } from './media-sink.js';
import { pace } from './pace.js';
import type {
  HeldReport,
  HoldOrder,
  LoadOrder,
  LoadReport,
  Order,
  ReleaseOrder,
  Report,
} from './protocol.js';

const PACKET_MS = 20;
const LAG_RESOLUTION_MS = 1;

const switchPort = Number(process.env['BENCH_SIP_PORT']);
const sinkPort = await openMediaSink();
let held: { readonly caller: Caller; readonly calls: Set<PlacedCall> } | undefined;

function say(report: Report): void {
  process.send?.(report);
}

async function load(order: LoadOrder): Promise<LoadReport> {
  const answerMs: number[] = [];
  const talkMs: number[] = [];
  const silenceMs: number[] = [];
  const packets: number[] = [];
  const failures: Record<string, number> = {};
  const counted = new Set<PlacedCall>();
  const packetsByPort = new Map<number, number>();
  const limits = new Map<PlacedCall, NodeJS.Timeout>();
  let attempted = 0;
  let completed = 0;
  let placing = true;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const listener = order.media
    ? await openMediaListener((port) => packetsByPort.set(port, (packetsByPort.get(port) ?? 0) + 1))
    : undefined;

  const limit = (call: PlacedCall, why: string): void => {
    clearTimeout(limits.get(call));
    limits.set(
      call,
      setTimeout(() => caller.giveUp(call, why), order.patienceMs),
    );
  };

  const caller = await Caller.open(switchPort, listener?.port ?? sinkPort, {
    onAnswered: (call) => {
      packetsByPort.set(call.mediaPort, 0);
      limit(call, 'never hung up');
      if (counted.has(call)) answerMs.push(call.answeredAtMs - call.invitedAtMs);
    },
    onEnded: (call) => {
      clearTimeout(limits.get(call));
      limits.delete(call);
      const talk = call.endedAtMs - call.answeredAtMs;
      const failure =
        call.failure !== ''
          ? call.failure
          : call.answeredAtMs === 0
            ? 'ended unanswered'
            : call.endedAtMs - call.invitedAtMs < order.leastMs
              ? 'cut short'
              : '';
      if (failure !== '') failures[failure] = (failures[failure] ?? 0) + 1;
      else {
        completed++;
        if (counted.has(call)) {
          talkMs.push(talk);
          if (order.media) {
            const heard = packetsByPort.get(call.mediaPort) ?? 0;
            packets.push(heard);
            silenceMs.push(talk - heard * PACKET_MS);
          }
        }
      }
      counted.delete(call);
      if (!placing && caller.open === 0) finish();
    },
  });

  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  const busyBefore = performance.eventLoopUtilization();
  lag.enable();
  await pace(order.callsPerSecond, (sinceMs) => {
    if (sinceMs >= order.durationMs) return false;
    attempted++;
    const call = caller.place(order.destination);
    if (sinceMs >= order.warmUpMs) counted.add(call);
    limit(call, 'never answered');
    return true;
  });
  const busy = performance.eventLoopUtilization(busyBefore);
  lag.disable();
  placing = false;
  if (caller.open > 0) await finished;
  caller.close();
  listener?.socket.close();

  const lagMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - LAG_RESOLUTION_MS);
  return {
    type: 'loaded',
    attempted,
    completed,
    failures,
    retransmissions: caller.retransmissions,
    answerMs,
    talkMs,
    silenceMs,
    packets,
    health: {
      lagP50Ms: lagMs(lag.percentile(50)),
      lagP99Ms: lagMs(lag.percentile(99)),
      lagMaxMs: lagMs(lag.max),
      utilization: busy.utilization,
    },
  };
}

async function hold(order: HoldOrder): Promise<HeldReport> {
  const failures: Record<string, number> = {};
  const calls = new Set<PlacedCall>();
  const caller = await Caller.open(switchPort, sinkPort, {
    onAnswered: (call) => calls.add(call),
    onEnded: (call) => {
      calls.delete(call);
      const failure = call.failure === '' ? 'ended by itself' : call.failure;
      failures[failure] = (failures[failure] ?? 0) + 1;
    },
  });
  held = { caller, calls };
  let placed = 0;
  const all: PlacedCall[] = [];
  await pace(order.callsPerSecond, () => {
    if (placed >= order.calls) return false;
    placed++;
    all.push(caller.place(order.destination));
    return true;
  });
  const untilMs = performance.now() + order.patienceMs;
  while (calls.size < caller.open && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const call of all) if (call.answeredAtMs === 0) caller.giveUp(call, 'never answered');
  return { type: 'held', held: calls.size, failures };
}

async function release(order: ReleaseOrder): Promise<number> {
  const current = held;
  held = undefined;
  if (current === undefined) return 0;
  const calls = [...current.calls];
  let released = 0;
  await pace(order.callsPerSecond, () => {
    const call = calls[released];
    if (call === undefined) return false;
    released++;
    current.caller.giveUp(call, 'released');
    return true;
  });
  // Time for the answers to the last BYEs, and for what FreeSWITCH may repeat.
  await new Promise((resolve) => setTimeout(resolve, 500));
  current.caller.close();
  return released;
}

async function obey(order: Order): Promise<Report> {
  switch (order.type) {
    case 'load':
      return await load(order);
    case 'hold':
      return await hold(order);
    case 'release':
      return { type: 'released', released: await release(order) };
  }
}

process.on('message', (order: Order) => {
  obey(order).then(say, (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit(0));
say({ type: 'ready' });
