import type { TraceEntry } from '../call/call.js';
import type { CallRunner } from '../call/runner.js';
import type { CallLedger, Scope, Told } from '../callbacks/call-ledger.js';
import type { EventData } from '../callbacks/event.js';
import { splitArguments } from '../switch/arguments.js';
import { withoutDigits } from '../telemetry/log.js';

type Outcome = TraceEntry & { readonly type: 'outcome' };
type Doing = TraceEntry & { readonly type: 'doing' };

interface Followed {
  /** Who decides about the call now: it may be another one than at its begin. */
  readonly runner: CallRunner;
  /** What a flow's block is about to do, by the id of its action. */
  readonly doing: Map<string, Doing>;
  failure?: { readonly code: string; readonly detail: string };
}

/** Tells of calls, from what happens on them. */
export class CallCallbacks {
  readonly #calls: CallLedger;
  readonly #endpointOf: (target: string) => string | undefined;
  readonly #followed = new Map<string, Followed>();

  /** @param endpointOf the endpoint of the configuration to which a URL belongs */
  constructor(calls: CallLedger, endpointOf: (target: string) => string | undefined) {
    this.#calls = calls;
    this.#endpointOf = endpointOf;
    calls.onGivenUp = (uuid) => this.#followed.delete(uuid);
  }

  onTrace(uuid: string, entry: TraceEntry, runner: CallRunner): void {
    if (entry.type === 'handed_over') {
      this.#begin(uuid, entry, runner);
      return;
    }
    const followed = this.#followed.get(uuid);
    // Of a runner whose place another has taken: what it still settles happened on this call all the same.
    if (followed === undefined) return;
    this.#tell(uuid, entry, followed.runner === runner ? followed : { ...followed, runner });
    if (entry.type === 'failure' && followed.runner === runner) followed.failure = entry;
    if (entry.type === 'ended' && followed.runner === runner) this.#ended(uuid, entry, followed);
  }

  /** FreeSWITCH says so while the list still runs; without that, it is known when a part of the list has ended. */
  onAnswered(uuid: string, application: string): void {
    if (this.#followed.has(uuid)) this.#calls.tell(uuid, answered(application));
  }

  /** A defect has ended the program. */
  onDefect(uuid: string, runner: CallRunner): void {
    if (this.#followed.get(uuid)?.runner !== runner) return;
    this.#followed.delete(uuid);
    this.#calls.end(uuid, { result: 'failed', error: { code: 'internal', detail: '' } });
  }

  #begin(uuid: string, entry: TraceEntry & { type: 'handed_over' }, runner: CallRunner): void {
    const { program, caller, destination, resumed } = entry;
    const before = this.#followed.get(uuid);
    this.#followed.set(uuid, { runner, doing: before?.doing ?? new Map<string, Doing>() });
    const { begun, again, switchName } = runner;
    const known = switchName === '' ? {} : { switchName };
    this.#calls.begin({ uuid, begun, program, caller, destination, resumed, again, ...known });
    this.#scope(uuid, program);
    if (runner.wasAnswered) this.#calls.tell(uuid, answered('before'));
  }

  #scope(uuid: string, program: string): void {
    const [, flow] = /^flow\/([^/]+)/.exec(program) ?? [];
    const [, fallback] = /^fallback_actions of (.+)$/.exec(program) ?? [];
    const endpoint = flow === undefined ? (fallback ?? this.#endpointOf(program)) : undefined;
    const scope: Scope | undefined =
      flow !== undefined
        ? { kind: 'flow', name: flow }
        : endpoint === undefined
          ? undefined
          : { kind: 'endpoint', name: endpoint };
    if (scope !== undefined) this.#calls.scope(uuid, scope);
  }

  #tell(uuid: string, entry: TraceEntry, followed: Followed): void {
    if (entry.type === 'answer') this.#scope(uuid, entry.origin);
    if (entry.type === 'block') this.#calls.scope(uuid, { kind: 'flow', name: entry.flow });
    if (entry.type === 'outcome') this.#outcome(uuid, entry, followed);
    if (entry.type !== 'doing') return;
    followed.doing.set(entry.id, entry);
    if (entry.id !== 'bridge' && entry.id !== 'queue') return;
    const kind = entry.id === 'bridge' ? 'call' : 'queue';
    const data = { kind, to: entry.target, block: entry.block };
    this.#calls.tell(uuid, { type: 'transfer.started', data });
  }

  #outcome(uuid: string, entry: Outcome, { runner, doing }: Followed): void {
    if (entry.status === 'not_run') return;
    const about = entry.id === undefined ? undefined : doing.get(entry.id);
    const subject = runner.subjectOf(entry.list, entry.index) ?? about?.target ?? '';
    const block = about === undefined ? {} : { block: about.block };
    if (ANSWERING.has(entry.application) && entry.status === 'ok')
      this.#calls.tell(uuid, answered(entry.application));
    const data = actionData(entry, block);
    const masked = actionData({ ...(withoutDigits(entry) as Outcome), ...detailOf(entry) }, block);
    this.#calls.tell(uuid, { type: 'action.completed', data, withoutDigits: masked });
    for (const told of toldOf(entry, subject, block, about?.masked ?? false)) this.#calls.tell(uuid, told);
    if (entry.status !== 'ok') return;
    if (entry.application === 'record_session')
      this.#calls.recordings(uuid, (paths) => [...paths, fileOf(subject)].slice(-16));
    if (entry.application === 'stop_record_session') this.#stopped(uuid, fileOf(subject));
  }

  /** `all` stops every one (mod_dptools.c stop_record_session_function: switch_ivr_stop_record_session). */
  #stopped(uuid: string, file: string): void {
    const running = this.#calls.recordingsOf(uuid);
    const stopped = file === 'all' ? running : running.filter((path) => path === file);
    this.#calls.recordings(uuid, (paths) => paths.filter((path) => !stopped.includes(path)));
    for (const path of stopped) this.#calls.tell(uuid, sessionSaved(path));
  }

  #ended(uuid: string, entry: TraceEntry & { type: 'ended' }, { runner, failure }: Followed): void {
    const { result, detail } = entry;
    if (result === 'lost' || result === 'interrupted') {
      this.#calls.wait(uuid, result);
      return;
    }
    this.#followed.delete(uuid);
    const hangupCause = result === 'hung_up' ? detail : hangupOf(runner, detail);
    // What records the call as a whole ends with the channel, and goes on where the channel does.
    if (hangupCause !== undefined)
      for (const path of this.#calls.recordingsOf(uuid)) this.#calls.tell(uuid, sessionSaved(path));
    this.#calls.end(uuid, {
      result,
      ...(failure !== undefined && result === 'failed'
        ? { error: { code: failure.code, detail: failure.detail } }
        : {}),
      ...(hangupCause === undefined ? {} : { hangup_cause: hangupCause }),
      ...(result === 'moved' && detail !== '' ? { moved_to: detail } : {}),
      actions_ran: runner.progress.actionsRan,
    });
  }
}

/**
 * Applications that answer the caller: mod_dptools.c answer_function; a bridge passes the other side's answer on
 * (switch_ivr_bridge.c); mod_callcenter.c, mod_fifo.c and mod_conference.c answer by themselves.
 */
const ANSWERING: ReadonlySet<string> = new Set(['answer', 'bridge', 'callcenter', 'fifo', 'conference']);

function answered(by: string): Told {
  return { type: 'call.answered', data: by === '' ? {} : { by } };
}

/** Details are FreeSWITCH's and the policy's own words; nothing that was entered is in them. */
function detailOf({ detail }: Outcome): { detail?: string } {
  return detail === undefined ? {} : { detail };
}

function actionData(entry: Outcome, block: EventData): EventData {
  const { list, index, id, application, status, response, detail, variables, durationMs } = entry;
  return {
    list,
    index,
    ...(id === undefined ? {} : { id }),
    ...block,
    application,
    status,
    ...(response === undefined ? {} : { response }),
    ...(detail === undefined ? {} : { detail }),
    ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    variables,
  };
}

/** What else an outcome tells. */
function toldOf(entry: Outcome, subject: string, block: EventData, secret: boolean): Told[] {
  switch (entry.application) {
    case 'bridge':
    case 'transfer':
    case 'redirect':
    case 'deflect':
    case 'callcenter':
    case 'fifo':
      return [transferOf(entry, subject, block)];
    case 'record':
      return [recordingOf(entry, fileOf(subject), block)];
    case 'record_session':
      if (entry.status === 'ok') return [];
      return [recordingOf(entry, fileOf(subject), block)];
    case 'read':
    case 'play_and_get_digits':
      return entry.status === 'refused' ? [] : digitsOf(entry, block, secret);
    default:
      return [];
  }
}

function transferOf(entry: Outcome, to: string, block: EventData): Told {
  const { application, status, response, detail, durationMs, variables } = entry;
  const kind = application === 'callcenter' || application === 'fifo' ? 'queue' : 'call';
  const agent = variables['cc_agent'];
  // A caller who hung up, or was moved, while talking has been connected: only the bridge's own failure is one.
  const done = status === 'ok' || status === 'hung_up' || status === 'moved';
  return {
    type: done ? 'transfer.completed' : 'transfer.failed',
    data: {
      kind,
      by: application,
      to: kind === 'queue' ? fileOf(to) : to,
      ...block,
      status,
      ...(response === undefined ? {} : { response }),
      ...(detail === undefined ? {} : { cause: detail }),
      ...(agent === undefined ? {} : { agent }),
      ...(durationMs === undefined ? {} : { duration_ms: durationMs }),
    },
  };
}

function recordingOf(entry: Outcome, path: string, block: EventData): Told {
  const { status, detail, durationMs, variables } = entry;
  const recordedMs = Number(variables['record_ms'] ?? durationMs ?? 0);
  // It ends with the call, too, and the file is there.
  const saved = status === 'ok' || status === 'hung_up' || status === 'timed_out' || status === 'interrupted';
  return {
    type: saved ? 'recording.saved' : 'recording.failed',
    data: {
      by: entry.application,
      path,
      ...block,
      ...(saved && recordedMs > 0 ? { recorded_ms: recordedMs } : {}),
      ...(saved || detail === undefined ? {} : { reason: detail }),
    },
  };
}

function sessionSaved(path: string): Told {
  return { type: 'recording.saved', data: { by: 'record_session', path } };
}

function digitsOf(entry: Outcome, block: EventData, secret: boolean): Told[] {
  const entered = Object.entries(entry.variables).filter(([name]) => !name.startsWith('read_'));
  const [variable = '', digits = ''] =
    entered.find(([name]) => !name.endsWith('_invalid')) ?? entered[0] ?? [];
  const data = { variable, ...block, status: entry.status };
  const masked = { ...data, digits: '*'.repeat(Math.min(16, digits.length)), masked: true };
  return [
    secret
      ? { type: 'digits', data: { ...masked, digits: digits === '' ? '' : '***' } }
      : { type: 'digits', data: { ...data, digits, masked: false }, withoutDigits: masked },
  ];
}

/** The first argument. */
function fileOf(data: string): string {
  return splitArguments(data, ' ', 2)[0] ?? '';
}

/** The cause of a hang-up that the program itself asked for; undefined when the channel lives on. */
function hangupOf(runner: CallRunner, detail: string): string | undefined {
  const last = runner.trace.findLast((entry) => entry.type === 'outcome' && entry.status !== 'not_run');
  if (last?.type !== 'outcome' || last.application !== 'hangup' || last.status !== 'ok') return undefined;
  const asked = runner.subjectOf(last.list, last.index) ?? '';
  // Without one, FreeSWITCH takes this (mod_dptools.c hangup_function).
  return (
    [detail, last.detail, asked].find((cause) => cause !== undefined && cause !== '') ?? 'NORMAL_CLEARING'
  );
}
