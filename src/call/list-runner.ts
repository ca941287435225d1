import { applicationInfo } from '../switch/applications.js';
import type { SegmentResult, Step } from '../switch/channel.js';
import type { Action } from './action.js';
import type { Outcome } from './outcome.js';
import type { Policy, Verdict } from './policy.js';
import { pieces } from './policy/application-rules.js';
import { ownApplication } from './program.js';
import type { ChainLink, Ending, RunContext } from './run-context.js';
import { DONE } from './run-context.js';
import type { NextSegment, Placed } from './segments.js';
import { nextSegment } from './segments.js';
import { outcomeOfOwn, settle, unsent } from './settle.js';
import type { ListRest } from './state.js';

export interface ListOptions {
  readonly context: RunContext;
  /** Runs a `cti_curl` or `cti_flow` that has actions after it. */
  readonly nest: (link: ChainLink) => Promise<Ending>;
  /** Nothing is asked after this list, and none is waiting for it to end: its last segment may carry the release. */
  readonly outermost: boolean;
  /** A `cti_curl` or `cti_flow` at its end takes the place of the list, instead of being nested. */
  readonly chains: boolean;
  /** Whoever answered the list is asked again with its outcomes: what goes wrong is for him to decide about. */
  readonly asks: boolean;
  /** Channel variables of which traces show no value. */
  readonly masked: readonly string[];
}

/** Runs one list: checks each action against the policy, hands FreeSWITCH segments of it, settles each action once. */
export class ListRunner {
  readonly outcomes: Outcome[];
  readonly #options: ListOptions;
  readonly #context: RunContext;
  readonly #list: ListRest;
  readonly #policy: Policy;
  readonly #place: number;
  /** Until the next segment runs: what that brings may be in the data of what comes behind it. */
  #verdicts: Map<Action, Verdict> | undefined;
  #rest: readonly Placed[];
  /** The rest does not run, because of an action with `on_error: stop`; its outcomes tell why. */
  #stopped = false;

  constructor(list: ListRest, policy: Policy, options: ListOptions) {
    this.outcomes = [...(list.asks?.settled ?? [])];
    this.#list = list;
    this.#policy = policy;
    this.#options = options;
    this.#context = options.context;
    this.#rest = list.rest;
    for (const placed of list.rest) this.#context.noteSubject(list.list, placed);
    this.#place = this.#context.open.push(list) - 1;
  }

  /** @param own the `cti_curl` or `cti_flow` of the list that a daemon before this one was following, and how it ended */
  async run(own?: { readonly placed: Placed; readonly ending: Ending }): Promise<Ending> {
    const begun = own === undefined ? DONE : this.#afterOwn(own.placed, own.ending, this.#rest.length === 0);
    const ending = begun.kind === 'done' ? await this.#runRest() : begun;
    for (const placed of this.#rest) this.#settled(unsent(placed, 'not_run'));
    this.#context.open.length = this.#place;
    return ending;
  }

  async #runRest(): Promise<Ending> {
    for (;;) {
      const [next] = this.#rest;
      if (next === undefined || this.#stopped) return DONE;
      const reason = this.#refusal(next.action);
      const ending =
        reason !== undefined
          ? this.#refuse(next, reason)
          : ownApplication(next.action.application) !== undefined
            ? await this.#runOwn(next)
            : await this.#runSegment();
      if (ending.kind !== 'done') return ending;
    }
  }

  #take(count: number, own?: Placed): void {
    this.#rest = this.#rest.slice(count);
    const { asks } = this.#list;
    this.#context.open[this.#place] = {
      ...this.#list,
      rest: this.#rest,
      ...(own === undefined ? {} : { own }),
      ...(asks === undefined ? {} : { asks: { ...asks, settled: [...this.outcomes] } }),
    };
  }

  #stop(code: 'action_failed' | 'action_refused', detail: string): Ending {
    if (!this.#options.asks) return this.#context.failed(code, detail);
    this.#stopped = true;
    return DONE;
  }

  #refuse(placed: Placed, reason: string): Ending {
    const context = this.#context;
    this.#take(1);
    this.#settled(unsent(placed, 'refused', reason));
    const detail = `${placed.action.application} [${placed.index}]: ${reason}`;
    if (!this.#options.asks) context.refused ??= detail;
    return placed.action.onError === 'stop' ? this.#stop('action_refused', detail) : DONE;
  }

  async #runOwn(placed: Placed): Promise<Ending> {
    const link = { placed, list: this.#list.list };
    this.#take(1, placed);
    this.#context.ran += 1;
    this.#context.call.learn({ cti_outcomes: toldOutcomes(this.outcomes) });
    const last = this.#rest.length === 0;
    if (last && this.#options.chains) return { kind: 'chain', ...link };
    return this.#afterOwn(placed, await this.#options.nest(link), last);
  }

  #afterOwn(placed: Placed, ending: Ending, last: boolean): Ending {
    // The trace has it already.
    if (ending.kind === 'done' || ending.kind === 'failed') this.outcomes.push(outcomeOfOwn(placed, ending));
    this.#take(0);
    if (ending.kind !== 'failed' || ending.code === 'too_deep') return ending;
    if (placed.action.onError === 'stop') {
      this.#stopped = this.#options.asks;
      return this.#stopped ? DONE : ending;
    }
    // Actions after it are what the app wants when it fails; with none left the program has failed.
    return last && !this.#options.asks ? ending : DONE;
  }

  async #runSegment(): Promise<Ending> {
    const stop = this.#rest.findIndex(({ action }) => this.#refusal(action) !== undefined);
    const allowed = stop < 0 ? this.#rest : this.#rest.slice(0, stop);
    let isSaid = this.#context.call.get(CONTINUE_ON_FAIL) !== undefined;
    const segment = nextSegment(allowed, (action) => {
      const step = stepOf(action, isSaid);
      // By the app, for what comes behind it in the same list.
      isSaid ||= settingOf(action) !== undefined;
      return step;
    });
    this.#take(segment.taken.length);
    const result = await this.#execute(segment);
    let failed: Outcome | undefined;
    segment.taken.forEach((placed, at) => {
      const step = result.steps[at] ?? { state: 'not_run', values: {}, timedOut: false };
      const outcome = settle(placed, step, result.end, this.#context.interrupted !== undefined);
      this.#settled(outcome);
      this.#context.call.learnFrom(outcome);
      if (placed.action.onError === 'stop' && outcome.status !== 'ok') failed ??= outcome;
    });
    if (result.end.kind !== 'completed') return { kind: 'left', end: result.end };
    if (failed === undefined) return DONE;
    const detail = `${failed.application} [${failed.index}]: ${failed.detail ?? failed.response ?? failed.status}`;
    return this.#stop('action_failed', detail);
  }

  async #execute({ taken: segment, steps }: NextSegment): Promise<SegmentResult> {
    const context = this.#context;
    for (const { action } of segment) {
      const setting = settingOf(action);
      if (setting !== undefined) this.#context.call.learn({ [CONTINUE_ON_FAIL]: setting });
    }
    // Whether the program ends here is known beforehand, unless its last action decides it.
    const release =
      this.#rest.length === 0 &&
      this.#options.outermost &&
      segment.at(-1)?.action.onError !== 'stop' &&
      context.appended.length === 0;
    const after = release
      ? context.endVariables(context.completion, context.ran + segment.length)
      : context.progressVariables(segment);
    const before = release ? {} : context.stateVariables(segment);
    const places = this.#dial(segment);
    context.trace.add({
      type: 'run',
      list: this.#list.list,
      first: segment[0]?.index ?? 0,
      steps: steps.length,
    });
    context.running = segment.map(({ action }) => action.application);
    context.keepable = !release || context.channel.keep !== undefined;
    const result = await context.channel.run({ steps, before, after, release });
    context.running = [];
    for (const giveBack of places) giveBack();
    context.released ||= release && result.end.kind === 'completed' && result.kept !== true;
    if (result.kept === true) context.unfinished = true;
    context.ran += result.steps.filter(({ state }) => state !== 'not_run').length;
    return result;
  }

  #dial(segment: readonly Placed[]): (() => void)[] {
    const { services } = this.#context;
    const places = segment.flatMap(({ action }) => {
      const verdict = this.#verdict(action);
      const limit = verdict.allowed ? verdict.concurrency : undefined;
      return limit === undefined ? [] : [services.dialLimits.take(limit.key)];
    });
    this.#verdicts = undefined;
    return places;
  }

  #verdict(action: Action): Verdict {
    const known = this.#verdicts?.get(action);
    if (known !== undefined) return known;
    const verdict = this.#policy.check(action, this.#context.call);
    (this.#verdicts ??= new Map()).set(action, verdict);
    return verdict;
  }

  /** Why an action may not run, or undefined. */
  #refusal(action: Action): string | undefined {
    const { services } = this.#context;
    const verdict = this.#verdict(action);
    // The detail may quote what is nobody's business.
    if (!verdict.allowed)
      return action.shown === undefined ? `${verdict.rule}: ${verdict.detail}` : verdict.rule;
    const limit = verdict.concurrency;
    if (limit !== undefined && services.dialLimits.inUse(limit.key) >= limit.max) {
      return `dial.concurrent: ${limit.max} calls to ${limit.key} are up already`;
    }
    const info = applicationInfo(action.application);
    if (action.timeoutMs !== undefined && info.takesTime && info.stop === 'none') {
      return `timeout_ms: FreeSWITCH has no way to stop ${action.application}`;
    }
    return undefined;
  }

  #settled(outcome: Outcome): void {
    this.outcomes.push(outcome);
    this.#context.settled(this.#list.list, outcome, this.#options.masked);
  }
}

/** Whether a call goes on behind a `bridge` that failed. */
const CONTINUE_ON_FAIL = 'continue_on_fail';

/** The app's own word from then on: `set continue_on_fail=…`, or by `export` or `multiset`. */
function settingOf({ application, data }: Action): string | undefined {
  const prefix = `${CONTINUE_ON_FAIL}=`;
  const assignments = assignmentsOf(application, data).map((assignment) => assignment.trimStart());
  return assignments.find((assignment) => assignment.startsWith(prefix))?.slice(prefix.length);
}

function assignmentsOf(application: string, data: string): readonly string[] {
  if (application === 'set' || application === 'export') return [data];
  return application === 'multiset' ? (pieces(data) ?? []) : [];
}

/**
 * A failed bridge hangs up the caller unless `continue_on_fail` is set (mod_dptools.c audio_bridge_function).
 * @param isSaid the dialplan or the app has decided about that
 */
function stepOf({ application, data, timeoutMs }: Action, isSaid: boolean): Step {
  const failsSoft = application === 'bridge' && !isSaid;
  if (timeoutMs === undefined && !failsSoft) return { application, data };
  return {
    application,
    data,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(failsSoft ? { scope: { [CONTINUE_ON_FAIL]: 'true' } } : {}),
  };
}

/** So long a value of the call can be in a URL. */
const MOST_TOLD_LENGTH = 4000;

/**
 * `{cti_outcomes}`: what became of the actions before a `cti_curl`, for whoever is asked next. What went well and
 * left nothing is not mentioned.
 */
function toldOutcomes(outcomes: readonly Outcome[]): string {
  const told = outcomes.flatMap(({ index, id, status, response, detail, variables }) => {
    const left = Object.keys(variables).length > 0;
    if (status === 'ok' && !left && id === undefined) return [];
    return [{ index, id, status, response, detail, ...(left ? { variables } : {}) }];
  });
  const text = JSON.stringify(told);
  return text.length > MOST_TOLD_LENGTH ? '' : text;
}
