import type { FlowCase } from './case-file.js';
import { judge } from './judge.js';
import type { Miss } from './judge.js';
import { runCase } from './run-case.js';
import type { CaseRun, Ground } from './run-case.js';

export interface CaseResult {
  readonly file: string;
  readonly name: string;
  /** `tests/region.yaml:12` */
  readonly place: string;
  readonly misses: readonly Miss[];
  /** What it took to run it. */
  readonly realMs: number;
  readonly run: CaseRun;
}

export interface CaseOfFile {
  readonly file: string;
  readonly one: FlowCase;
}

/** Runs cases one after the other. */
export async function runSuite(
  cases: readonly CaseOfFile[],
  ground: Ground,
  onResult: (result: CaseResult) => void = () => undefined,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { file, one } of cases) {
    const beganMs = performance.now();
    const run = await runCase(one, ground);
    const result = {
      file,
      name: one.name,
      place: one.place,
      misses: judge(one, run),
      realMs: performance.now() - beganMs,
      run,
    };
    results.push(result);
    onResult(result);
  }
  return results;
}
