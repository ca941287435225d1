import { readFileSync } from 'node:fs';
import { type PortRange, reserveMediaPorts } from '../support/ports.js';

/**
 * A thousand held calls take two thousand ports, more than one range of the suite: adjoining ranges, as many as
 * were free side by side, at least `least` ports if that can be had. Ranges in which some program has a UDP port
 * open are left alone: each call that met it would fail.
 */
export async function reserveManyMediaPorts(least: number): Promise<PortRange> {
  const taken: PortRange[] = [];
  let run: PortRange[] = [];
  const foreign = openUdpPorts();
  // Each reservation takes another free range, in no order; it fails when all are taken.
  for (;;) {
    const range = await reserveMediaPorts().catch(() => undefined);
    if (range === undefined) break;
    taken.push(range);
    taken.sort((a, b) => a.first - b.first);
    run = longestRun(taken.filter((one) => !foreign.some((port) => port >= one.first && port <= one.last)));
    if (portsIn(run) >= least) break;
  }
  for (const range of taken) if (!run.includes(range)) await range.release();
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) throw new Error('every range of media ports is in use');
  return {
    first: first.first,
    last: last.last,
    release: async () => {
      for (const range of run) await range.release();
    },
  };
}

function portsIn(run: readonly PortRange[]): number {
  return run.reduce((sum, range) => sum + range.last - range.first + 1, 0);
}

/** A range begins two or so ports after the end of the one below it: those hold its lock. */
function longestRun(sorted: readonly PortRange[]): PortRange[] {
  let best: PortRange[] = [];
  let run: PortRange[] = [];
  for (const range of sorted) {
    const before = run.at(-1);
    run = before !== undefined && range.first - before.last <= 4 ? [...run, range] : [range];
    if (run.length > best.length) best = run;
  }
  return best;
}

/** Of this machine: /proc/net/udp lists local addresses as hexadecimal address:port. Empty where it can't be read. */
function openUdpPorts(): number[] {
  try {
    return readFileSync('/proc/net/udp', 'utf8')
      .split('\n')
      .slice(1)
      .flatMap((line) => {
        const port = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /.exec(line)?.[1];
        return port === undefined ? [] : [Number.parseInt(port, 16)];
      });
  } catch {
    return [];
  }
}
