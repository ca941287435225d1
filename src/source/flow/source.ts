import type { Action } from '../../call/action.js';
import type { Outcome } from '../../call/outcome.js';
import { advance, begin, resume } from '../../flow/engine.js';
import type { FlowSet } from '../../flow/flow-set.js';
import type { FlowAction, FlowCall, FlowEvent, FlowStep, FlowTurn, FlowVisit } from '../../flow/port.js';
import type { FlowState } from '../../flow/state.js';
import { shownAttributes } from '../../flow/state.js';
import { languageOf } from './language.js';
import type {
  ActionSource,
  CallView,
  SourceContext,
  SourceMove,
  SourceNote,
  SourceReport,
  SourceState,
  Waiting,
} from '../port.js';
import { FLOW_KIND, packed } from './flow-state.js';
import type { FunctionNote, KeptFlow } from './flow-state.js';
import type { FlowFunctions } from './functions.js';
import { visitsBefore } from './visits-before.js';

export interface FlowTools {
  readonly functions: FlowFunctions;
  /** The profile under which the actions of flows run. */
  readonly policy: string;
  /** Whether the policy lets a caller hear that while a function is slow. */
  readonly mayPlay?: (play: string, call: CallView) => boolean;
  /** Milliseconds since the epoch; tests let time pass as they like. */
  readonly now?: () => number;
  /** Draws for `distribute`; from the call's id unless it is given. */
  readonly draw?: (block: string) => number;
  /** Everything that the engine does, for whoever looks on. */
  readonly onTurn?: (turn: FlowTurn) => void;
}

/** Where a flow begins: by its name, or as far as another daemon had come with it. */
export type FlowBeginning =
  | {
      readonly flow: string;
      readonly attributes: Readonly<Record<string, string>>;
      /** Names of those that are nobody's business. */
      readonly masked?: readonly string[];
    }
  | { readonly kept: KeptFlow };

/** What `CallRecord.reports` has of a flow. */
export interface FlowReport {
  /** The flow and the block in which the call was in the end. */
  readonly flow: string;
  readonly version: string;
  readonly block: string;
  /** The call was in the middle of it. */
  readonly isInside: boolean;
  /** When that block was entered, in milliseconds since the epoch. */
  readonly since: number;
  readonly begun: number;
  /** Masked where they are to be. */
  readonly attributes: Readonly<Record<string, string>>;
}

type Invoke = FlowStep & { kind: 'invoke' };

/** A flow as a source of actions: the engine decides, functions are invoked, and the runner runs the rest. */
export class FlowSource implements ActionSource {
  readonly kind = FLOW_KIND;
  readonly #set: FlowSet;
  readonly #tools: FlowTools;
  readonly #beginning: FlowBeginning;
  readonly #invoked: FunctionNote[] = [];
  #state: FlowState | undefined;
  /** An invocation that waits until the state is on the channel. */
  #held: Invoke | undefined;
  /** What stands on the channel leads to where we are without anything being done twice. */
  #isKept = false;
  #announced = false;
  #askedAtMs = 0;
  #waiting: { readonly play: string; readonly afterMs: number } | undefined;

  constructor(set: FlowSet, tools: FlowTools, beginning: FlowBeginning) {
    this.#set = set;
    this.#tools = tools;
    this.#beginning = beginning;
    if ('kept' in beginning) {
      this.#state = beginning.kept.state;
      this.#invoked.push(...beginning.kept.invoked);
    }
  }

  /** What is heard while a function is slow. */
  get waiting(): Waiting | undefined {
    return this.#waiting;
  }

  start(call: CallView, context: SourceContext): Promise<SourceMove> {
    if ('kept' in this.#beginning) return this.resume(call, context);
    this.#askedAtMs = this.#now();
    const { flow, attributes, masked = [] } = this.#beginning;
    const inputs = this.#set.flows.get(flow)?.inputs ?? [];
    const given = inputs.flatMap((name) => {
      const value = call.get(`cti_attr_${name}`);
      return value === undefined || value === '' ? [] : [[name, value] as const];
    });
    const all = { ...attributes, ...Object.fromEntries(given) };
    const turn = begin(this.#set, flow, this.#flowCall(call), { attributes: all, masked });
    return this.#go(turn, call, context);
  }

  next(call: CallView, outcomes: readonly Outcome[], context: SourceContext): Promise<SourceMove> {
    this.#askedAtMs = this.#now();
    const held = this.#held;
    if (held !== undefined) {
      this.#held = undefined;
      return this.#invoke(held, call, context);
    }
    this.#announce(context);
    return this.#go(this.#advance({ kind: 'outcomes', outcomes }, call), call, context);
  }

  resume(call: CallView, context: SourceContext): Promise<SourceMove> {
    const state = this.#state;
    if (state === undefined) return Promise.resolve({ kind: 'done' });
    this.#askedAtMs = this.#now();
    this.#announce(context);
    // The channel has it from the daemon before.
    this.#isKept = true;
    return this.#go(resume(this.#set, state, this.#flowCall(call)), call, context);
  }

  state(): SourceState | undefined {
    const state = this.#state;
    // The call was gone before anybody was asked.
    if (state === undefined) return undefined;
    return packed({ state, invoked: this.#invoked });
  }

  report(): SourceReport {
    const state = this.#state;
    if (state === undefined) return { kind: FLOW_KIND, data: undefined };
    const { flow, block, since, begun } = state;
    const version = this.#set.flows.get(flow)?.version ?? '';
    const attributes = shownAttributes(state);
    const isInside = state.waits !== '';
    const data: FlowReport = { flow, version, block, isInside, since, begun, attributes };
    return { kind: FLOW_KIND, data };
  }

  /** Tells what happened before another daemon died, once. */
  #announce({ onNote }: SourceContext): void {
    if (!('kept' in this.#beginning) || this.#announced) return;
    this.#announced = true;
    const { state, invoked } = this.#beginning.kept;
    for (const note of [...visitsBefore(state, this.#set), ...invoked]) onNote?.(note);
  }
  #advance(event: FlowEvent, call: CallView): FlowTurn {
    const state = this.#state;
    if (state === undefined) throw new Error('a flow went on before it began');
    return advance(this.#set, state, event, this.#flowCall(call));
  }

  async #go(turn: FlowTurn, call: CallView, context: SourceContext): Promise<SourceMove> {
    const { step } = this.#took(turn, context);
    switch (step.kind) {
      case 'done':
        return { kind: 'done' };
      case 'failed':
        return { kind: 'failed', code: step.code, detail: step.detail };
      case 'actions':
        return this.#actions(step, turn.state, context);
      case 'invoke': {
        // Behind a segment the channel has what leads here. Behind a function it doesn't: it would be invoked again.
        if (this.#isKept) return this.#invoke(step, call, context);
        this.#isKept = true;
        this.#held = step;
        return { kind: 'keep' };
      }
    }
  }

  #took(turn: FlowTurn, { onNote }: SourceContext): FlowTurn {
    this.#state = turn.state;
    this.#tools.onTurn?.(turn);
    for (const visit of turn.visits) onNote?.(noteOf(visit));
    return turn;
  }

  #actions(step: FlowStep & { kind: 'actions' }, state: FlowState, { onNote }: SourceContext): SourceMove {
    const { actions, final, masked } = step;
    for (const { id, heard = '' } of actions) {
      if (id === undefined || !TOLD.has(id)) continue;
      onNote?.({
        type: 'doing',
        block: state.block,
        id,
        target: id === 'digits' ? '' : heard,
        masked: masked.length > 0,
      });
    }
    this.#isKept = true;
    return {
      kind: 'actions',
      actions: actions.map(toAction),
      policy: this.#tools.policy,
      origin: `flow/${state.flow}/${state.block}`,
      warnings: [],
      final,
      masked,
    };
  }

  async #invoke(step: Invoke, call: CallView, context: SourceContext): Promise<SourceMove> {
    const { signal, onNote } = context;
    const state = this.#state;
    if (state === undefined) throw new Error('a flow invoked a function before it began');
    const { attributes, queue, block } = state;
    const { waiting } = step;
    const silent = waiting === undefined || this.#tools.mayPlay?.(waiting.play, call) === false;
    this.#waiting = silent
      ? undefined
      : { play: waiting.play, afterMs: waiting.afterMs + this.#now() - this.#askedAtMs };
    const invokedAt = this.#now();
    const { result, durationMs, attempts } = await this.#tools.functions.invoke({
      name: step.function,
      parameters: step.parameters,
      ...(step.event === undefined ? {} : { event: step.event }),
      ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
      call,
      attributes,
      language: languageOf(this.#set, state, this.#flowCall(call)),
      queue,
      signal,
    });
    this.#waiting = undefined;
    if (signal.aborted) return { kind: 'failed', code: 'call_gone', detail: 'the call ended' };
    const note: FunctionNote = {
      type: 'function',
      function: step.function,
      block,
      invokedAt,
      durationMs,
      attempts,
      ...(result.ok ? {} : { code: result.code, detail: result.detail }),
    };
    this.#invoked.push(note);
    onNote?.(note);
    this.#isKept = false;
    return this.#go(this.#advance({ kind: 'function', result }, call), call, context);
  }

  #flowCall(call: CallView): FlowCall {
    const { draw } = this.#tools;
    return {
      uuid: call.uuid,
      get: (name) => call.get(name),
      now: () => this.#now(),
      ...(draw === undefined ? {} : { draw }),
    };
  }

  #now(): number {
    return this.#tools.now?.() ?? Date.now();
  }
}

function noteOf({
  flow,
  version,
  block,
  type: blockType,
  exit,
  error,
  enteredAt,
  leftAt,
}: FlowVisit): SourceNote {
  const why = error === undefined ? {} : { error };
  return { type: 'block', flow, version, block, blockType, exit, ...why, enteredAt, leftAt };
}

/** Ids of the actions that a contact record tells of. */
const TOLD: ReadonlySet<string> = new Set(['bridge', 'queue', 'record', 'digits']);

function toAction({ application, data, id, onError, timeoutMs, shown }: FlowAction): Action {
  return {
    application,
    data,
    onError,
    ...(id === undefined ? {} : { id }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(shown === undefined ? {} : { shown }),
  };
}
