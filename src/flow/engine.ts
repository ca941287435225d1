import type { Move, Values, Worked } from './block.js';
import type { Block } from './flow.js';
import type { FlowSet } from './flow-set.js';
import type { FlowCall, FlowEvent, FlowFailure, FlowOutcome, FlowStep, FlowTurn, FlowVisit } from './port.js';
import type { FlowState } from './state.js';
import { newState, PATH_LENGTH, writeState } from './state.js';
import { FlowTextTooLarge } from './text-room.js';
import { BlockTurn } from './turn.js';

/** So many blocks may follow each other without waiting for anything. */
export const MOST_BLOCKS_AT_ONCE = 500;
/** So many blocks may a call go through. */
export const MOST_BLOCKS = 20_000;
/** So many flows may have called each other. */
export const MOST_FLOWS_DEEP = 10;
/** So often may a call come to the `error` block of its flow by default. */
export const MOST_ERRORS = 10;

export interface FlowInputs {
  readonly attributes?: Values;
  /** Names of attributes that are nobody's business. */
  readonly masked?: readonly string[];
  readonly flowAttributes?: Values;
}

/** Begins a flow on a call. */
export function begin(set: FlowSet, name: string, call: FlowCall, inputs: FlowInputs = {}): FlowTurn {
  const { attributes = {}, flowAttributes = {}, masked = [] } = inputs;
  const state = {
    ...newState(set.version, name, call.now()),
    attributes,
    flowAttributes,
    masked: masked.map((name) => `Attributes.${name}`),
    path: [`@${name}`],
  };
  const flow = set.flows.get(name);
  if (flow === undefined) return stopped(state, 'no_such_flow', `"${name}"`, []);
  return new Run(set, call, entered(state, name, flow.start, call.now())).go();
}

/** Goes on, with what came back for the step before. */
export function advance(set: FlowSet, state: FlowState, event: FlowEvent, call: FlowCall): FlowTurn {
  if (state.waits === '') return { state, step: { kind: 'done' }, visits: [] };
  const run = runOf(set, state, call);
  if (!(run instanceof Run)) return run;
  if (event.kind !== state.waits) {
    return stopped(state, 'flow_out_of_step', `${event.kind} for a step that waits for ${state.waits}`, []);
  }
  return run.settle(event);
}

/**
 * The step for which the state waits, once more: for a call that was resumed and of whose step nothing is known.
 * Where something is known of it, `advance` is right.
 */
export function resume(set: FlowSet, state: FlowState, call: FlowCall): FlowTurn {
  if (state.waits === '') return { state, step: { kind: 'done' }, visits: [] };
  // The channel may not have what the step before was to set.
  const run = runOf(set, { ...state, voice: {} }, call);
  return run instanceof Run ? run.go() : run;
}

function runOf(set: FlowSet, state: FlowState, call: FlowCall): Run | FlowTurn {
  if (state.set !== set.version) {
    return stopped(
      state,
      'flow_version_gone',
      `the call began with ${state.set}, these are ${set.version}`,
      [],
    );
  }
  return new Run(set, call, state);
}

function entered(state: FlowState, flow: string, block: string, now: number): FlowState {
  return { ...state, flow, block, since: now, progress: {}, waits: '', count: state.count + 1 };
}

function stopped(
  state: FlowState,
  code: FlowFailure,
  detail: string,
  visits: readonly FlowVisit[],
): FlowTurn {
  return { state: { ...state, waits: '' }, step: { kind: 'failed', code, detail }, visits };
}

/** One turn of the engine: from what came back to the next thing to wait for. */
class Run {
  readonly #set: FlowSet;
  readonly #call: FlowCall;
  readonly #turn: BlockTurn;
  readonly #visits: FlowVisit[] = [];

  constructor(set: FlowSet, call: FlowCall, state: FlowState) {
    this.#set = set;
    this.#call = call;
    this.#turn = new BlockTurn(set, call, state);
  }

  settle(event: FlowEvent): FlowTurn {
    const block = this.#block();
    if (block === undefined) return this.#gone();
    // A variable that was to be set and was not has to be set again.
    if (event.kind === 'outcomes' && event.outcomes.some(isUnset)) this.#turn.update({ voice: {} });
    return this.#within(() => {
      const move = block.type.settle?.(block.parameters, this.#turn, event) ?? { to: 'exit', exit: 'next' };
      return this.#follow(block, move) ?? this.#go();
    });
  }

  go(): FlowTurn {
    return this.#within(() => this.#go());
  }

  #within(run: () => FlowTurn): FlowTurn {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof FlowTextTooLarge)) throw error;
      const { flow, block } = this.#turn.state;
      return this.#fail('flow_text_too_large', `${flow}/${block}: ${error.message}`);
    }
  }

  #go(): FlowTurn {
    for (let blocks = 0; blocks < MOST_BLOCKS_AT_ONCE; blocks += 1) {
      if (this.#turn.state.count > MOST_BLOCKS) break;
      const block = this.#block();
      if (block === undefined) return this.#gone();
      const { attributes, flowAttributes } = this.#turn.state;
      const turn = this.#follow(block, block.type.enter(block.parameters, this.#turn));
      if (turn !== undefined) return turn;
      const { state } = this.#turn;
      // Each block copies all that those before it have set.
      if (state.attributes !== attributes || state.flowAttributes !== flowAttributes) {
        const large = this.#stateTooLarge();
        if (large !== undefined) return large;
      }
    }
    const { flow, block, count } = this.#turn.state;
    return this.#fail('flow_loop', `${flow}/${block}, after ${count} blocks`);
  }

  #block(): Block | undefined {
    const { flow, block } = this.#turn.state;
    return this.#set.flows.get(flow)?.blocks.get(block);
  }

  #gone(): FlowTurn {
    const { flow, block } = this.#turn.state;
    return this.#fail('flow_exit_missing', `there is no block "${block}" in ${flow}`);
  }

  /** A turn that waits or ends; undefined when there is more to do at once. */
  #follow(block: Block, move: Move): FlowTurn | undefined {
    switch (move.to) {
      case 'exit':
        return this.#leave(block, move.exit, move.error);
      case 'again': {
        this.#turn.update({ progress: move.progress, waits: '' });
        return undefined;
      }
      case 'actions': {
        const { actions, final = false, masked = [] } = move;
        if (final) this.#visited(block, '', undefined);
        return this.#wait(final ? '' : 'outcomes', { kind: 'actions', actions, final, masked });
      }
      case 'invoke': {
        return this.#wait('function', invocationOf(move));
      }
      case 'flow':
        return this.#enterFlow(block, move);
      case 'return':
        return this.#return(block, move.values);
      case 'end': {
        this.#visited(block, '', undefined);
        return this.#answer({ kind: 'done' });
      }
    }
  }

  #leave(block: Block, exit: string, error: string | undefined): FlowTurn | undefined {
    const way = block.ways.get(exit);
    const target = way?.target;
    if (error !== undefined) this.#turn.update({ error });
    this.#visited(block, exit, target, error);
    const { state } = this.#turn;
    if (target === undefined) {
      const why = error === undefined ? '' : `: ${error}`;
      return this.#fail(
        'flow_exit_missing',
        `${state.flow}/${block.name} has no way out for "${exit}"${why}`,
      );
    }
    if (way?.byDefault === true && !this.#mayErrAgain())
      return this.#fail('flow_loop', `${state.flow}/${target} again and again: ${error ?? exit}`);
    this.#turn.enter(entered(this.#turn.state, state.flow, target, this.#call.now()));
    return undefined;
  }

  #mayErrAgain(): boolean {
    const { loops } = this.#turn.state;
    const times = (loops['!'] ?? 0) + 1;
    this.#turn.update({ loops: { ...loops, '!': times } });
    return times <= MOST_ERRORS;
  }

  #enterFlow(block: Block, move: Move & { to: 'flow' }): FlowTurn | undefined {
    const { state } = this.#turn;
    const flow = this.#set.flows.get(move.flow);
    if (flow === undefined) return this.#leave(block, 'error', 'no_such_flow');
    if (move.call && state.stack.length >= MOST_FLOWS_DEEP)
      return this.#leave(block, 'error', 'flow_too_deep');
    this.#visited(block, '', flow.start);
    const own = state.masked.filter((name) => name.startsWith(OWN));
    const frame = {
      flow: state.flow,
      block: block.name,
      flowAttributes: state.flowAttributes,
      ...(own.length === 0 ? {} : { masked: own }),
    };
    const next = {
      ...this.#turn.state,
      flowAttributes: move.inputs.values,
      stack: move.call ? [...state.stack, frame] : state.stack,
      masked: [...withoutOwn(state.masked), ...move.inputs.masked.map((name) => OWN + name)],
    };
    this.#turn.enter(pathTo(entered(next, flow.name, flow.start, this.#call.now()), `@${flow.name}`));
    return undefined;
  }

  #return(block: Block, values: Worked): FlowTurn | undefined {
    const { state } = this.#turn;
    const frame = state.stack.at(-1);
    this.#visited(block, '', frame?.block);
    if (frame === undefined) return this.#answer({ kind: 'done' });
    const back = {
      ...this.#turn.state,
      flow: frame.flow,
      block: frame.block,
      since: this.#call.now(),
      progress: {},
      waits: '' as const,
      flowAttributes: frame.flowAttributes,
      stack: state.stack.slice(0, -1),
      masked: [...withoutOwn(state.masked), ...(frame.masked ?? [])],
    };
    this.#turn.enter(pathTo(back, `@${frame.flow}`));
    const caller = this.#block();
    if (caller === undefined) return this.#gone();
    const move = caller.type.returned?.(caller.parameters, this.#turn, values) ?? {
      to: 'exit',
      exit: 'next',
    };
    return this.#follow(caller, move);
  }

  #visited(block: Block, exit: string, next: string | undefined, error?: string): void {
    const { state } = this.#turn;
    const leftAt = this.#call.now();
    this.#visits.push({
      flow: state.flow,
      version: this.#set.flows.get(state.flow)?.version ?? '',
      block: block.name,
      type: block.type.type,
      exit,
      ...(next === undefined ? {} : { next }),
      ...(error === undefined ? {} : { error }),
      enteredAt: state.since,
      leftAt,
    });
    this.#turn.enter(pathTo(state, `${block.name}:${exit}:${leftAt - state.begun}`));
  }

  #wait(waits: FlowState['waits'], step: FlowStep): FlowTurn {
    this.#turn.update({ waits });
    return this.#stateTooLarge() ?? this.#answer(step);
  }

  #stateTooLarge(): FlowTurn | undefined {
    const bytes = Buffer.byteLength(writeState(this.#turn.state));
    const most = this.#set.stateMaxBytes;
    if (bytes <= most) return undefined;
    return this.#fail('flow_state_too_large', `${bytes} bytes, at most ${most} are allowed`);
  }

  #answer(step: FlowStep): FlowTurn {
    const { state } = this.#turn;
    return { state: step.kind === 'done' ? { ...state, waits: '' } : state, step, visits: this.#visits };
  }

  #fail(code: FlowFailure, detail: string): FlowTurn {
    return stopped(this.#turn.state, code, detail, this.#visits);
  }
}

const OWN = 'FlowAttributes.';

function withoutOwn(masked: readonly string[]): string[] {
  return masked.filter((name) => !name.startsWith(OWN));
}

function isUnset({ application, status }: FlowOutcome): boolean {
  return application === 'set' && status !== 'ok';
}

function pathTo(state: FlowState, step: string): FlowState {
  return { ...state, path: [...state.path, step].slice(-PATH_LENGTH) };
}

function invocationOf(move: Move & { to: 'invoke' }): FlowStep {
  const { function: name, parameters, event, timeoutMs, waiting, masked } = move;
  return {
    kind: 'invoke',
    function: name,
    parameters,
    ...(event === undefined ? {} : { event }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(waiting === undefined ? {} : { waiting }),
    masked,
  };
}
