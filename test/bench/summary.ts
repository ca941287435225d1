import type { Dial, LoadSample } from './measure.js';
import type { PeerName } from './peers.js';
import { median } from './statistics.js';

/** The rounds of one peer at one rate taken together: medians, but every failure counts. */
export interface LoadSummary {
  readonly peer: PeerName;
  readonly dial: Dial;
  readonly callsPerSecond: number;
  readonly rounds: number;
  readonly attempted: number;
  readonly completed: number;
  /** Failed calls in the median round. */
  readonly failedMedian: number;
  readonly leaked: number;
  readonly retransmissions: number;
  readonly answerP50: number;
  readonly answerP99: number;
  readonly silence: number;
  readonly daemonCpu: number;
  readonly freeswitchCpu: number;
  readonly lagP99: number;
}

export function summarize(samples: readonly LoadSample[]): LoadSummary[] {
  const groups = new Map<string, LoadSample[]>();
  for (const sample of samples) {
    const key = `${sample.dial} ${sample.callsPerSecond} ${sample.peer}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const sum = (of: (sample: LoadSample) => number): number =>
      group.reduce((all, sample) => all + of(sample), 0);
    const middle = (of: (sample: LoadSample) => number): number => median(group.map(of));
    return [
      {
        peer: first.peer,
        dial: first.dial,
        callsPerSecond: first.callsPerSecond,
        rounds: group.length,
        attempted: sum((sample) => sample.attempted),
        completed: sum((sample) => sample.completed),
        failedMedian: middle((sample) => sample.attempted - sample.completed),
        leaked: sum((sample) => sample.leaked),
        retransmissions: sum((sample) => sample.retransmissions),
        answerP50: middle((sample) => sample.answerP50),
        answerP99: middle((sample) => sample.answerP99),
        silence: middle((sample) => sample.silence),
        daemonCpu: middle((sample) => sample.cpuPer1000.daemon),
        freeswitchCpu: middle((sample) => sample.cpuPer1000.freeswitch),
        lagP99: middle((sample) => sample.generator.lagP99Ms),
      },
    ];
  });
}

export function find(
  summaries: readonly LoadSummary[],
  dial: Dial,
  peer: PeerName,
  callsPerSecond: number,
): LoadSummary | undefined {
  return summaries.find(
    (summary) => summary.dial === dial && summary.peer === peer && summary.callsPerSecond === callsPerSecond,
  );
}
