import type { FramingResult } from './framing.js';
import type { ForeignEvents } from './foreign-events.js';
import type { ReadersSample } from './parts/readers.js';
import type { HoldSample } from './hold.js';
import { find, type LoadSummary } from './summary.js';

/** A figure that the project has set itself, and what this run shows. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  /** undefined: not measured in this run. */
  readonly met: boolean | undefined;
}

export interface Measured {
  readonly load: readonly LoadSummary[];
  readonly hold: readonly HoldSample[];
  readonly foreign?: ForeignEvents | undefined;
  readonly readers?: ReadersSample | undefined;
  readonly framing: Pick<FramingResult, 'messagesPerSecond' | 'headerRatio'> | undefined;
}

const NOT_MEASURED = 'not measured';

function target(
  what: string,
  wanted: string,
  value: number | undefined,
  met: (value: number) => boolean,
  unit = '',
): Target {
  if (value === undefined || !Number.isFinite(value))
    return { what, wanted, measured: NOT_MEASURED, met: undefined };
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 2;
  return { what, wanted, measured: `${value.toFixed(digits)}${unit}`, met: met(value) };
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : a / b;
}

function failed(summary: LoadSummary | undefined): number | undefined {
  return summary === undefined ? undefined : summary.attempted - summary.completed;
}

export function targets({ load, hold, framing, foreign, readers }: Measured): Target[] {
  const ours = (rate: number): LoadSummary | undefined => find(load, 'play', 'switchhook', rate);
  const floor = find(load, 'play', 'floor', 200);
  const httapi = find(load, 'play', 'mod_httapi', 300);
  const ourTls = find(load, 'tls', 'switchhook', 100);
  const theirTls = find(load, 'tls', 'mod_httapi', 100);
  const silence = ours(200)?.silence;
  const held = hold.find((sample) => sample.peer === 'switchhook');
  const attachedHold = hold.find((sample) => sample.peer === 'switchhook_attached');
  const attached100 = find(load, 'play', 'switchhook_attached', 100);
  const floor100 = find(load, 'play', 'floor', 100);
  const atMost = (limit: number) => (value: number) => value <= limit;
  const none = (value: number): boolean => value === 0;
  const leaked = load.filter(({ peer }) => peer === 'switchhook').map((summary) => summary.leaked);
  return [
    target('failed calls at 200/s', '0', failed(ours(200)), none),
    target(
      'INVITE to 200 OK p50 at 200/s, times the floor',
      '<= 2.2',
      ratio(ours(200)?.answerP50, floor?.answerP50),
      atMost(2.2),
    ),
    target(
      'the same of the bare-bones responder',
      'about 1.8',
      ratio(find(load, 'play', 'bare', 200)?.answerP50, floor?.answerP50),
      () => true,
    ),
    target(
      'silence in the list at 200/s, more than the floor',
      '<= 5 ms',
      silence === undefined || floor === undefined ? undefined : silence - floor.silence,
      atMost(5),
      ' ms',
    ),
    target(
      'daemon CPU per 1000 calls at 200/s, times esl at 100/s',
      '<= 0.4',
      ratio(ours(200)?.daemonCpu, find(load, 'play', 'esl', 100)?.daemonCpu),
      atMost(0.4),
    ),
    target('failed calls at 300/s', '0', failed(ours(300)), none),
    target(
      'INVITE to 200 OK p99 at 300/s, times mod_httapi',
      '<= 4',
      ratio(ours(300)?.answerP99, httapi?.answerP99),
      atMost(4),
    ),
    target('failed calls at 400/s, median round', '0', ours(400)?.failedMedian, none),
    target(
      'HTTPS, p50 at 100/s, times mod_httapi',
      '< 1',
      ratio(ourTls?.answerP50, theirTls?.answerP50),
      (value) => value < 1,
    ),
    target(
      'HTTPS, p99 at 100/s, times mod_httapi',
      '< 1',
      ratio(ourTls?.answerP99, theirTls?.answerP99),
      (value) => value < 1,
    ),
    target(
      'daemon memory per held call',
      '<= 20 kB',
      held === undefined ? undefined : perHeldCall(held) / 1000,
      atMost(20),
      ' kB',
    ),
    target('failed attached calls at 100/s', '0', failed(attached100), none),
    target(
      'attached, INVITE to 200 OK p50 at 100/s, more than the floor',
      '<= 30 ms',
      attached100 === undefined || floor100 === undefined
        ? undefined
        : attached100.answerP50 - floor100.answerP50,
      atMost(30),
      ' ms',
    ),
    target(
      'daemon memory per held call, attached',
      '<= 15 kB',
      attachedHold === undefined ? undefined : perHeldCall(attachedHold) / 1000,
      atMost(15),
      ' kB',
    ),
    target(
      'daemon CPU at 10,000 events/s of others',
      '< 5 % of a core',
      foreign === undefined ? undefined : (foreign.cpu * 100 * 10_000) / foreign.perSecond,
      (value) => value < 5,
      ' %',
    ),
    target(
      'INVITE to 200 at 100/s: p50 with 1000 readers of events, of that without',
      '<= 1.10',
      ratio(readers?.answerP50.with, readers?.answerP50.without),
      atMost(1.1),
    ),
    target('daemon CPU without calls', '< 1 % of a core', percent(held?.idleCpu), (value) => value < 1, ' %'),
    target(
      'daemon CPU with the calls held',
      '< 1 % of a core',
      percent(held?.heldCpu),
      (value) => value < 1,
      ' %',
    ),
    target(
      'leaked calls in all runs',
      '0',
      leaked.length === 0 ? undefined : leaked.reduce((sum, one) => sum + one, 0),
      none,
    ),
    target(
      'framing, messages of 3 kB per second',
      '>= 100000',
      framing?.messagesPerSecond,
      (value) => value >= 100_000,
    ),
    target(
      'framing, headers of a connect block, times esl-lite',
      '>= 3',
      framing?.headerRatio,
      (value) => value >= 3,
    ),
  ];
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100;
}

/** Garbage collection gives pages back late or not at all: the larger of what the process and what its heap grew by. */
function perHeldCall({ daemonRssBytes = NaN, daemonHeapBytes = NaN }: HoldSample): number {
  return Math.max(daemonRssBytes, daemonHeapBytes);
}
