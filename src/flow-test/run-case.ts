import type { CallRecord, TraceEntry } from '../call/call.js';
import { DialLimits } from '../call/dial-limits.js';
import type { Policy } from '../call/policy.js';
import type { RunnerServices } from '../call/run-context.js';
import { CallRunner } from '../call/runner.js';
import type { FlowSet } from '../flow/flow-set.js';
import type { ClaimedNumbers } from '../flow/numbers.js';
import type { FlowAction, FlowTurn, FlowVisit } from '../flow/port.js';
import type { FlowState } from '../flow/state.js';
import type { FunctionSettings } from '../functions/settings.js';
import type { FlowFunctions } from '../source/flow/functions.js';
import { FlowSource } from '../source/flow/source.js';
import { appSource } from './case-apps.js';
import type { FlowCase } from './case-file.js';
import { CaseFunctions } from './case-functions.js';
import type { InvokedFunction } from './case-functions.js';
import { ScriptedCaller } from './caller.js';
import type { Caller } from './caller.js';
import { SimulatedChannel } from './simulated-channel.js';
import type { Scene, Stage } from './stage.js';

/** What a case runs with. */
export interface Ground {
  readonly set: FlowSet;
  readonly stage: Stage;
  readonly policies: ReadonlyMap<string, Policy>;
  /** The profile of flows. */
  readonly policy: string;
  readonly numbers: ClaimedNumbers;
  readonly declared: ReadonlyMap<string, FunctionSettings> | undefined;
  readonly real?: FlowFunctions | undefined;
}

export interface Heard {
  readonly what: 'prompt' | 'digits' | 'transfer' | 'queue' | 'record' | 'action';
  readonly text: string;
}

/** What happened. */
export interface CaseRun {
  readonly visits: readonly FlowVisit[];
  /** The block in which the call was when it ended, where it was not left. */
  readonly last: { readonly flow: string; readonly block: string } | undefined;
  readonly heard: readonly Heard[];
  readonly functions: readonly InvokedFunction[];
  readonly unknownFunctions: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly variable: (name: string) => string | undefined;
  readonly ends: 'by_flow' | 'by_caller' | 'in_dialplan' | 'failed';
  readonly error: string;
  readonly errorDetail: string;
  readonly cause: string;
  readonly durationMs: number;
  /** What the caller never came to do. */
  readonly undone: number;
}

/** Told as things happen, for whoever looks on. */
export interface Watch {
  heard?(heard: Heard): void;
  visited?(visit: FlowVisit): void;
  invoked?(name: string): void;
}

const DAY = Date.UTC(2026, 0, 15, 11);
/** Longer than this no test goes on: the caller hangs up. */
const MOST_MS = 4 * 3600 * 1000;
/** A dialplan's own, for flows without a configured one. */
const VOICE = { tts_engine: 'any', tts_voice: 'any' };
const LIMITS = { chainDepth: 10, actionsPerCall: 10_000 };

/** Runs one case, on the engine and the simulator; time jumps. */
export async function runCase(
  one: FlowCase,
  ground: Ground,
  options: { readonly caller?: Caller; readonly watch?: Watch; readonly otherwise?: 'real' } = {},
): Promise<CaseRun> {
  const { stage, set, policies, policy } = ground;
  const { clock } = stage;
  const { watch = {} } = options;
  clock.set(one.at === undefined ? DAY : Date.parse(one.at));
  const beganAt = clock.now();
  const scripted = new ScriptedCaller(one.does);
  const functions = new CaseFunctions({
    clock,
    declared: ground.declared,
    answers: one.functions,
    real: ground.real,
    ...(options.otherwise === undefined ? {} : { otherwise: options.otherwise }),
  });
  const visits: FlowVisit[] = [];
  const heard: Heard[] = [];
  const seen: { state?: FlowState; record?: CallRecord; defect?: Error; hungUp: boolean } = { hungUp: false };
  let actions: readonly FlowAction[] = [];
  let masked: readonly string[] = [];
  /** The lists that came from flows, by their number. */
  const lists = new Map<
    number,
    { readonly actions: readonly FlowAction[]; readonly masked: readonly string[] }
  >();
  let count = 0;
  const onHangUp = (): void => {
    seen.hungUp = true;
  };
  const hangUp = (): void => {
    onHangUp();
    placed.hangUp();
  };

  const onTurn = (turn: FlowTurn): void => {
    seen.state = turn.state;
    for (const visit of turn.visits) {
      visits.push(visit);
      watch.visited?.(visit);
    }
    ({ actions, masked } = turn.step.kind === 'actions' ? turn.step : { actions: [], masked: [] });
    if (turn.step.kind === 'invoke') watch.invoked?.(turn.step.function);
    if (one.hangs_up?.in === turn.state.block && turn.step.kind !== 'done')
      clock.after(one.hangs_up.after_ms ?? 100, hangUp);
  };
  const tell = (what: Heard['what'], text: string): void => {
    heard.push({ what, text });
    watch.heard?.({ what, text });
  };
  const onTrace = (entry: TraceEntry): void => {
    if (entry.type === 'answer') {
      count += 1;
      if (entry.origin.startsWith('flow/')) lists.set(count, { actions, masked });
    }
    if (entry.type !== 'outcome' || ['not_run', 'refused'].includes(entry.status)) return;
    const list = lists.get(entry.list);
    const action = list?.actions[entry.index];
    for (const one of heardIn(entry, action, (list?.masked.length ?? 0) > 0)) tell(one.what, one.text);
  };

  const services: RunnerServices = {
    sources: {
      open({ kind, target }) {
        if (kind === 'curl') return { source: appSource(target, one.http, policy) };
        if (!set.flows.has(target)) return { code: 'no_such_flow', detail: JSON.stringify(target) };
        const tools = {
          functions,
          policy,
          now: () => clock.now(),
          draw: drawOf(one),
          onTurn,
        };
        return { source: new FlowSource(set, tools, { flow: target, attributes: one.attributes }) };
      },
      ofNumber(number) {
        const flow = ground.numbers.flowFor(number);
        return flow === undefined ? undefined : { kind: 'flow', target: flow };
      },
      describe: ({ kind, target }) => (kind === 'flow' ? `flow/${target}` : target),
    },
    policies,
    limits: LIMITS,
    dialLimits: new DialLimits(),
    time: { now: () => clock.now(), after: (ms, task) => clock.after(ms, task) },
  };
  const scene: Scene = {
    caller: callerWho(options.caller ?? scripted, onHangUp),
    missingFiles: new Set(one.missing_files),
    speechFails: one.speech_fails,
    callee: (dialString) => lookUp(one.callees, dialString.replace(/^\{[^}]*\}/, '')) ?? 'answers',
    queue: (name) => lookUp(one.queues, name) ?? 'answers',
    async run(channel) {
      try {
        seen.record = await new CallRunner(new SimulatedChannel(channel), services, onTrace).run();
      } catch (error) {
        seen.defect = error instanceof Error ? error : new Error(String(error));
      }
    },
  };
  const placed = stage.place(scene, {
    dialled: one.dialled ?? '7000',
    caller: one.caller ?? '+4930123456',
    variables: { ...VOICE, ...one.variables, ...(one.flow === undefined ? {} : { cti_flow: one.flow }) },
  });
  const takeBack = clock.after(MOST_MS, hangUp);
  const { hangs_up: hangsUp } = one;
  if (hangsUp !== undefined && hangsUp.in === undefined) clock.after(hangsUp.after_ms ?? 0, hangUp);
  const { cause } = await placed.ended;
  takeBack();
  const { state, defect } = seen;
  if (defect !== undefined) throw defect;
  const error = seen.record?.error;
  const wasLeft = state === undefined || state.waits === '';
  return {
    visits,
    last: state === undefined || wasLeft ? undefined : { flow: state.flow, block: state.block },
    heard,
    functions: functions.invoked,
    unknownFunctions: [...functions.unknown],
    attributes: state?.attributes ?? {},
    variable: (name) => placed.variable(name),
    ends:
      error !== undefined ? 'failed' : placed.isBack ? 'in_dialplan' : seen.hungUp ? 'by_caller' : 'by_flow',
    error: error?.code ?? '',
    errorDetail: error?.detail ?? '',
    cause,
    durationMs: clock.now() - beganAt,
    undone: scripted.left.length,
  };
}

/** Notices when it is the caller who hangs up. */
function callerWho(caller: Caller, onHangUp: () => void): Caller {
  return {
    asked: (asked, hands) =>
      caller.asked(asked, {
        ...hands,
        hangUp: (afterMs) => {
          onHangUp();
          hands.hangUp(afterMs);
        },
      }),
    prompted: (hands) => caller.prompted(hands),
  };
}

function drawOf({ draws }: FlowCase): (block: string) => number {
  return (block) => (Object.hasOwn(draws, block) ? (draws[block] ?? 0) : 0);
}

function lookUp<T>(given: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

const PROMPTS: ReadonlySet<string> = new Set(['playback', 'say', 'phrase', 'speak', 'read']);

function heardIn(
  { application, variables }: TraceEntry & { type: 'outcome' },
  action: FlowAction | undefined,
  masked: boolean,
): Heard[] {
  const said = action?.heard ?? '';
  switch (application) {
    case 'bridge':
      return [{ what: 'transfer', text: said }];
    case 'callcenter':
    case 'fifo':
      return [{ what: 'queue', text: said }];
    case 'record':
      return [{ what: 'record', text: said }];
    case 'read': {
      const digits = variables['cti_digits'] ?? '';
      const typed = masked ? '*'.repeat(digits.length) : digits;
      return [
        ...(said === '' ? [] : [{ what: 'prompt' as const, text: said }]),
        { what: 'digits', text: typed },
      ];
    }
    default: {
      if (action === undefined) return [{ what: 'action', text: application }];
      if (PROMPTS.has(application) && said !== '') return [{ what: 'prompt', text: said }];
      return [{ what: 'action', text: `${application} ${action.shown ?? action.data}`.trim() }];
    }
  }
}
