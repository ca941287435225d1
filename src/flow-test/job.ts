import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checked } from '../checked.js';
import { Policy } from '../call/policy.js';
import type { PolicyProfile } from '../call/policy-profile.js';
import { AppError } from '../errors.js';
import type { FlowSource } from '../flow/flow.js';
import { readFlow } from '../flow/flow.js';
import { flowSet } from '../flow/flow-set.js';
import { ClaimedNumbers } from '../flow/numbers.js';
import type { SpeechSettings } from '../flow/speech/settings.js';
import type { FunctionSettings } from '../functions/settings.js';
import { caseFileSchema, casesOf, readCaseFile } from './case-file.js';
import { Coverage } from './coverage.js';
import type { FlowCoverage } from './coverage.js';
import { phrasesOf } from './phrases.js';
import type { Ground } from './run-case.js';
import { Stage } from './stage.js';
import { runSuite } from './suite.js';
import type { CaseOfFile } from './suite.js';

/** Test cases and everything that they need, as plain data: it goes to a thread. */
export interface TestJob {
  /** Flows by name, as they were parsed. */
  readonly flows: Readonly<Record<string, unknown>>;
  readonly speech: SpeechSettings;
  readonly stateMaxBytes: number;
  readonly policies: Readonly<Record<string, PolicyProfile>>;
  readonly policy: string;
  readonly numbers: readonly { readonly number: string; readonly flow: string }[];
  readonly functions: ReadonlyMap<string, FunctionSettings> | undefined;
  /** Case files as they were parsed, or the folder of case files. */
  readonly cases:
    | { readonly files: readonly { readonly name: string; readonly content: unknown }[] }
    | { readonly folder: string };
  /** Only cases with that in their name. */
  readonly only?: string;
}

export interface TestedCase {
  readonly file: string;
  readonly name: string;
  readonly place: string;
  readonly misses: readonly { readonly what: string; readonly expected: string; readonly got: string }[];
  /** `block:exit` of every block that was left. */
  readonly path: readonly string[];
  readonly ends: string;
  readonly realMs: number;
}

export interface TestedCases {
  readonly cases: readonly TestedCase[];
  readonly coverage: readonly FlowCoverage[];
}

/** More than that is for the command line. */
export const MOST_CASES = 1000;

/**
 * Nothing is asked over the network: what a case wants to be `real` is not there.
 * @throws AppError `invalid_request`, `flow_invalid`; ConfigError
 */
export async function runJob(job: TestJob): Promise<TestedCases> {
  const flows = Object.entries(job.flows).map(([name, document]) => {
    const source: FlowSource = { name, file: `${name}.yaml`, document, place: () => undefined };
    const read = readFlow(source);
    if (!read.ok) throw new AppError('flow_invalid', read.problems.map(({ message }) => message).join('\n'));
    return read.flow;
  });
  const set = flowSet(flows, { speech: job.speech, stateMaxBytes: job.stateMaxBytes });
  const { only } = job;
  const cases = given(job.cases).filter(({ one }) => only === undefined || one.name.includes(only));
  if (cases.length === 0) throw new AppError('invalid_request', 'there is no such test case');
  if (cases.length > MOST_CASES)
    throw new AppError('invalid_request', `${cases.length} cases, at most ${MOST_CASES} at a time`);
  const stage = new Stage(flows.flatMap(phrasesOf));
  const ground: Ground = {
    set,
    stage,
    policies: new Map(Object.entries(job.policies).map(([name, one]) => [name, new Policy(name, one)])),
    policy: job.policy,
    numbers: new ClaimedNumbers(job.numbers),
    declared: job.functions,
  };
  const coverage = new Coverage(set);
  try {
    const results = await runSuite(cases, ground, ({ run }) => coverage.add(run));
    const tested = results.map(({ file, name, place, misses, realMs, run }) => ({
      file,
      name,
      place,
      misses: misses.map(({ what, expected, got }) => ({ what, expected, got })),
      path: run.visits.map(({ block, exit }) => (exit === '' ? block : `${block}:${exit}`)),
      ends: run.ends,
      realMs,
    }));
    return { cases: tested, coverage: coverage.flows() };
  } finally {
    await stage.close();
  }
}

function given(cases: TestJob['cases']): CaseOfFile[] {
  if ('files' in cases) {
    return cases.files.flatMap(({ name: file, content }, at) => {
      const parsed = checked(caseFileSchema, content);
      if (parsed.success)
        return casesOf(parsed.data, (index) => `${file}: cases[${index}]`).map((one) => ({ file, one }));
      const [issue] = parsed.error.issues;
      throw new AppError(
        'invalid_request',
        `body.files[${at}].content.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
      );
    });
  }
  const { folder } = cases;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
    .sort()
    .flatMap((name) => readCaseFile(join(folder, name)).map((one) => ({ file: name, one })));
}
