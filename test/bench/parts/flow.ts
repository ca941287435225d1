import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyProfileSchema } from '../../../src/call/policy-profile.js';
import { Policy } from '../../../src/call/policy.js';
import { advance, begin } from '../../../src/flow/engine.js';
import type { FlowSet } from '../../../src/flow/flow-set.js';
import { ClaimedNumbers } from '../../../src/flow/numbers.js';
import type { FlowCall, FlowEvent, FlowTurn } from '../../../src/flow/port.js';
import { checkedFlows } from '../../../src/flow-files/folder.js';
import { caseFileSchema } from '../../../src/flow-test/case-file.js';
import type { FlowCase } from '../../../src/flow-test/case-file.js';
import { judge } from '../../../src/flow-test/judge.js';
import { runCase } from '../../../src/flow-test/run-case.js';
import type { Ground } from '../../../src/flow-test/run-case.js';
import { Stage } from '../../../src/flow-test/stage.js';
import { ANSWERS, TWENTY_BLOCKS } from '../flow/twenty-blocks.js';
import { table } from '../report.js';

/** Flows on one core, without a switch; figures of the engine, and of whole calls on the simulator. */
export interface FlowFigures {
  /** A block that needs no switch, microseconds. */
  readonly blockMicros: number;
  /** Calls through the whole flow, with the simulator, one after the other. */
  readonly calls: number;
  readonly failed: number;
  readonly callsMs: number;
  /** `flow test` with so many cases. */
  readonly cases: number;
  readonly casesMs: number;
}

const CALLS = 1000;
const CASES = 200;
const ENGINE_ROUNDS = 20_000;
const NAME = 'twenty';

export async function flowPart(print: (text: string) => void): Promise<FlowFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'switchhook-bench-'));
  const stage = new Stage();
  try {
    const file = join(folder, `${NAME}.yaml`);
    await writeFile(file, TWENTY_BLOCKS);
    const speech = { languages: { en: { engine: 'flite', voice: 'kal' } }, defaultLanguage: 'en-US' };
    const { set, problems } = checkedFlows([file], { speech }, {});
    if (problems.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(problems));
    const policies = new Map([['default', new Policy('default', policyProfileSchema.parse({}))]]);
    const numbers = new ClaimedNumbers([]);
    const ground: Ground = { set, stage, policies, policy: 'default', numbers, declared: undefined };
    await runMany(ground, 50);
    const whole = await runMany(ground, CALLS);
    const cases = await runMany(ground, CASES);
    engine(set, ENGINE_ROUNDS / 10);
    const figures: FlowFigures = {
      blockMicros: engine(set, ENGINE_ROUNDS),
      calls: CALLS,
      failed: whole.failed,
      callsMs: whole.ms,
      cases: CASES,
      casesMs: cases.ms,
    };
    const rows = [
      ['a block that needs no switch', `${figures.blockMicros.toFixed(2)} µs`, '< 20 µs'],
      [`${CALLS} calls, 20 blocks, 3 functions, simulator`, `${whole.ms.toFixed(0)} ms`, '< 2000 ms'],
      [`${CASES} cases of flow test`, `${cases.ms.toFixed(0)} ms`, '< 2000 ms'],
      ['failed', String(whole.failed + cases.failed), '0'],
    ];
    print(`Flows, on one core\n${table(['', 'measured', 'wanted'], rows)}\n`);
    return figures;
  } finally {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runMany(ground: Ground, count: number): Promise<{ ms: number; failed: number }> {
  const one = benchCase();
  const beganMs = performance.now();
  let failed = 0;
  for (let call = 0; call < count; call += 1) {
    if (judge(one, await runCase(one, ground)).length > 0) failed += 1;
  }
  return { ms: performance.now() - beganMs, failed };
}

function benchCase(): FlowCase {
  const functions = Object.fromEntries(
    Object.entries(ANSWERS).map(([name, answers]) => [name, { answers, after_ms: 0 }]),
  );
  const given = {
    flow: NAME,
    functions,
    cases: [
      {
        name: 'through all of it',
        does: [{ press: '123456' }, { press: '1' }],
        expect: {
          functions: ['caller', 'order', 'tell'],
          passes: ['menu:1', 'loop', 'done'],
          ends: 'by_flow',
        },
      },
    ],
  };
  const { cases, ...common } = caseFileSchema.parse(given);
  const [one] = cases;
  if (one === undefined) throw new Error('no case');
  return { ...one, ...common, place: '' };
}

/** The engine alone, fed with outcomes that are good: microseconds per block. */
function engine(set: FlowSet, rounds: number): number {
  const call: FlowCall = {
    uuid: '00000000-0000-4000-8000-000000000000',
    get: (name) => (name === 'caller_id_number' ? '+4930123456' : undefined),
    now: () => 1_772_000_000_000,
  };
  let blocks = 0;
  const beganMs = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    let turn = begin(set, NAME, call);
    for (let event = eventFor(turn); event !== undefined; event = eventFor(turn)) {
      blocks += turn.visits.length;
      turn = advance(set, turn.state, event, call);
    }
    blocks += turn.visits.length;
  }
  return ((performance.now() - beganMs) * 1000) / blocks;
}

function eventFor({ step }: FlowTurn): FlowEvent | undefined {
  if (step.kind === 'invoke') {
    const values = ANSWERS[step.function as keyof typeof ANSWERS];
    return { kind: 'function', result: { ok: true, values } };
  }
  if (step.kind !== 'actions' || step.final) return undefined;
  const outcomes = step.actions.map(({ application, id }, index) => ({
    index,
    application,
    status: 'ok',
    ...(id === undefined ? {} : { id }),
    variables: application === 'read' ? { cti_digits: '123456', read_result: 'success' } : {},
  }));
  return { kind: 'outcomes', outcomes };
}
