import { AppError } from '../errors.js';
import type { AttachRequest } from '../switch/attached/attaching.js';
import { isTargetWord } from '../switch/attached/release-target.js';
import type { LeftCall } from '../switch/attached/recovery.js';
import type { ReleaseTarget } from '../switch/attached/release-target.js';
import { isHangupCause } from '../switch/hangup-cause.js';
import type { SwitchLink, SwitchLinks } from '../switch/switch-link.js';
import type { Action } from './action.js';
import type { TraceEntry } from './call.js';
import type { ActiveCall, CallOrigin, CallTable } from './call-table.js';
import type { OwnList } from './own-list.js';
import type { Program } from './program.js';
import type { Progress } from './runner.js';

/** A call under control, as operators see it. */
export interface LiveCall extends Progress {
  readonly uuid: string;
  readonly origin: CallOrigin;
}

export interface LiveCallDetails extends LiveCall {
  /** The application that runs on the channel now, where a switch could be asked. */
  readonly application?: string;
  /** Everything so far. */
  readonly trace: readonly TraceEntry[];
}

export interface ListRequest {
  readonly actions: readonly Action[];
  /** The policy profile under which they run. */
  readonly policy: string;
  /** Who asks. */
  readonly by: string;
}

export interface RunRequest extends ListRequest {
  /** `append`: behind the program of the call. `interrupt`: in its place, now. */
  readonly mode: 'append' | 'interrupt';
  /** Where the call goes afterwards; to be interrupted it is attached then. */
  readonly then?: ReleaseTarget | 'hangup';
}

export interface RunResult {
  /**
   * `queued`: runs when the program has ended. `started`: in place of the program, on the same connection; then the
   * call is given back to its dialplan. `attached`: in place of the program, on a channel that was attached for it.
   */
  readonly how: 'queued' | 'started' | 'attached';
}

export interface CallAttachRequest {
  readonly switch?: string;
  readonly run: Program | ListRequest;
  readonly then?: ReleaseTarget | 'hangup';
}

type Tell = (command: string) => Promise<string>;

/** What operators do with live calls. Everything here throws AppError. */
export class CallControl {
  readonly #table: CallTable;
  readonly #switches: SwitchLinks;

  constructor(table: CallTable, switches: SwitchLinks) {
    this.#table = table;
    this.#switches = switches;
  }

  /** Those that a daemon before this one has left to FreeSWITCH are among them. */
  list(): LiveCall[] {
    const left = this.#switches.all.flatMap((link) =>
      link.leftCalls.map((call) => this.#leftCall(link, call)),
    );
    return [...this.#table.calls.map(liveCall), ...left];
  }

  /** @throws AppError `call_not_controlled` */
  async show(uuid: string): Promise<LiveCallDetails> {
    const left = this.#left(uuid);
    if (left !== undefined) return { ...this.#leftCall(left.link, left.call), trace: [] };
    const call = this.#call(uuid);
    const application = await this.#application(call);
    return {
      ...liveCall(call),
      ...(application === undefined ? {} : { application }),
      trace: [...call.runner.trace],
    };
  }

  /** @throws AppError `call_not_controlled`, `invalid_request`, `call_out_of_reach`, `call_gone`, `switch_refused` */
  async hangup(uuid: string, cause: string): Promise<void> {
    const tell = await this.#wayToAny(uuid);
    if (!isHangupCause(cause))
      throw new AppError('invalid_request', `cause: ${JSON.stringify(cause)} is none`);
    await this.#tell(uuid, tell, `uuid_kill ${uuid} ${cause}`);
  }

  /** To an extension of the dialplan. @throws AppError as `hangup` */
  async transfer(uuid: string, target: ReleaseTarget): Promise<void> {
    const tell = await this.#wayToAny(uuid);
    const { extension, dialplan, context } = checkedTarget(target);
    await this.#tell(uuid, tell, `uuid_transfer ${uuid} ${extension} ${dialplan} ${context}`);
  }

  /**
   * Runs a list on a call under control.
   * @throws AppError `call_not_controlled`, `action_refused`; `call_ending` (append); `call_out_of_reach` and those
   *   of attaching (interrupt)
   */
  async run(uuid: string, request: RunRequest): Promise<RunResult> {
    const call = this.#call(uuid);
    const list = ownList(request);
    refuseBad(call.runner.refusals(list));
    if (request.mode === 'append') {
      if (!call.runner.append(list)) throw new AppError('call_ending', uuid);
      return { how: 'queued' };
    }
    // Given back on its own connection, it would go back to its dialplan.
    if (request.then === undefined && this.#table.interrupt(call, list)) return { how: 'started' };
    await this.#takeOver(call, list, request.then);
    return { how: 'attached' };
  }

  /**
   * Takes a live channel that is not under control.
   * @returns what runs on it, for people
   * @throws AppError `call_under_control`, `no_such_switch`, `overloaded`, `action_refused`, `invalid_url`,
   *   `no_such_flow`, and those of SwitchLink.attach
   */
  async attach(uuid: string, request: CallAttachRequest): Promise<{ program: string; switch: string }> {
    if (this.#table.find(uuid) !== undefined) throw new AppError('call_under_control', uuid);
    const room = this.#table.refusal;
    if (room !== undefined) throw new AppError('overloaded', room);
    const { run } = request;
    const program = this.judged(run);
    const list = 'actions' in run ? ownList(run) : undefined;
    const link = await this.#linkOf(uuid, request.switch);
    const variables = 'kind' in run ? { [run.kind === 'curl' ? 'cti_curl' : 'cti_flow']: run.target } : {};
    await this.#attach(
      link,
      uuid,
      { ...thenOf(request.then), variables },
      list === undefined ? {} : { list },
    );
    return { program, switch: link.name };
  }

  /**
   * What would run on a call that is attached, for people.
   * @throws AppError `action_refused`, `invalid_url`, `no_such_flow`
   */
  judged(run: CallAttachRequest['run']): string {
    if ('kind' in run) return this.#table.describe(run);
    const list = ownList(run);
    refuseBad(this.#table.refusals(list));
    return list.by;
  }

  #call(uuid: string): ActiveCall {
    const call = this.#table.find(uuid);
    if (call === undefined) throw new AppError('call_not_controlled', uuid);
    return call;
  }

  /** Through the switch: what FreeSWITCH runs is left where it is. */
  async #takeOver(call: ActiveCall, list: OwnList, then: RunRequest['then']): Promise<void> {
    const link = await this.#reachable(call);
    if (link === undefined) throw new AppError('call_out_of_reach', call.channel.uuid);
    const takeBack = call.runner.takenOver(list.by);
    try {
      await this.#attach(link, call.channel.uuid, thenOf(then), { list, replaces: true });
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  async #attach(
    link: SwitchLink,
    uuid: string,
    request: AttachRequest,
    taking: { readonly list?: OwnList; readonly replaces?: boolean },
  ): Promise<void> {
    const attached = await link.attach(uuid, request);
    if (!attached.ok) throw new AppError(attached.code, attached.detail);
    const { channel } = attached;
    const origin = { kind: 'attached', switch: link.name } as const;
    this.#table.take(channel, () => channel.abandon(), { origin, ...taking });
  }

  #left(uuid: string): { readonly link: SwitchLink; readonly call: LeftCall } | undefined {
    for (const link of this.#switches.all) {
      const call = link.leftCalls.find((left) => left.uuid === uuid);
      if (call !== undefined) return { link, call };
    }
    return undefined;
  }

  /** FreeSWITCH runs what it was given; more is not known before its end. */
  #leftCall({ name }: SwitchLink, { uuid, program, caller, destination, createdMs }: LeftCall): LiveCall {
    return {
      uuid,
      origin: { kind: 'attached', switch: name },
      program: this.#table.named(program),
      startedAt: new Date(createdMs),
      elapsedMs: Math.max(0, Date.now() - createdMs),
      caller,
      destination,
      state: 'running',
      running: [],
      appended: 0,
      actionsRan: 0,
    };
  }

  async #tell(uuid: string, tell: Tell, command: string): Promise<void> {
    const answer = await tell(command);
    if (answer.startsWith('+OK')) return;
    if (/no such channel/i.test(answer)) throw new AppError('call_gone', uuid);
    throw new AppError('switch_refused', answer);
  }

  /** @throws AppError `call_not_controlled` */
  async #wayToAny(uuid: string): Promise<Tell> {
    const left = this.#left(uuid);
    return left === undefined ? this.#wayTo(this.#call(uuid)) : (command) => left.link.api(command);
  }

  /** A connection to its switch; else its own, while that is free. */
  async #wayTo(call: ActiveCall): Promise<Tell> {
    const link = await this.#reachable(call);
    if (link !== undefined) return (command) => link.api(command);
    const { channel } = call;
    return async (command) => {
      const answer = channel.api?.(command);
      if (answer === undefined) throw new AppError('call_out_of_reach', channel.uuid);
      return answer;
    };
  }

  /** The link to the switch that has the call; undefined when none of those that are connected has. */
  async #reachable({ channel, origin }: ActiveCall): Promise<SwitchLink | undefined> {
    if (origin.switch !== undefined) return this.#switches.get(origin.switch);
    return this.#search(channel.uuid);
  }

  async #linkOf(uuid: string, name: string | undefined): Promise<SwitchLink> {
    if (name !== undefined || this.#switches.states().length < 2) return this.#switches.get(name);
    const found = await this.#search(uuid);
    if (found === undefined)
      throw new AppError('no_such_call', `${uuid} is on none of the connected switches.`);
    return found;
  }

  async #search(uuid: string): Promise<SwitchLink | undefined> {
    const links = this.#switches
      .states()
      .filter(({ connected }) => connected)
      .map(({ name }) => this.#switches.get(name));
    const answers = await Promise.all(links.map((link) => link.api(`uuid_exists ${uuid}`).catch(() => '')));
    return links[answers.indexOf('true')];
  }

  async #application(call: ActiveCall): Promise<string | undefined> {
    const link = await this.#reachable(call);
    if (link === undefined) return undefined;
    const answer = await link.api(`uuid_getvar ${call.channel.uuid} current_application`).catch(() => '');
    return /^\w{1,64}$/.test(answer) && answer !== '_undef_' ? answer : undefined;
  }
}

function liveCall({ channel, origin, runner }: ActiveCall): LiveCall {
  return { uuid: channel.uuid, origin, ...runner.progress };
}

function ownList({ actions, policy, by }: ListRequest): OwnList {
  return { actions, policy, by: `operator/${by}` };
}

function thenOf(then: RunRequest['then']): Pick<AttachRequest, 'then'> {
  if (then === undefined) return {};
  return { then: then === 'hangup' ? then : checkedTarget(then) };
}

/**
 * uuid_transfer takes a first word with `-` for an option, `inline` would run applications that no policy has seen
 * (mod_commands.c transfer_function), and `LUA` the script that the context names (mod_lua.cpp lua_dialplan_hunt).
 */
export function checkedTarget(target: ReleaseTarget): ReleaseTarget {
  const { extension, dialplan, context } = target;
  const bad = [extension, dialplan, context].find((word) => !isTargetWord(word) || word.startsWith('-'));
  if (bad !== undefined)
    throw new AppError('invalid_request', `${JSON.stringify(bad)} is not a name in a dialplan`);
  if (/^(?:inline|lua)$/i.test(dialplan))
    throw new AppError('invalid_request', `The dialplan ${JSON.stringify(dialplan)} is not allowed`);
  return target;
}

function refuseBad(
  refusals: readonly { index: number; application: string; rule: string; detail: string }[],
): void {
  const [first] = refusals;
  if (first === undefined) return;
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : '';
  throw new AppError(
    'action_refused',
    `actions[${first.index}] ${first.application}: ${first.rule}: ${first.detail}${more}`,
  );
}
