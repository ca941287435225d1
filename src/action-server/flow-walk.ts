import type { CancelSignal } from '../cancellation.js';
import type { Policy } from '../call/policy.js';
import { ownApplication } from '../call/program.js';
import { advance, begin, resume } from '../flow/engine.js';
import type { FlowSet } from '../flow/flow-set.js';
import type { FlowCall, FlowOutcome, FlowStep, FlowTurn } from '../flow/port.js';
import type { FlowState } from '../flow/state.js';
import type { TraceContext } from '../http-client/trace-context.js';
import type { FlowFunctions } from '../source/flow/functions.js';
import { languageOf } from '../source/flow/language.js';
import type { ActionSource } from '../source/port.js';
import { applicationInfo } from '../switch/applications.js';
import type { AskedCall } from './asked-call.js';
import type { Continuation, Placed } from './continuation.js';
import type { Asked, Format, Served } from './served.js';
import { dataForOutcome, variablesOf } from './served.js';

/** Who answers what a flow wants besides actions. */
export interface WalkServices {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly functions: FlowFunctions;
  /** The HTTP app that a `cti_curl` names. */
  readonly app: (target: string) => ActionSource | { readonly code: string; readonly detail: string };
  readonly now: () => number;
}

export interface WalkOptions {
  readonly set: FlowSet;
  readonly call: AskedCall;
  readonly policy: string;
  readonly format: Format;
  readonly trace: TraceContext | undefined;
  readonly signal: CancelSignal;
}

/** Where a flow stands when the client has to be heard. */
export type Pending = Pick<Continuation, 'state' | 'asked' | 'settled' | 'rest'>;

export type Walked =
  | { readonly kind: 'segment'; readonly items: readonly Served[]; readonly pending?: Pending }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

/** So many actions in one list at most; markers of outcomes come on top. */
const MOST_ITEMS = 40;
/** The same with what an app has answered; clients take a hundred. */
const MOST_ITEMS_WITH_APP = 90;
/** So many functions may be invoked for one request. */
const MOST_INVOCATIONS = 10;

type ActionsStep = FlowStep & { readonly kind: 'actions' };

/** From one answer of the client to the next point at which one is needed. */
export class FlowWalk {
  readonly #services: WalkServices;
  readonly #options: WalkOptions;
  readonly #flowCall: FlowCall;
  readonly #policy: Policy | undefined;
  readonly #items: Served[] = [];
  #invocations = 0;
  #tellsCalls = false;

  constructor(services: WalkServices, options: WalkOptions) {
    this.#services = services;
    this.#options = options;
    this.#policy = services.policies.get(options.policy);
    const { call } = options;
    const tells = (): void => {
      this.#tellsCalls = true;
    };
    this.#flowCall = {
      get uuid() {
        tells();
        return call.uuid;
      },
      get: (name) => call.get(name),
      now: services.now,
    };
  }

  /** What it came to depends on more than it asked of the call by name: on which call it is, or on the time of day. */
  get tellsCalls(): boolean {
    return this.#tellsCalls;
  }

  begin(flow: string): Walked | Promise<Walked> {
    const { set, call } = this.#options;
    const inputs = set.flows.get(flow)?.inputs ?? [];
    const attributes: Record<string, string> = {};
    for (const name of inputs) {
      const value = call.get(`cti_attr_${name}`);
      if (value !== undefined && value !== '') attributes[name] = value;
    }
    return this.#go(begin(set, flow, this.#flowCall, { attributes }));
  }

  /** @param told undefined: the client said nothing about what it was given, and gets it again */
  proceed(from: Continuation, told: readonly FlowOutcome[] | undefined): Walked | Promise<Walked> {
    const { set, call } = this.#options;
    const { state, rest, settled } = from;
    if (told === undefined || (from.asked.length === 0 && settled.length === 0 && rest.length === 0))
      return this.#go(resume(set, state, this.#flowCall));
    for (const { variables } of told) call.learn(variables);
    const outcomes = [...settled, ...told];
    return this.#step(rest, outcomes, state, false);
  }

  /** As long as nothing has to be waited for it is done at once. */
  #go(turn: FlowTurn): Walked | Promise<Walked> {
    const { step, state, visits } = turn;
    if (visits.some(({ type }) => type === 'hours')) this.#tellsCalls = true;
    switch (step.kind) {
      case 'done':
        return { kind: 'segment', items: this.#items };
      case 'failed':
        return { kind: 'failed', code: step.code, detail: step.detail };
      case 'invoke':
        // What was said before the function is heard before it is asked.
        return this.#items.length > 0 ? this.#pause(state) : this.#invoke(step, state);
      case 'actions':
        return this.#actions(step, state);
    }
  }

  #actions({ actions, final }: ActionsStep, state: FlowState): Walked | Promise<Walked> {
    const placed = actions.map((action, index): Placed => ({ ...action, index }));
    return this.#step(placed, [], state, final);
  }

  /**
   * The actions of a step, as far as they can be given at once. (Those of the engine never have `onError: 'stop'`:
   * it gives them one at a time.)
   * @param settled outcomes of those before them
   */
  #step(
    actions: readonly Placed[],
    settled: readonly FlowOutcome[],
    state: FlowState,
    final: boolean,
  ): Walked | Promise<Walked> {
    const known = [...settled];
    const asked: Asked[] = [];
    for (const [at, action] of actions.entries()) {
      const rest = actions.slice(at);
      if (ownApplication(action.application) !== undefined) {
        if (this.#items.length > 0) return this.#pause(state, { asked, settled: known, rest });
        return this.#own(action, actions.slice(at + 1), known, state, final);
      }
      if (this.#items.length >= MOST_ITEMS || this.#collides(action, asked, state))
        return this.#pause(state, { asked, settled: known, rest });
      const refusal = this.#refusal(action);
      if (refusal !== undefined) {
        known.push({ ...outcomeOf(action, 'refused'), detail: refusal });
        continue;
      }
      const asks = this.#asks(action, state) && !final;
      this.#give(action, asks ? asked : undefined);
      if (!asks) known.push(outcomeOf(action, 'ok'));
    }
    if (asked.length > 0) return this.#pause(state, { asked, settled: known, rest: [] });
    const outcomes = known.sort((a, b) => a.index - b.index);
    return this.#go(advance(this.#options.set, state, { kind: 'outcomes', outcomes }, this.#flowCall));
  }

  #give({ application, data, id, timeoutMs, index }: Placed, asked: Asked[] | undefined): void {
    const named = id === undefined ? {} : { id };
    const asks: Asked = {
      index,
      ...named,
      application,
      data: dataForOutcome(application, data),
      at: this.#items.length,
    };
    this.#items.push({
      application,
      data,
      ...named,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(asked === undefined ? {} : { asks }),
    });
    asked?.push(asks);
  }

  /**
   * Whether the flow can only go on when it knows what became of the action. Of a prompt that no key interrupts it
   * is taken that it was heard.
   */
  #asks({ application, data, id }: Placed, state: FlowState): boolean {
    if (id === 'prompt' && state.voice['playback_terminators'] !== 'any') return false;
    const { takesTime, outcomeVariables } = applicationInfo(application);
    return takesTime && outcomeVariables(data).length > 0;
  }

  /** mod_httapi tells each variable once for a document, as it was in the end. */
  #collides(action: Placed, asked: readonly Asked[], state: FlowState): boolean {
    if (this.#options.format !== 'httapi' || asked.length === 0 || !this.#asks(action, state)) return false;
    const taken = new Set(asked.flatMap((one) => variablesOf(one)));
    return variablesOf(action).some((name) => taken.has(name));
  }

  #refusal(action: Placed): string | undefined {
    if (this.#policy === undefined) return `no policy "${this.#options.policy}"`;
    const verdict = this.#policy.check(action, this.#options.call);
    return verdict.allowed ? undefined : `${verdict.rule}: ${verdict.detail}`;
  }

  #pause(state: FlowState, step: Partial<Pending> = {}): Walked {
    const { asked = [], settled = [], rest = [] } = step;
    return { kind: 'segment', items: this.#items, pending: { state, asked, settled, rest } };
  }

  /** A `cti_curl` of the flow: the app is asked from here, and what it answers is given in its place. */
  async #own(
    action: Placed,
    rest: readonly Placed[],
    settled: readonly FlowOutcome[],
    state: FlowState,
    final: boolean,
  ): Promise<Walked> {
    const failure = await this.#ask(action);
    const outcome: FlowOutcome =
      failure === undefined ? outcomeOf(action, 'ok') : { ...outcomeOf(action, 'failed'), detail: failure };
    return this.#step(rest, [...settled, outcome], state, final);
  }

  /** @returns why there is nothing from it */
  async #ask({ application, data }: Placed): Promise<string | undefined> {
    if (application !== 'cti_curl') return `${application} can not be served; use go_to_flow or call_flow`;
    const refusal = this.#refusal({ application, data, index: 0, onError: 'continue' });
    if (refusal !== undefined) return refusal;
    const source = this.#services.app(data);
    if ('code' in source) return `${source.code}: ${source.detail}`;
    const { call, signal, trace } = this.#options;
    const traced = trace === undefined ? {} : { trace };
    const answer = await source.start(call, { signal, onAttempt: () => undefined, ...traced });
    if (answer.kind === 'failed') return `${answer.code}: ${answer.detail}`;
    if (answer.kind !== 'actions') return undefined;
    if (this.#items.length + answer.actions.length > MOST_ITEMS_WITH_APP)
      return `too_large: ${answer.actions.length} actions`;
    const policy = this.#services.policies.get(answer.policy);
    for (const { application: name, data: argument, timeoutMs } of answer.actions) {
      const isOwn = ownApplication(name) !== undefined;
      const allowed = !isOwn && policy?.check({ application: name, data: argument }, call).allowed === true;
      if (!allowed) continue;
      this.#items.push({
        application: name,
        data: argument,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    }
    return undefined;
  }

  async #invoke(step: FlowStep & { readonly kind: 'invoke' }, state: FlowState): Promise<Walked> {
    if ((this.#invocations += 1) > MOST_INVOCATIONS)
      return { kind: 'failed', code: 'flow_loop', detail: `more than ${MOST_INVOCATIONS} functions at once` };
    const { set, call, signal, trace } = this.#options;
    const { result } = await this.#services.functions.invoke({
      name: step.function,
      parameters: step.parameters,
      ...(step.event === undefined ? {} : { event: step.event }),
      ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
      call,
      attributes: state.attributes,
      language: languageOf(set, state, this.#flowCall),
      queue: state.queue,
      signal,
      ...(trace === undefined ? {} : { trace }),
    });
    return this.#go(advance(set, state, { kind: 'function', result }, this.#flowCall));
  }
}

function outcomeOf({ index, id, application }: Placed, status: string): FlowOutcome {
  return { index, ...(id === undefined ? {} : { id }), application, status, variables: {} };
}
