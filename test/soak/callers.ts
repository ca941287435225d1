/**
 * The callers of the soak, a process of its own: places the mix at an even rate and reports every call that has ended.
 * Started with the SIP port of FreeSWITCH in BENCH_SIP_PORT.
 */
import { Caller, type PlacedCall } from '../bench/load/caller.js';
import { openMediaSink } from '../bench/load/media-sink.js';
import { pace } from '../bench/load/pace.js';
import { header } from '../bench/load/sip.js';
import { BRANCH_HEADER } from './dialplan.js';
import { destinationOf, KINDS, kindOf } from './mix.js';
import type { CallersOrder, CallersReport, EndedCall } from './orders.js';

/** A parked call may wait for a daemon, and FreeSWITCH itself lets it go on after 30 s. */
const PATIENCE_MS = 45_000;
const REPORT_MS = 200;

const serials = new Map<PlacedCall, number>();
const timers = new Map<PlacedCall, NodeJS.Timeout>();
let ended: EndedCall[] = [];
let placed = 0;
let round = 0;
let isPlacing = false;

const epoch = (ms: number): number => (ms === 0 ? 0 : performance.timeOrigin + ms);

function wait(call: PlacedCall, ms: number, why: string): void {
  clearTimeout(timers.get(call));
  timers.set(
    call,
    setTimeout(() => caller.giveUp(call, why), ms),
  );
}

const caller = await Caller.open(Number(process.env['BENCH_SIP_PORT']), await openMediaSink(), {
  onAnswered: (call) => {
    const leavesAfterMs = KINDS[kindOf(serials.get(call) ?? 0)]?.callerLeavesAfterMs;
    if (leavesAfterMs === undefined) wait(call, PATIENCE_MS, 'never hung up');
    else wait(call, leavesAfterMs, 'left');
  },
  onEnded: (call) => {
    clearTimeout(timers.get(call));
    timers.delete(call);
    const serial = serials.get(call) ?? 0;
    serials.delete(call);
    ended.push({
      serial,
      invitedAt: epoch(call.invitedAtMs),
      answeredAt: epoch(call.answeredAtMs),
      endedAt: epoch(call.endedAtMs === 0 ? performance.now() : call.endedAtMs),
      failure: call.failure,
      branch: header(call.byeText, BRANCH_HEADER) ?? '',
      cause: /text="([^"]*)"/.exec(header(call.byeText, 'Reason') ?? '')?.[1] ?? '',
    });
  },
});

async function begin(callsPerSecond: number, serial: number): Promise<void> {
  const mine = (round += 1);
  isPlacing = true;
  let next = serial;
  await pace(callsPerSecond, () => {
    if (round !== mine) return false;
    const call = caller.place(destinationOf(next));
    serials.set(call, next);
    wait(call, PATIENCE_MS, 'never answered');
    next += 1;
    placed += 1;
    return true;
  });
}

process.on('message', (order: CallersOrder) => {
  if (order.type === 'begin') {
    void begin(order.callsPerSecond, order.serial);
    return;
  }
  round += 1;
  isPlacing = false;
  if (order.type === 'forget') for (const call of [...serials.keys()]) caller.giveUp(call, 'the switch died');
});
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  const { retransmissions } = caller;
  const report: CallersReport = {
    type: 'report',
    ended,
    open: caller.open,
    placed,
    isPlacing,
    retransmissions,
  };
  ended = [];
  process.send?.(report);
}, REPORT_MS);
process.send?.({ type: 'ready' });
