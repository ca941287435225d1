import type { ErrorCode } from '../errors.js';
import type {
  ActionSource,
  CallView,
  SourceAnswer,
  SourceContext,
  SourceMove,
  SourceState,
} from '../source/port.js';
import type { Channel, SegmentEnd } from '../switch/channel.js';
import { readLeftover } from '../switch/inline-list.js';
import { ask } from './asking.js';
import { ListRunner } from './list-runner.js';
import type { Outcome } from './outcome.js';
import type { OwnList } from './own-list.js';
import type { Program, Sources } from './program.js';
import { ownApplication } from './program.js';
import type { ChainLink, Ending, RunContext, RunnerServices } from './run-context.js';
import { DONE } from './run-context.js';
import type { Placed } from './segments.js';
import { settle, unsent } from './settle.js';
import type { CallState, ListRest } from './state.js';

/** Runs programs on a call: asks their sources, and has their lists run, to wherever they chain. */
export class ProgramRunner {
  readonly #channel: Channel;
  readonly #services: RunnerServices;
  readonly #context: RunContext;

  constructor(context: RunContext) {
    this.#context = context;
    this.#channel = context.channel;
    this.#services = context.services;
  }

  /** Runs a list that comes from somebody else than the call's own program. */
  async runList({ actions, policy, by }: OwnList): Promise<Ending> {
    const answer = { kind: 'actions', actions, policy, origin: by, warnings: [], final: true } as const;
    const { ending } = await this.#runAnswer(answer, 0);
    return ending.kind === 'chain' ? this.follow(programOfAction(ending), 0, ending) : ending;
  }

  /** Asks a program's source and runs what it answers, and what that chains to, until there is nothing more. */
  async follow(first: Program, depth: number, link?: ChainLink): Promise<Ending> {
    let program = first;
    let from = link;
    for (;;) {
      const opened = this.#services.sources.open(program, this.#context.before);
      if ('code' in opened) return this.#unanswered(from, opened.code, opened.detail);
      const { source } = opened;
      const start: Question = (call, context) => source.start(call, context);
      const ending = await this.#consult(source, start, depth, from, program);
      if (ending.kind !== 'chain') return ending;
      program = programOfAction(ending);
      from = ending;
    }
  }

  async #consult(...given: Consultation): Promise<Ending> {
    const [source] = given;
    try {
      return await this.#converse(...given);
    } finally {
      this.#context.before = source.state?.() ?? this.#context.before;
      const report = source.report?.();
      if (report !== undefined) this.#context.reports.push(report);
    }
  }

  async #converse(...[source, first, depth, link, program]: Consultation): Promise<Ending> {
    const { call } = this.#context;
    const keep = (): Promise<SegmentEnd> => this.#keep(source, program);
    let open = link;
    let asked = await ask(this.#context, source, (context) => first(call, context), keep);
    for (;;) {
      if ('left' in asked) {
        if (open !== undefined) this.#context.settled(open.list, unsent(open.placed, 'not_run'));
        return { kind: 'left', end: asked.left };
      }
      if ('interrupted' in asked) {
        if (open !== undefined) this.#context.settled(open.list, unsent(open.placed, 'interrupted'));
        return { kind: 'interrupted' };
      }
      const { answer } = asked;
      if (answer.kind === 'failed') return this.#unanswered(open, answer.code, answer.detail);
      if (open !== undefined) this.#context.settled(open.list, unsent(open.placed, 'ok'));
      open = undefined;
      if (answer.kind === 'done') return DONE;
      if (answer.kind === 'keep') {
        const end = await keep();
        if (end.kind !== 'completed') return { kind: 'left', end };
        asked = await ask(this.#context, source, (context) => source.next(call, [], context), keep);
        continue;
      }
      const { ending, outcomes } = await this.#runAnswer(answer, depth, source);
      if (ending.kind !== 'done' || answer.final) return ending;
      asked = await ask(this.#context, source, (context) => source.next(call, outcomes, context), keep);
    }
  }

  /** Writes down on the channel who is asked and how far he has come. */
  async #keep(source: ActionSource, program: Program | undefined): Promise<SegmentEnd> {
    const context = this.#context;
    const state = source.state?.();
    const asked = state === undefined ? program : { source: state };
    // A program without a state begins anew anyway; only what stands there of an earlier one would be wrong.
    const needed = context.resumable && asked !== undefined && (state !== undefined || context.wroteState);
    if (!needed) return { kind: 'completed' };
    const before = context.stateVariables([], asked);
    return (await this.#channel.run({ steps: [], before, after: {}, release: false })).end;
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
    source?: ActionSource,
  ): Promise<{ ending: Ending; outcomes: readonly Outcome[] }> {
    const context = this.#context;
    const { origin, policy, actions, warnings, fallbackFor, final } = answer;
    context.lists += 1;
    const fallback = fallbackFor === undefined ? {} : { fallbackFor };
    context.trace.add({ type: 'answer', origin, policy, actions: actions.length, warnings, ...fallback });
    const state = final ? undefined : source?.state?.();
    context.resumable &&= final || state !== undefined;
    const masked = answer.masked ?? [];
    const rest = actions.map((action, index): Placed => ({ index, action }));
    const asks = state === undefined ? {} : { asks: { source: state, settled: [], masked } };
    return this.#runList({ list: context.lists, policy, origin, rest, ...asks }, depth, { final, masked });
  }

  async #runList(
    list: ListRest,
    depth: number,
    { final, masked, own }: { final: boolean; masked: readonly string[]; own?: OwnEnded | undefined },
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
      asks: !final,
      masked,
    });
    return { ending: await runner.run(own), outcomes: runner.outcomes };
  }

  async #nest(link: ChainLink, depth: number): Promise<Ending> {
    const { chainDepth } = this.#services.limits;
    if (depth + 1 > chainDepth)
      return this.#unanswered(link, 'too_deep', `more than ${chainDepth} lists inside each other`);
    return this.follow(programOfAction(link), depth + 1, link);
  }

  /**
   * Goes on with a call whose daemon died, or lost its connection: FreeSWITCH ran the segment that was written to its
   * end and gave the call to us by the second `socket` of the dialplan.
   */
  async resume(written: CallState): Promise<Ending> {
    const context = this.#context;
    const state = this.#hasRun(written) ? written : unrun(written);
    const { lists, asked } = state;
    context.wroteState = true;
    context.ran = state.ran + state.segment.length;
    context.refused = state.refused === '' ? undefined : state.refused;
    context.lists = Math.max(0, ...lists.map(({ list }) => list));
    context.open.push(...lists);
    let ending = asked === undefined ? undefined : await this.#resumeAsked(asked, lists.length);
    for (let below = lists.length - 1; below >= 0; below -= 1) {
      if (ending?.kind === 'chain') ending = await this.follow(programOfAction(ending), below + 1, ending);
      const list = lists[below];
      if (list === undefined || ending?.kind === 'left' || ending?.kind === 'interrupted') break;
      context.open.length = below;
      ending =
        ending === undefined
          ? await this.#resumeList(list, below, state.segment)
          : await this.#resumeList(list, below, [], ending);
    }
    context.open.length = 0;
    if (ending?.kind === 'chain') return this.follow(programOfAction(ending), 0, ending);
    return ending ?? DONE;
  }

  /** Whether the segment of a state came to its end, or the connection broke before all of it was written. */
  #hasRun({ ran, segment }: CallState): boolean {
    const { data } = this.#channel;
    // There the end of a connection breaks off what runs (mod_event_socket.c listener_run: CS_RESET).
    if (segment.length === 0 || data.header('Socket-Mode') === 'async') return true;
    return data.variable('cti_actions') === String(ran + segment.length);
  }

  /** Somebody was being asked; the question is put again. */
  async #resumeAsked(asked: NonNullable<CallState['asked']>, depth: number): Promise<Ending> {
    if ('target' in asked) return this.follow(asked, depth);
    const opened = this.#reopen(asked.source);
    if ('code' in opened) return this.#context.failed(opened.code, opened.detail);
    const { source } = opened;
    const again: Question = (call, context) => source.resume?.(call, context) ?? source.start(call, context);
    return this.#consult(source, again, depth, undefined, undefined);
  }

  /**
   * @param segment what FreeSWITCH has run of the list without us
   * @param inner how that ended which the list's own action had led to
   */
  async #resumeList(
    { own, ...list }: ListRest,
    depth: number,
    segment: readonly Placed[],
    inner?: Ending,
  ): Promise<Ending> {
    const { asks } = list;
    const masked = asks?.masked ?? [];
    const left = this.#settleLeftover(segment, list.list, masked);
    if (left.failed !== undefined && asks === undefined)
      return this.#context.failed('action_failed', left.failed);
    const settled = [...(asks?.settled ?? []), ...left.outcomes];
    const stopped = left.failed === undefined ? [] : list.rest.map((placed) => unsent(placed, 'not_run'));
    const rest: ListRest = {
      ...list,
      rest: left.failed === undefined ? list.rest : [],
      ...(asks === undefined ? {} : { asks: { ...asks, settled } }),
    };
    const ended = own === undefined || inner === undefined ? undefined : { placed: own, ending: inner };
    const options = { final: asks === undefined, masked, own: ended };
    const { ending, outcomes } = await this.#runList(rest, depth, options);
    if (asks === undefined || ending.kind !== 'done') return ending;
    const opened = this.#reopen(asks.source);
    if ('code' in opened) return this.#context.failed(opened.code, opened.detail);
    const { source } = opened;
    const go: Question = (call, context) => source.next(call, [...outcomes, ...stopped], context);
    return this.#consult(source, go, depth, undefined, undefined);
  }

  #reopen(state: SourceState): ReturnType<NonNullable<Sources['reopen']>> {
    const { sources } = this.#services;
    return sources.reopen?.(state) ?? { code: 'internal', detail: `no source of kind ${state.kind}` };
  }

  #settleLeftover(
    segment: readonly Placed[],
    list: number,
    masked: readonly string[],
  ): { readonly outcomes: readonly Outcome[]; readonly failed?: string } {
    const context = this.#context;
    const steps = segment.map(({ action }) => ({ application: action.application, data: action.data }));
    for (const placed of segment) context.noteSubject(list, placed);
    const results = steps.length === 0 ? [] : readLeftover(steps, this.#channel.data);
    const outcomes = segment.flatMap((placed, at) => {
      const step = results[at];
      return step === undefined ? [] : [settle(placed, step, { kind: 'completed' })];
    });
    for (const outcome of outcomes) {
      context.settled(list, outcome, masked);
      context.call.learnFrom(outcome);
    }
    const failed = outcomes.find(
      ({ status }, at) => status !== 'ok' && segment[at]?.action.onError === 'stop',
    );
    return { outcomes, ...(failed && { failed: `${failed.application} [${failed.index}]` }) };
  }
}

type Question = (call: CallView, context: SourceContext) => Promise<SourceMove>;

type Consultation = [
  source: ActionSource,
  first: Question,
  depth: number,
  link: ChainLink | undefined,
  /** What made the source, where it has no state of its own. */
  program: Program | undefined,
];

interface OwnEnded {
  readonly placed: Placed;
  readonly ending: Ending;
}

/** The state as it was before its segment was taken off the innermost list. */
function unrun({ segment, lists, ...state }: CallState): CallState {
  const place = lists.length - 1;
  const whole = lists.map((list, at) =>
    at === place ? { ...list, rest: [...segment, ...list.rest] } : list,
  );
  return { ...state, segment: [], lists: whole };
}

function programOfAction({ placed }: ChainLink): Program {
  const { application, data: target, shown } = placed.action;
  return { kind: ownApplication(application) ?? 'curl', target, ...(shown === undefined ? {} : { shown }) };
}
