import type { ErrorCode } from '../errors.js';
import { applicationInfo } from '../switch/applications.js';
import type { CallView } from '../source/port.js';
import type { Channel } from '../switch/channel.js';
import { parseHangupCause } from '../switch/hangup-cause.js';
import type { CallRecord, CallResult, TraceEntry } from './call.js';
import { KnownCall } from './call-view.js';
import type { OwnList } from './own-list.js';
import { programOf } from './program.js';
import { ProgramRunner } from './program-runner.js';
import { refusalsOf } from './refusals.js';
import type { Refused } from './refusals.js';
import type { Ending, RunnerServices } from './run-context.js';
import { RunContext } from './run-context.js';
import { readState } from './state.js';
import { Trace } from './trace.js';

/** Who calls whom, and what decides about it. */
export interface Parties {
  readonly uuid: string;
  readonly program: string;
  readonly caller: string;
  readonly destination: string;
}

/** How far a call is. */
export interface Progress {
  readonly program: string;
  readonly startedAt: Date;
  readonly elapsedMs: number;
  readonly destination: string;
  readonly caller: string;
  /** `asking`: an app is asked. `running`: FreeSWITCH runs a part of a list. `ending`: it is being given back. */
  readonly state: 'asking' | 'running' | 'between' | 'ending';
  /** The applications that FreeSWITCH was given; which of them runs is not known. */
  readonly running: readonly string[];
  /** Lists that were appended and have not begun. */
  readonly appended: number;
  readonly actionsRan: number;
}

/** Runs one call, from hand-over to release: asks its sources, and has their lists run. */
export class CallRunner {
  readonly #channel: Channel;
  readonly #services: RunnerServices;
  readonly #context: RunContext;
  readonly #programs: ProgramRunner;
  #parties: Parties = { uuid: '', program: '', caller: '', destination: '' };
  #wasAnswered = false;
  #switchName = '';
  /** Whose list is to run on the channel as it is. */
  #successor: string | undefined;
  #handedOn = false;

  constructor(channel: Channel, services: RunnerServices, onTrace?: (entry: TraceEntry) => void) {
    this.#channel = channel;
    this.#services = services;
    const call = new KnownCall(channel.uuid, channel.data);
    this.#context = new RunContext(channel, services, call, new Trace(onTrace));
    this.#programs = new ProgramRunner(this.#context);
  }

  /**
   * Never rejects but for a defect.
   * @param own runs instead of the program that the channel names
   */
  async run(own?: OwnList): Promise<CallRecord> {
    if (own !== undefined) {
      this.#handedOver(own.by, false);
      // One of before may have been, and is not to be found by the next program on this call.
      this.#context.wroteState = true;
      return this.#end(await this.#programs.runList(own));
    }
    const { data } = this.#channel;
    const program = this.#program();
    const state = readState(data.variable('cti_state'), this.#channel.uuid, this.#services.seal);
    if (state !== undefined) this.#context.begun = state.begun;
    this.#handedOver('code' in program ? '' : this.#services.sources.describe(program), state !== undefined);
    if ('code' in program) return this.#end(this.#context.failed(program.code, program.detail));
    return this.#end(
      state === undefined ? await this.#programs.follow(program, 0) : await this.#programs.resume(state),
    );
  }

  #program(): ReturnType<typeof programOf> {
    const named = programOf(this.#channel.data);
    if (!('code' in named) || named.detail !== '') return named;
    const number = this.#context.call.get('destination_number') ?? '';
    return this.#services.sources.ofNumber?.(number) ?? named;
  }

  /** Gives the call back without asking anybody: the daemon can't take it. */
  async refuse(code: ErrorCode, detail: string): Promise<CallRecord> {
    this.#handedOver('', false);
    return this.#finish(this.#context.failed(code, detail));
  }

  get progress(): Progress {
    const { trace, asking, running, closing, appended, ran } = this.#context;
    const { program, destination, caller } = this.#parties;
    return {
      program,
      startedAt: trace.startedAt,
      elapsedMs: trace.elapsedMs,
      destination,
      caller,
      state: closing
        ? 'ending'
        : asking !== undefined
          ? 'asking'
          : running.length > 0
            ? 'running'
            : 'between',
      running,
      appended: appended.length,
      actionsRan: ran,
    };
  }

  /** What is known of the call. */
  get call(): CallView {
    return this.#context.call;
  }

  /** When it was handed over, to whichever daemon had it first; milliseconds since the epoch. */
  get begun(): number {
    return this.#context.begun;
  }

  /** A daemon may have had this very hand-over before. */
  get again(): boolean {
    return this.#channel.again === true;
  }

  /** Who calls whom, and what decides about it; from the hand-over on the same object. */
  get parties(): Parties {
    return this.#parties;
  }

  /** FreeSWITCH had answered it before it was handed over. */
  get wasAnswered(): boolean {
    return this.#wasAnswered;
  }

  /** FreeSWITCH's own name for itself, by which its channels can be told from those of others; `''`: not known. */
  get switchName(): string {
    return this.#switchName;
  }

  /** Whom a transfer was to, or which file or queue an action was about; undefined for other applications. */
  subjectOf(list: number, index: number): string | undefined {
    return this.#context.subjects.get(`${list}/${index}`);
  }

  get trace(): readonly TraceEntry[] {
    return this.#context.trace.entries;
  }

  /** What the policy would refuse of a list on this call, as far as it can be told before it runs. */
  refusals(list: OwnList): Refused[] {
    return refusalsOf(this.#services.policies, list, this.#context.call);
  }

  /**
   * Runs a list behind the program, before the call is given back.
   * @returns false when it is too late: the call is being given back, or what FreeSWITCH was given does that by itself
   */
  append(list: OwnList): boolean {
    const context = this.#context;
    const tooLate = context.closing || context.interrupted !== undefined || !context.keepable;
    if (tooLate || this.#channel.gone.aborted || this.#channel.keep?.() === false) return false;
    context.appended.push(list);
    context.trace.add({ type: 'asked', what: 'appended', by: list.by });
    return true;
  }

  /**
   * Ends the program in favour of another, if that can be done from here: while it waits for an answer. The call is
   * not given back: whoever interrupted it goes on with the channel when `run` has resolved.
   * @returns false when FreeSWITCH runs a list, or somebody else has interrupted it already
   */
  interrupt(by: string): boolean {
    const context = this.#context;
    if (context.asking === undefined || context.interrupted !== undefined || this.#channel.gone.aborted)
      return false;
    context.interrupted = 'inHand';
    this.#successor = by;
    context.trace.add({ type: 'asked', what: 'interrupted', by });
    context.asking.abort();
    return true;
  }

  /** `run` has resolved and has left the channel to whoever interrupted it. */
  get hasHandedOn(): boolean {
    return this.#handedOn;
  }

  /** The channel is about to be taken away from this runner, by ourselves. @returns takes that back */
  takenOver(by: string): () => void {
    const context = this.#context;
    const before = context.interrupted;
    context.interrupted = 'fromOutside';
    context.trace.add({ type: 'asked', what: 'interrupted', by });
    return () => {
      context.interrupted = before;
    };
  }

  #handedOver(program: string, resumed: boolean): void {
    const { call, trace } = this.#context;
    this.#wasAnswered = this.#channel.data.header('Answer-State') === 'answered';
    this.#switchName = this.#channel.data.header('FreeSWITCH-Switchname') ?? '';
    const destination = call.get('destination_number') ?? '';
    const caller = call.get('caller_id_number') ?? '';
    this.#parties = { uuid: call.uuid, program, caller, destination };
    trace.add({ type: 'handed_over', program, destination, caller, resumed });
  }

  /** Runs what was appended meanwhile, then gives the call back. */
  async #end(ended: Ending): Promise<CallRecord> {
    const context = this.#context;
    let ending = ended;
    while (ending.kind !== 'left' && ending.kind !== 'interrupted' && !context.released) {
      const next = context.appended.shift();
      if (next === undefined) break;
      if (ending.kind === 'failed') context.failure ??= ending;
      // The channel's description may have been let go of by now.
      const { destination, caller } = this.#parties;
      context.call.learn({ destination_number: destination, caller_id_number: caller });
      ending = await this.#programs.runList(next);
    }
    for (const { by } of context.appended) context.trace.add({ type: 'asked', what: 'dropped', by });
    return this.#finish(ending);
  }

  async #finish(given: Ending): Promise<CallRecord> {
    const context = this.#context;
    const channel = this.#channel;
    context.closing = true;
    this.#handedOn = given.kind === 'interrupted';
    if (this.#successor !== undefined && !this.#handedOn)
      context.trace.add({ type: 'asked', what: 'dropped', by: this.#successor });
    let ending = given.kind === 'done' ? context.completion : given;
    if (ending.kind === 'interrupted') {
      // The channel goes on to another program.
    } else if (ending.kind === 'left') {
      await channel.release({});
    } else if (!context.released) {
      const end = await channel.release(context.endVariables(ending, context.ran));
      if (end.kind !== 'completed') ending = { kind: 'left', end };
    }
    const { result, detail } = this.#resultOf(ending);
    context.trace.add({ type: 'ended', result, detail });
    const failed = ending.kind === 'failed' ? ending : given;
    context.running = [];
    return {
      uuid: channel.uuid,
      program: this.#parties.program,
      startedAt: context.trace.startedAt,
      durationMs: context.trace.elapsedMs,
      result,
      ...(failed.kind === 'failed' ? { error: { code: failed.code, detail: failed.detail } } : {}),
      actionsRan: context.ran,
      trace: context.trace.entries,
      reports: context.reports,
    };
  }

  #resultOf(ending: Ending): { result: CallResult; detail: string } {
    if (ending.kind === 'failed') return { result: 'failed', detail: ending.code };
    if (ending.kind === 'interrupted') return { result: 'interrupted', detail: '' };
    if (ending.kind !== 'left') return { result: 'done', detail: '' };
    const { end } = ending;
    if (end.kind === 'moved' && this.#context.interrupted === 'fromOutside')
      return { result: 'interrupted', detail: '' };
    if (end.kind === 'moved') return { result: 'moved', detail: end.to };
    if (end.kind === 'lost') return { result: 'lost', detail: end.detail };
    const cause = end.kind === 'hung_up' ? end.cause : '';
    const ours = this.#ownHangup();
    if (ours === undefined) return { result: 'hung_up', detail: cause };
    return { result: 'done', detail: cause === '' ? ours.cause : cause };
  }

  /**
   * A hang-up that an action asked for is an end as asked.
   * @returns with which cause, where that is known beforehand: a synchronous socket does not tell it
   */
  #ownHangup(): { readonly cause: string } | undefined {
    const last = this.#context.trace.entries.findLast(
      (entry) => entry.type === 'outcome' && entry.status !== 'not_run',
    );
    if (last?.type !== 'outcome' || last.status !== 'ok') return undefined;
    if (applicationInfo(last.application).ends !== 'hangup') return undefined;
    if (last.application !== 'hangup') return { cause: '' };
    const asked = this.subjectOf(last.list, last.index) ?? '';
    // What FreeSWITCH takes for none, or one that it does not know (mod_dptools.c hangup_function, switch_channel.c
    // switch_channel_str2cause).
    return { cause: parseHangupCause(asked.trim()) ?? 'NORMAL_CLEARING' };
  }
}
