import type { HoldSample } from './hold.js';
import { PEER_NOTES } from './peers.js';
import { find, type LoadSummary } from './summary.js';
import type { Target } from './targets.js';

const COLUMN_GAP = '  ';

/** Columns as wide as what stands in them; the first one to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join(COLUMN_GAP)
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join(COLUMN_GAP), ...rows.map(line)].join(
    '\n',
  );
}

function number(value: number | undefined, digits = 1): string {
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(digits);
}

function share(summary: LoadSummary): string {
  return summary.completed === summary.attempted
    ? '100 %'
    : `${Math.min(99.99, (100 * summary.completed) / summary.attempted).toFixed(2)} %`;
}

export function loadTables(load: readonly LoadSummary[]): string {
  const groups = new Map<string, LoadSummary[]>();
  for (const summary of load) {
    const key = `${summary.dial} ${summary.callsPerSecond}`;
    groups.set(key, [...(groups.get(key) ?? []), summary]);
  }
  return [...groups.values()]
    .map((rows) => {
      const [first] = rows;
      if (first === undefined) return '';
      const floor =
        find(load, first.dial, 'floor', first.callsPerSecond) ??
        find(load, 'play', 'floor', first.callsPerSecond);
      const title = `${first.callsPerSecond} calls/s${first.dial === 'tls' ? ', the app behind HTTPS' : ''} (medians of ${first.rounds} rounds)`;
      const head = [
        'peer',
        'done',
        'p50 ms',
        'p99 ms',
        'p50/floor',
        'silence ms',
        'daemon CPU ms',
        'switch CPU ms',
        'leaked',
        'repeats',
        'lag p99 ms',
      ];
      return `${title}\n${table(
        head,
        rows.map((row) => [
          row.peer,
          share(row),
          number(row.answerP50, 2),
          number(row.answerP99, 2),
          number(floor === undefined ? undefined : row.answerP50 / floor.answerP50, 2),
          number(row.silence),
          row.daemonCpu === 0 ? '-' : number(row.daemonCpu, 0),
          number(row.freeswitchCpu, 0),
          String(row.leaked),
          String(row.retransmissions),
          number(row.lagP99),
        ]),
      )}\n`;
    })
    .join('\n');
}

export function holdTable(hold: readonly HoldSample[]): string {
  const kilobytes = (bytes: number | undefined): string =>
    number(bytes === undefined ? undefined : bytes / 1000);
  const percent = (part: number | undefined): string =>
    number(part === undefined ? undefined : part * 100, 2);
  return `Calls held in a prompt\n${table(
    [
      'peer',
      'held',
      'daemon kB/call',
      'of it heap kB',
      'switch kB/call',
      'idle CPU %',
      'held CPU %',
      'switch held CPU %',
      'leaked',
    ],
    hold.map((sample) => [
      sample.peer,
      `${sample.held}/${sample.asked}`,
      kilobytes(sample.daemonRssBytes),
      kilobytes(sample.daemonHeapBytes),
      kilobytes(sample.freeswitchRssBytes),
      percent(sample.idleCpu),
      percent(sample.heldCpu),
      percent(sample.freeswitchHeldCpu),
      String(sample.leaked),
    ]),
  )}\n`;
}

export function targetTable(list: readonly Target[]): string {
  const verdict = (met: boolean | undefined): string => (met === undefined ? '' : met ? 'met' : 'MISSED');
  return `Targets\n${table(
    ['figure', 'wanted', 'this run', ''],
    list.map(({ what, wanted, measured, met }) => [what, wanted, measured, verdict(met)]),
  )}\n`;
}

export function legend(): string {
  const notes = Object.entries(PEER_NOTES).map(([peer, note]) => `  ${peer.padEnd(15)}${note}`);
  return [
    ...notes,
    '  silence        from 200 OK to BYE without audio, over the whole list',
    '  CPU            user and kernel time per 1000 calls placed',
    '  repeats        INVITEs that FreeSWITCH did not take up within 500 ms and that were sent again',
    '  lag            how late the call generator itself ran: no time is more exact than that',
    '',
  ].join('\n');
}
