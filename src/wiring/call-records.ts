import { splitArguments } from '../switch/arguments.js';
import type { CallRecord, TraceEntry } from '../call/call.js';
import type { CallRunner } from '../call/runner.js';
import { contactDataOf } from '../functions/contact-event.js';
import type { RecordBegin } from '../records/record-builder.js';
import type { IsAlive, OpenRecord, Records } from '../records/records.js';
import { FLOW_KIND } from '../source/flow/flow-state.js';
import type { FlowReport } from '../source/flow/source.js';

type Outcome = TraceEntry & { readonly type: 'outcome' };
type Doing = TraceEntry & { readonly type: 'doing' };

interface Open {
  readonly record: OpenRecord;
  /** When this daemon took the call, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** What a flow's block is about to do, by the id of its action. */
  readonly doing: Map<string, Doing>;
  /** What the record has of blocks and functions up to then came from a daemon before this one. */
  readonly knownUntil: number;
  /** Who decides about the call. */
  readonly runner: CallRunner;
  /** The call has no program now. */
  waiting?: Waiting;
}

interface Waiting {
  /** `lost`: nobody knows what became of it. `interrupted`: another program is to go on with it. */
  readonly why: 'lost' | 'interrupted';
  /** In milliseconds of a clock that nobody sets; of one that is lost, since when nobody can say whether it lives. */
  sinceMs: number;
  readonly sinceEpochMs: number;
}

/** How long a call that was lost to this daemon is left alone: it may be on its way back. Then it is looked after. */
const LOST_MS = 2000;
/** So long another program may take to go on with a call. */
const INTERRUPTED_MS = 30_000;
/** How long a call is waited for of which nobody can say whether it lives. */
const FORGOTTEN_MS = 600_000;

/** Makes contact records of what happens on calls. One call has one record, whoever has the call how often. */
export class CallRecords {
  readonly #records: Records;
  readonly #isAlive: IsAlive;
  readonly #open = new Map<string, Open>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;

  constructor(records: Records, isAlive: IsAlive) {
    this.#records = records;
    this.#isAlive = isAlive;
  }

  async start(): Promise<void> {
    await this.#records.start(this.#isAlive);
    this.#timer = setInterval(() => void this.#sweepOnce(), LOST_MS).unref();
  }

  /** A switch that is slow to answer is not asked by several sweeps at a time. */
  async #sweepOnce(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      await this.sweep();
    } catch (error) {
      this.#records.tellTrouble(error);
    } finally {
      this.#sweeping = false;
    }
  }

  /** Records that the receiver has not taken yet. */
  get waiting(): number {
    return this.#records.waiting;
  }

  onTrace(uuid: string, entry: TraceEntry, runner: CallRunner): void {
    if (this.#records.isOff) return;
    if (entry.type === 'handed_over') this.#begin(uuid, entry, runner);
    const open = this.#open.get(uuid);
    if (open === undefined) return;
    // Of a runner whose place another has taken already, it is the end of nothing.
    if (entry.type === 'ended' && entry.result === 'interrupted' && open.runner === runner)
      open.waiting = waitingNow('interrupted');
    tell(open, entry);
    open.record.changed();
  }

  /** A call that ended by a defect of ours. Its dialplan has it, and may bring it back: it is as one that was lost. */
  onDefect(uuid: string, runner: CallRunner): void {
    const open = this.#open.get(uuid);
    if (open?.runner !== runner) return;
    open.waiting = waitingNow('lost');
    open.record.changed();
  }

  onCallEnded(call: CallRecord, runner: CallRunner): void {
    const open = this.#open.get(call.uuid);
    if (open === undefined) return;
    const { result, error, startedAt, durationMs } = call;
    const reports = call.reports.flatMap(({ kind, data }) =>
      kind === FLOW_KIND && data !== undefined ? [data as FlowReport] : [],
    );
    const last = reports.at(-1);
    const endedAt = startedAt.getTime() + durationMs;
    if (last !== undefined) {
      open.record.builder.attributes(last.attributes);
      // The block in which the call ended was not left by any exit.
      if (last.isInside && !['done', 'failed', 'lost'].includes(result)) {
        const { flow, version, block, since } = last;
        open.record.builder.visit({
          flow,
          version,
          block,
          type: '',
          exit: '',
          enteredAt: since,
          leftAt: endedAt,
        });
      }
    }
    // Another program goes on with the call, and with the record.
    if (result === 'interrupted' || open.runner !== runner) return;
    if (result === 'lost') {
      open.waiting = waitingNow('lost');
      open.record.changed();
      return;
    }
    this.#open.delete(call.uuid);
    const ended = call.trace.findLast((entry) => entry.type === 'ended');
    // A program that ends as it should may end by hanging up.
    const cause = ended?.type === 'ended' && (result === 'hung_up' || result === 'done') ? ended.detail : '';
    void open.record.end({
      endedEpochMs: endedAt,
      result,
      ...(error === undefined ? {} : { error }),
      ...(cause === '' ? {} : { hangupCause: cause }),
    });
  }

  /** Writes the records of calls that ended while their connection to this daemon was lost. */
  async sweep(nowMs = performance.now()): Promise<void> {
    for (const [uuid, open] of this.#open) {
      const { waiting, record, runner } = open;
      const waitedMs = nowMs - (waiting?.sinceMs ?? nowMs);
      if (waiting === undefined || waitedMs < (waiting.why === 'lost' ? LOST_MS : INTERRUPTED_MS)) continue;
      // One that was interrupted, and lives on without a program, is nobody's.
      if (waiting.why === 'lost') {
        const alive = await this.#isAlive(uuid, runner.switchName);
        if (alive === true) waiting.sinceMs = nowMs;
        if (alive === true || (alive === undefined && waitedMs <= FORGOTTEN_MS)) continue;
      }
      // Taken over meanwhile.
      if (this.#open.get(uuid) !== open || open.waiting !== waiting) continue;
      this.#open.delete(uuid);
      await record.end({ endedEpochMs: waiting.sinceEpochMs, result: waiting.why });
    }
  }

  /** Calls that are still open are left to the daemon that is started next. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#records.close();
  }

  #begin(uuid: string, entry: TraceEntry & { type: 'handed_over' }, runner: CallRunner): void {
    const startedAt = Date.now() - entry.atMs;
    const known = this.#open.get(uuid);
    if (known !== undefined) {
      const { record, doing } = known;
      this.#open.set(uuid, { record, startedAt, doing, runner, knownUntil: knownUntil(record) });
      return;
    }
    const contact = contactDataOf(runner.call, { attributes: {} });
    const endpoint = (at: typeof contact.CustomerEndpoint): RecordBegin['customerEndpoint'] =>
      at === null ? null : { address: at.Address, type: at.Type };
    const begin: RecordBegin = {
      contactId: uuid,
      initialContactId: contact.InitialContactId,
      previousContactId: contact.PreviousContactId,
      initiationMethod: contact.InitiationMethod,
      customerEndpoint: endpoint(contact.CustomerEndpoint),
      systemEndpoint: endpoint(contact.SystemEndpoint),
      startedEpochMs: runner.begun,
      program: entry.program,
      switchName: runner.switchName,
    };
    const record = entry.resumed
      ? this.#records.resume(begin)
      : ((runner.again ? this.#records.takeUp(begin) : undefined) ?? this.#records.begin(begin));
    this.#open.set(uuid, { record, startedAt, doing: new Map(), runner, knownUntil: knownUntil(record) });
  }
}

function waitingNow(why: Waiting['why']): Waiting {
  return { why, sinceMs: performance.now(), sinceEpochMs: Date.now() };
}

/** A flow that is resumed tells of its past, too. */
function knownUntil({ builder }: OpenRecord): number {
  const { path, functions } = builder.draft();
  const left = path.map((visit) => Date.parse(visit.entered_at) + visit.duration_ms);
  return Math.max(0, ...left, ...functions.map(({ at }) => Date.parse(at)));
}

function tell(open: Open, entry: TraceEntry): void {
  const { builder } = open.record;
  if (entry.type === 'block') {
    if (entry.leftAt > open.knownUntil) builder.visit({ ...entry, type: entry.blockType });
  } else if (entry.type === 'function') {
    if (entry.invokedAt <= open.knownUntil) return;
    builder.invoked({
      name: entry.function,
      block: entry.block,
      atEpochMs: entry.invokedAt,
      durationMs: entry.durationMs,
      tries: entry.attempts,
      result: entry.code ?? 'ok',
      ...(entry.detail === undefined ? {} : { detail: entry.detail }),
    });
  } else if (entry.type === 'doing') open.doing.set(entry.id, entry);
  else if (entry.type === 'outcome') outcome(open, entry);
}

/** Applications that a contact record tells of, whoever asked for them. */
function outcome(open: Open, entry: Outcome): void {
  if (entry.status === 'not_run' || entry.status === 'refused') return;
  const { builder } = open.record;
  const doing = entry.id === undefined ? undefined : open.doing.get(entry.id);
  const atEpochMs = open.startedAt + entry.atMs - (entry.durationMs ?? 0);
  const { variables, status } = entry;
  switch (entry.application) {
    case 'bridge': {
      const cause = variables['originate_disposition'] ?? entry.detail ?? '';
      builder.transferred({ to: doing?.target ?? '', atEpochMs, result: transferResult(entry), cause });
      return;
    }
    case 'callcenter':
    case 'fifo': {
      const result =
        status === 'ok' ? 'answered' : (variables['cc_cancel_reason'] ?? variables['fifo_status'] ?? status);
      const agent = variables['cc_agent'];
      builder.queued({
        name: doing?.target ?? '',
        atEpochMs,
        result,
        ...(agent === undefined ? {} : { agent }),
      });
      return;
    }
    case 'record': {
      const [file] = splitArguments(doing?.target ?? '', ' ', 2);
      if (status === 'ok' && file !== undefined && file !== '') builder.recorded(file);
      return;
    }
    case 'read':
    case 'play_and_get_digits': {
      const digits = Object.entries(variables).find(([name]) => !name.startsWith('read_'))?.[1] ?? '';
      if (digits !== '')
        builder.entered({ block: doing?.block ?? '', atEpochMs, digits, secret: doing?.masked ?? false });
    }
  }
}

/** DIALSTATUS in a caller's words; a bridge in which the caller hung up was answered, or was not. */
function transferResult({ status, response, detail }: Outcome): string {
  if (status === 'ok') return 'answered';
  if (status === 'hung_up' || status === 'moved') return status;
  const word = (response ?? '').toUpperCase();
  if (word === 'BUSY' || detail === 'USER_BUSY') return 'busy';
  if (status === 'timed_out' || word === 'NOANSWER') return 'no_answer';
  return detail === 'CALL_REJECTED' ? 'refused' : 'unreachable';
}
