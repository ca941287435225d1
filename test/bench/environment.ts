import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** Where a run took place: figures without it mean nothing. */
export interface Environment {
  readonly startedAt: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly freeswitch: string | undefined;
  readonly loadBefore: number;
  readonly warnings: readonly string[];
  readonly text: string;
}

export function environment(freeswitchBinary: string | undefined): Environment {
  const cores = availableParallelism();
  const load = loadavg()[0] ?? 0;
  const cpu = cpus()[0]?.model ?? 'unknown CPU';
  const freeswitch = freeswitchBinary === undefined ? undefined : version(freeswitchBinary);
  const memoryGb = Math.round(totalmem() / 1e9);
  const kernel = `${process.platform} ${release()}`;
  const warnings = [
    ...(load > cores / 4
      ? [`something else keeps this machine busy (load ${load.toFixed(1)}): don't trust the figures`]
      : []),
    ...(cores < 4 ? [`${cores} cores: the targets are meant for four`] : []),
  ];
  return {
    startedAt: new Date().toISOString(),
    cpu,
    cores,
    memoryGb,
    kernel,
    node: process.version,
    freeswitch,
    loadBefore: load,
    warnings,
    text: `${cores} cores, ${cpu}, ${memoryGb} GB, ${kernel}, Node ${process.version}, ${freeswitch ?? 'no FreeSWITCH'}`,
  };
}

function version(binary: string): string {
  try {
    return (
      execFileSync(binary, ['-version'], { encoding: 'utf8', timeout: 10_000 }).trim().split('\n')[0] ??
      'FreeSWITCH'
    );
  } catch {
    return 'FreeSWITCH';
  }
}
