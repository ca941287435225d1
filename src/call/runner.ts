import type { ErrorCode } from '../errors.js';
import type { ActionSource, SourceAnswer } from '../source/port.js';
import { applicationInfo } from '../switch/applications.js';
import type { Channel } from '../switch/channel.js';
import { readLeftover } from '../switch/inline-list.js';
import { ask } from './asking.js';
import type { CallRecord, CallResult, TraceEntry } from './call.js';
import { KnownCall } from './call-view.js';
import { ListRunner } from './list-runner.js';
import type { Outcome } from './outcome.js';
import type { Program } from './program.js';
import { ownApplication, programOf } from './program.js';
import type { ChainLink, Ending, RunnerServices } from './run-context.js';
import { DONE, RunContext } from './run-context.js';
import type { Placed } from './segments.js';
import { settle, unsent } from './settle.js';
import type { CallState, ListRest } from './state.js';
import { readState } from './state.js';
import { Trace } from './trace.js';

/** Runs one call, from hand-over to release: asks its sources, and has their lists run. */
export class CallRunner {
  readonly #channel: Channel;
  readonly #services: RunnerServices;
  readonly #context: RunContext;
  #programName = '';

  constructor(channel: Channel, services: RunnerServices, onTrace?: (entry: TraceEntry) => void) {
    this.#channel = channel;
    this.#services = services;
    const call = new KnownCall(channel.uuid, channel.data);
    this.#context = new RunContext(channel, services, call, new Trace(onTrace));
  }

  /** Never rejects but for a defect. */
  async run(): Promise<CallRecord> {
    const { data } = this.#channel;
    const program = programOf(data);
    const state = readState(data.variable('cti_state'));
    this.#handedOver('code' in program ? '' : this.#services.sources.describe(program), state !== undefined);
    if ('code' in program) return this.#finish(this.#context.failed(program.code, program.detail));
    return this.#finish(state === undefined ? await this.#follow(program, 0) : await this.#resume(state));
  }

  /** Gives the call back without asking anybody: the daemon can't take it. */
  async refuse(code: ErrorCode, detail: string): Promise<CallRecord> {
    this.#handedOver('', false);
    return this.#finish(this.#context.failed(code, detail));
  }

  #handedOver(program: string, resumed: boolean): void {
    const { call, trace } = this.#context;
    this.#programName = program;
    const destination = call.get('destination_number') ?? '';
    const caller = call.get('caller_id_number') ?? '';
    trace.add({ type: 'handed_over', program, destination, caller, resumed });
  }

  /** Asks a program's source and runs what it answers, and what that chains to, until there is nothing more. */
  async #follow(first: Program, depth: number, link?: ChainLink): Promise<Ending> {
    let program = first;
    let from = link;
    for (;;) {
      const opened = this.#services.sources.open(program);
      if ('code' in opened) return this.#unanswered(from, opened.code, opened.detail);
      const ending = await this.#consult(opened.source, depth, from);
      if (ending.kind !== 'chain') return ending;
      program = programOfAction(ending);
      from = ending;
    }
  }

  async #consult(source: ActionSource, depth: number, link: ChainLink | undefined): Promise<Ending> {
    const { call, trace } = this.#context;
    let open = link;
    let asked = await ask(this.#channel, source, trace, (context) => source.start(call, context));
    for (;;) {
      if ('left' in asked) {
        if (open !== undefined) this.#context.settled(open.list, unsent(open.placed, 'not_run'));
        return { kind: 'left', end: asked.left };
      }
      const { answer } = asked;
      if (answer.kind === 'failed') return this.#unanswered(open, answer.code, answer.detail);
      if (open !== undefined) this.#context.settled(open.list, unsent(open.placed, 'ok'));
      open = undefined;
      if (answer.kind === 'done') return DONE;
      const { ending, outcomes } = await this.#runAnswer(answer, depth);
      if (ending.kind !== 'done' || answer.final) return ending;
      asked = await ask(this.#channel, source, trace, (context) => source.next(call, outcomes, context));
    }
  }

  #unanswered(link: ChainLink | undefined, code: ErrorCode, detail: string): Ending {
    if (link !== undefined) {
      const why = detail === '' ? code : `${code}: ${detail}`;
      this.#context.settled(link.list, unsent(link.placed, 'failed', why));
    }
    return this.#context.failed(code, detail);
  }

  async #runAnswer(
    answer: SourceAnswer & { kind: 'actions' },
    depth: number,
  ): Promise<{ ending: Ending; outcomes: readonly Outcome[] }> {
    const context = this.#context;
    const { origin, policy, actions, warnings, fallbackFor, final } = answer;
    context.lists += 1;
    const fallback = fallbackFor === undefined ? {} : { fallbackFor };
    context.trace.add({ type: 'answer', origin, policy, actions: actions.length, warnings, ...fallback });
    context.resumable &&= final;
    const rest = actions.map((action, index): Placed => ({ index, action }));
    return this.#runList({ list: context.lists, policy, origin, rest }, depth, final);
  }

  async #runList(
    list: ListRest,
    depth: number,
    final: boolean,
  ): Promise<{ ending: Ending; outcomes: readonly Outcome[] }> {
    const context = this.#context;
    const services = this.#services;
    const policy = services.policies.get(list.policy);
    const allowed = services.limits.actionsPerCall;
    const unrun = (code: ErrorCode, detail: string): { ending: Ending; outcomes: readonly Outcome[] } => {
      for (const placed of list.rest) context.settled(list.list, unsent(placed, 'not_run'));
      return { ending: context.failed(code, detail), outcomes: [] };
    };
    if (policy === undefined) return unrun('internal', `no policy "${list.policy}"`);
    if (context.ran + list.rest.length > allowed) {
      return unrun(
        'too_many_actions',
        `${context.ran} have run, ${list.rest.length} more asked for, ${allowed} allowed`,
      );
    }
    const runner = new ListRunner(list, policy, {
      context,
      nest: (link) => this.#nest(link, depth),
      outermost: final && context.open.length === 0,
      chains: final,
    });
    return { ending: await runner.run(), outcomes: runner.outcomes };
  }

  async #nest(link: ChainLink, depth: number): Promise<Ending> {
    const { chainDepth } = this.#services.limits;
    if (depth + 1 > chainDepth)
      return this.#unanswered(link, 'too_deep', `more than ${chainDepth} lists inside each other`);
    return this.#follow(programOfAction(link), depth + 1, link);
  }

  /**
   * Goes on with a call whose daemon died: FreeSWITCH ran the segment that was written to its end and gave the call
   * to us by the second `socket` of the dialplan.
   */
  async #resume(state: CallState): Promise<Ending> {
    const context = this.#context;
    context.wroteState = true;
    context.ran = state.ran + state.segment.length;
    context.refused = state.refused === '' ? undefined : state.refused;
    context.lists = Math.max(0, ...state.lists.map(({ list }) => list));
    const stopped = this.#settleLeftover(state);
    if (stopped !== undefined) return stopped;
    for (let below = state.lists.length - 1; below >= 0; below -= 1) {
      const list = state.lists[below];
      if (list === undefined) break;
      context.open.push(...state.lists.slice(0, below));
      const { ending } = await this.#runList(list, below, true);
      context.open.length = 0;
      if (ending.kind === 'chain') return this.#follow(programOfAction(ending), 0, ending);
      if (ending.kind !== 'done') return ending;
    }
    return DONE;
  }

  #settleLeftover(state: CallState): Ending | undefined {
    const steps = state.segment.map(({ action }) => ({ application: action.application, data: action.data }));
    const results = readLeftover(steps, this.#channel.data);
    const list = state.lists.at(-1)?.list ?? 0;
    let failed: Ending | undefined;
    state.segment.forEach((placed, at) => {
      const step = results[at];
      if (step === undefined) return;
      const outcome = settle(placed, step, { kind: 'completed' });
      this.#context.settled(list, outcome);
      if (placed.action.onError !== 'stop' || outcome.status === 'ok') return;
      failed ??= this.#context.failed('action_failed', `${outcome.application} [${outcome.index}]`);
    });
    return failed;
  }

  async #finish(given: Ending): Promise<CallRecord> {
    const context = this.#context;
    const channel = this.#channel;
    let ending = given.kind === 'done' ? context.completion : given;
    if (ending.kind === 'left') {
      await channel.release({});
    } else if (!context.released) {
      const end = await channel.release(context.endVariables(ending, context.ran));
      if (end.kind !== 'completed') ending = { kind: 'left', end };
    }
    const { result, detail } = this.#resultOf(ending);
    context.trace.add({ type: 'ended', result, detail });
    const failed = ending.kind === 'failed' ? ending : given;
    return {
      uuid: channel.uuid,
      program: this.#programName,
      startedAt: context.trace.startedAt,
      durationMs: context.trace.elapsedMs,
      result,
      ...(failed.kind === 'failed' ? { error: { code: failed.code, detail: failed.detail } } : {}),
      actionsRan: context.ran,
      trace: context.trace.entries,
    };
  }

  #resultOf(ending: Ending): { result: CallResult; detail: string } {
    if (ending.kind === 'failed') return { result: 'failed', detail: ending.code };
    if (ending.kind !== 'left') return { result: 'done', detail: '' };
    const { end } = ending;
    if (end.kind === 'moved') return { result: 'moved', detail: end.to };
    if (end.kind === 'lost') return { result: 'lost', detail: end.detail };
    const cause = end.kind === 'hung_up' ? end.cause : '';
    return { result: this.#hungUpByUs() ? 'done' : 'hung_up', detail: cause };
  }

  /** A hang-up that an action asked for is an end as asked. */
  #hungUpByUs(): boolean {
    const last = this.#context.trace.entries.findLast(
      (entry) => entry.type === 'outcome' && entry.status !== 'not_run',
    );
    if (last?.type !== 'outcome' || last.status !== 'ok') return false;
    return applicationInfo(last.application).ends === 'hangup';
  }
}

function programOfAction({ placed }: ChainLink): Program {
  return { kind: ownApplication(placed.action.application) ?? 'curl', target: placed.action.data };
}
