import { Cancellation } from '../../cancellation.js';
import { AppError } from '../../errors.js';
import type { EslCommand, EslReply } from '../../esl/connection.js';
import { execute } from '../../esl/connection.js';
import { applicationInfo } from '../applications.js';
import type { Channel, Segment, SegmentEnd, SegmentResult } from '../channel.js';
import { endOf } from '../channel.js';
import { compileBare, compileSegment } from '../inline-list.js';
import { RunNames, waitingStep } from '../socket-channel.js';
import { TimedBreak } from '../timed-break.js';
import { EventData, isHangingUp, placeOf } from './event-data.js';
import type { Headers } from '../dump.js';
import type { CallGuard } from './guard.js';
import { PLACE, RUN, TARGET_VARIABLE } from './marks.js';
import { isKeptSource, KEPT_TARGET, targetText } from './release-target.js';
import type { ReleaseTarget } from './release-target.js';
import { RunningSegment } from './running-segment.js';
import type { RunningOptions } from './running-segment.js';
import { endEvent, probeEvent, readSegmentEvent, segmentEvent } from './segment-event.js';
import { setVariables } from './set-variables.js';

/** How long a caller is left in silence at a time while the daemon waits for an answer. */
const SILENT_PIECE_MS = 100;

/** What an attached channel needs of those who hold all of them. */
export interface AttachedHome {
  /** Sends all in one write. @returns rejects while there is no connection */
  send(commands: readonly EslCommand[]): Promise<EslReply>[];
  /** Resolves when there is a connection on which this channel was looked at, or it has gone. */
  usable(channel: AttachedChannel): Promise<void>;
  /** The channel is no longer ours. */
  letGo(channel: AttachedChannel, end: SegmentEnd | undefined): void;
}

/**
 * A channel that is parked and told what to do through the daemon's own connection to the switch. A list runs nested
 * in the park loop, as one `execute_extension`; an event at its end brings the outcomes. Its last segment carries the
 * way on natively, so FreeSWITCH alone ends what the daemon began.
 */
export class AttachedChannel implements Channel {
  readonly uuid: string;
  readonly data: EventData;
  readonly gone = new Cancellation();
  readonly again: boolean;
  readonly guard: CallGuard;
  /** Where it goes at the end; undefined: it is hung up. */
  readonly target: ReleaseTarget | undefined;
  readonly #home: AttachedHome;
  #place: string;
  readonly #names = new RunNames();
  #running: RunningSegment | undefined;
  #guardedAt: number | undefined = performance.now();
  #over = false;
  /** `asked`: what releases the call is to park it instead; `leaving`: it is about to. */
  #keeping: 'asked' | 'leaving' | undefined;
  #transferredFrom: string | undefined;

  constructor(
    home: AttachedHome,
    uuid: string,
    headers: Headers,
    guard: CallGuard,
    target: ReleaseTarget | undefined,
    again = false,
  ) {
    this.#home = home;
    this.again = again;
    this.uuid = uuid;
    this.data = new EventData(headers);
    this.guard = guard;
    this.target = target;
    this.#place = placeOf(headers);
    this.#transferredFrom = headers.get('variable_transfer_source');
  }

  async run(segment: Segment): Promise<SegmentResult> {
    await this.#home.usable(this);
    if (this.gone.aborted || this.#over) {
      const end = endOf(this);
      this.#letGo(end);
      return { end, steps: segment.steps.map(() => ({ state: 'not_run', values: {}, timedOut: false })) };
    }
    if (segment.release) this.data.forget();
    const bounded = segment.steps.findIndex(
      (step) => step.timeoutMs !== undefined && applicationInfo(step.application).stop === 'break',
    );
    const limitMs = segment.steps[bounded]?.timeoutMs;
    const limit =
      limitMs === undefined
        ? undefined
        : new TimedBreak(limitMs, () => this.#send([{ line: `api uuid_break ${this.uuid}` }]));
    const result = await this.#begin(segment);
    const timedOut = limit?.stop() ?? false;
    const steps = result.steps.map((step, index) => (index === bounded ? { ...step, timedOut } : step));
    const { end, kept = false } = result;
    if ((segment.release && !kept) || end.kind !== 'completed') this.#letGo(end);
    return { end, steps, ...(kept ? { kept } : {}) };
  }

  /** Not in `run` itself, which would keep all of this for as long as the list lasts. */
  #begin(segment: Segment): Promise<SegmentResult> {
    const run = this.#names.next();
    const tail = {
      variables: segment.release ? {} : { [RUN]: '' },
      items: segment.release ? [`transfer:\\\${${TARGET_VARIABLE}}`] : [endEvent(run)],
    };
    const compiled = compileSegment(segment, run, { tail });
    const commands = [
      ...setVariables(this.uuid, [...compiled.variables, [RUN, run]]),
      ...compiled.before.map(({ application, data }) => this.#locked(application, data)),
      this.#locked('execute_extension', compiled.list),
      ...(this.#guardedAt === undefined ? [] : [this.guard.disarm()]),
    ];
    this.#guardedAt = undefined;
    const { outcomeVariables, read } = compiled;
    return this.#execute({ run, commands, release: segment.release, compiled: { outcomeVariables, read } });
  }

  keep(): boolean {
    if (this.#over || this.gone.aborted) return false;
    if (this.#running?.release !== true || this.#keeping !== undefined) return true;
    this.#keeping = 'asked';
    // There is no daemon-side way to arm the guard at the end of this list, so it is on, and renewed, until then.
    this.#guardedAt = performance.now();
    this.#send([...setVariables(this.uuid, [[TARGET_VARIABLE, KEPT_TARGET]]), this.guard.arm()]);
    return true;
  }

  async api(command: string): Promise<string> {
    const [reply] = this.#home.send([{ line: `api ${command}` }]);
    return (await reply)?.text ?? '';
  }

  async wait(play: string | undefined): Promise<SegmentEnd> {
    if (play === undefined) {
      await this.#pause();
      return this.gone.aborted ? endOf(this) : { kind: 'completed' };
    }
    await this.#home.usable(this);
    if (this.gone.aborted || this.#over) return endOf(this);
    const run = this.#names.next();
    const { variables, list } = compileBare(waitingStep(play), [`event:${segmentEvent(run)}`]);
    const commands = [...setVariables(this.uuid, variables), this.#locked('execute_extension', list)];
    const { end } = await this.#execute({ run, commands, release: false, compiled: undefined });
    return end;
  }

  async release(variables: Readonly<Record<string, string>>): Promise<SegmentEnd> {
    if (this.gone.aborted || this.#over) {
      const end = endOf(this);
      this.#letGo(end);
      return end;
    }
    const { end } = await this.run({ steps: [], before: {}, after: variables, release: true });
    return end;
  }

  /** The daemon stops: nothing is told to the switch, where the list runs on or the guard waits. */
  abandon(): void {
    this.#over = true;
    this.end({ kind: 'lost', detail: 'the daemon stops' });
    this.#home.letGo(this, undefined);
  }

  /** Ends it here; what runs is settled by it. */
  end(end: SegmentEnd, headers?: Headers): void {
    this.gone.abort(end);
    this.#settle(headers, end);
  }

  /** Our own event: a list has come to its end, or a probe was answered. */
  onSegment(event: Headers): void {
    const running = this.#running;
    const { run, probe, guard } = readSegmentEvent(event);
    if (running === undefined || run !== running.run) return;
    if (!probe && running.isList) this.#noteGuard(guard);
    if (!probe || !running.isList || running.isCompleted(event)) {
      this.#settle(event, { kind: 'completed' });
    } else if (running.unanswered !== undefined && !running.hasBegun(event)) {
      // The connection broke before all of it was written: a list that had been queued would have run before this.
      this.#send(running.unanswered);
    } else {
      this.#lose(event);
    }
  }

  /** The park loop has ended: the list released the channel, or somebody moved it. */
  onUnpark(event: Headers): void {
    const to = this.#sourceSince(event);
    if (this.#keeping === 'asked' && isKeptSource(to) && this.#isCompleted(event)) {
      this.#keeping = 'leaving';
      return;
    }
    this.#leave(event, { kind: 'moved', to });
  }

  /** Where it was transferred to since it was taken; empty: it was not. */
  #sourceSince(event: Headers): string {
    const source = event.get('variable_transfer_source');
    return source !== undefined && source !== this.#transferredFrom ? source : '';
  }

  /** It is parked anew: `keep` came in time. */
  onPark(event: Headers): void {
    if (this.#keeping !== 'leaving') return;
    this.#keeping = undefined;
    this.#place = placeOf(event);
    this.#transferredFrom = event.get('variable_transfer_source');
    const marks: [string, string][] = [
      [TARGET_VARIABLE, targetText(this.target)],
      [PLACE, this.#place],
    ];
    this.#send(setVariables(this.uuid, marks));
    this.data.renew(event);
    this.#settle(event, { kind: 'completed' }, true);
  }

  onHangup(event: Headers): void {
    this.#leave(event, { kind: 'hung_up', cause: event.get('Hangup-Cause') ?? '' });
  }

  /**
   * A connection is there again.
   * @param dump how the channel is now; undefined when it no longer exists
   * @param isOurs false: somebody else has the call, or the guard has let it go
   */
  reconcile(dump: Headers | undefined, isOurs: boolean): void {
    if (this.#over || this.gone.aborted) return;
    if (dump === undefined) {
      this.end({ kind: 'hung_up', cause: '' });
      return;
    }
    if (isHangingUp(dump)) {
      this.onHangup(dump);
      return;
    }
    const running = this.#running;
    const isCompleted = running?.isCompleted(dump) === true;
    // Its end has armed the guard, and the event that says so is lost: the next list has to disarm it.
    if (isCompleted && running.isList && !running.release) this.#guardedAt = 0;
    if (isCompleted && this.#keeping !== undefined && isKeptSource(this.#sourceSince(dump))) {
      this.#keeping = 'leaving';
      this.onPark(dump);
    } else if (placeOf(dump) !== this.#place || !isOurs) {
      // Also behind the end of a list: the guard that it armed may have let the call go since.
      this.onUnpark(dump);
    } else if (isCompleted) {
      this.#settle(dump, { kind: 'completed' });
    } else if (running !== undefined) {
      const commands = [this.#locked('event', probeEvent(running.run))];
      this.#send(running.isList ? [...commands, this.guard.disarm()] : commands);
    }
  }

  /** Keeps the guard from firing while the daemon waits for an answer. */
  renewGuard(olderThanMs: number): EslCommand[] {
    if (this.#over || this.gone.aborted || this.#guardedAt === undefined || this.#guardedAt > olderThanMs)
      return [];
    this.#guardedAt = performance.now();
    return [this.guard.disarm(), this.guard.arm()];
  }

  #execute(options: Omit<RunningOptions, 'settle'>): Promise<SegmentResult> {
    return new Promise((settle) => {
      this.#running = new RunningSegment({ ...options, settle });
      this.#send(options.commands);
    });
  }

  #send(commands: readonly EslCommand[]): void {
    const running = this.#running;
    const lines = commands.map(({ line }) => line);
    Promise.all(this.#home.send(commands)).then(
      (replies) => {
        if (running?.unanswered === commands) running.unanswered = undefined;
        const refused = replies.find(({ ok }, at) => !ok && lines[at]?.startsWith('sendmsg') === true);
        if (refused === undefined) return;
        // mod_event_socket.c parse_command: a channel that is gone is an invalid session id; else its queue is full.
        const gone = refused.text.includes('invalid session');
        this.end(gone ? { kind: 'hung_up', cause: '' } : { kind: 'lost', detail: refused.text });
      },
      (error: unknown) => {
        // When the connection is back the channel is looked at. What could never be sent never will be.
        if (error instanceof AppError && error.code === 'unsafe_command')
          this.end({ kind: 'lost', detail: error.message });
      },
    );
  }

  #leave(event: Headers, end: SegmentEnd): void {
    if (this.#isCompleted(event)) this.#settle(event, { kind: 'completed' });
    this.end(end, event);
  }

  #isCompleted(event: Headers): boolean {
    return this.#running?.isCompleted(event) === true;
  }

  #settle(headers: Headers | undefined, end: SegmentEnd, kept = false): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.settle(headers, end, kept);
  }

  #lose(headers: Headers): void {
    const commands = [this.guard.disarm(), { line: `api ${this.guard.release('switch_closed')}` }];
    this.#send(commands);
    this.end({ kind: 'lost', detail: 'the connection broke while a list was being handed over' }, headers);
  }

  #noteGuard(reply: string | undefined): void {
    this.#guardedAt = performance.now();
    // FreeSWITCH arms it by itself unless `api-expansion` is off in switch.conf.
    if (reply?.startsWith('+OK') !== true) this.#send([this.guard.arm()]);
  }

  #locked(application: string, data: string): EslCommand {
    return execute(application, data, { uuid: this.uuid, eventLock: true });
  }

  #letGo(end: SegmentEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.data.forget();
    this.#home.letGo(this, end);
  }

  async #pause(): Promise<void> {
    if (this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.gone.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, SILENT_PIECE_MS);
      this.gone.addEventListener('abort', done);
    });
  }
}
