import { Cancellation } from '../cancellation.js';
import { randomUUID } from 'node:crypto';
import type { EslCommand, EslConnection } from '../esl/connection.js';
import { execute } from '../esl/connection.js';
import type { EslEvent } from '../esl/event.js';
import type { EslSocketCall } from '../esl/server.js';
import { applicationInfo } from './applications.js';
import type { Channel, ChannelData, Segment, SegmentEnd, SegmentResult, StepResult } from './channel.js';
import { endOf } from './channel.js';
import { compileSegment } from './inline-list.js';
import { comesAgain, FrameData, RunNames, waitingStep } from './socket-channel.js';
import { TimedBreak } from './timed-break.js';

/** How long after a hang-up the application that it ended may take to be reported. */
const LAST_EVENT_MS = 2000;

/**
 * A channel that FreeSWITCH connected with `socket host:port async full`: it is parked, what is sent is queued, and
 * events tell what became of it. Costs FreeSWITCH more than the synchronous kind and adds some 20 ms before each
 * segment; a list that is queued in the instant in which somebody moves the channel runs where it was moved to. Its
 * one advantage is that time limits are met to the millisecond.
 */
export class AsyncSocketChannel implements Channel {
  readonly uuid: string;
  readonly data: ChannelData;
  readonly gone = new Cancellation();
  readonly again: boolean;
  readonly #connection: EslConnection;
  readonly #names = new RunNames();
  readonly #completions = new Map<string, (event: EslEvent) => void>();
  readonly #full: boolean;
  #over = false;
  #running = false;
  #kept = false;

  constructor(call: EslSocketCall) {
    this.#connection = call.connection;
    this.uuid = call.uuid;
    this.data = new FrameData(call.data, call.variables);
    this.again = comesAgain(call.data);
    call.connection.onEvent = (event) => this.#onEvent(event);
    call.connection.onNotice = (notice) => {
      if (notice.disposition !== 'linger') return;
      this.#end({ kind: 'hung_up', cause: '' });
      if (this.#over) this.#connection.end();
    };
    void call.connection.closed.then((close) => {
      this.#over = true;
      this.#end({ kind: 'lost', detail: close.detail });
    });
    this.#full = call.full;
    // When this connection ends, for whatever reason, the dialplan goes on (mod_event_socket.c socket_resume). Without
    // it the channel would stay parked with nobody in control. `resume` says the same, and can't be taken back.
    void call.connection.sendBatch([
      { line: call.full ? `api uuid_setvar ${this.uuid} socket_resume true` : 'resume' },
      { line: `filter Unique-ID ${this.uuid}` },
      // Without `full` there is no `event`; `myevents` is allowed and names these among others (mod_event_socket.c parse_command).
      { line: call.full ? 'event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_UNPARK' : 'myevents' },
    ]);
  }

  #onEvent(event: EslEvent): void {
    if (event.get('Unique-ID') !== this.uuid) return;
    if (event.name === 'CHANNEL_HANGUP')
      this.#end({ kind: 'hung_up', cause: event.get('Hangup-Cause') ?? '' });
    // One that hangs up leaves its park loop, too; that may be told of first, for the state comes before the event
    // (switch_channel.c switch_channel_perform_hangup). What a list leads to comes behind the end of the list.
    if (event.name === 'CHANNEL_UNPARK' && event.get('Channel-State') !== 'CS_HANGUP')
      this.#end({ kind: 'moved', to: event.get('Caller-Transfer-Source') ?? '' });
    if (event.name !== 'CHANNEL_EXECUTE_COMPLETE') return;
    const id = event.get('Application-UUID') ?? '';
    this.#completions.get(id)?.(event);
    this.#completions.delete(id);
  }

  #end(end: SegmentEnd): void {
    this.gone.abort(end);
  }

  async run(segment: Segment): Promise<SegmentResult> {
    const compiled = compileSegment(segment, this.#names.next());
    const id = randomUUID();
    const locked = (application: string, data: string): EslCommand =>
      execute(application, data, { eventLock: true });
    const commands = [
      ...compiled.before.map(({ application, data }) => locked(application, data)),
      execute('execute_extension', compiled.list, { eventLock: true, eventUuid: id }),
    ];
    const startedAt = performance.now();
    const bounded = segment.steps.findIndex(
      (step) => step.timeoutMs !== undefined && applicationInfo(step.application).stop === 'break',
    );
    const limit = new TimedBreak(segment.steps[bounded]?.timeoutMs, () => {
      void this.#connection.send({ line: `api uuid_break ${this.uuid}` });
    });
    this.#running = true;
    const event = await this.#completionOf(id, commands);
    this.#running = false;
    const kept = segment.release && this.#kept;
    this.#kept = false;
    const timedOut = limit.stop();
    const clock = { elapsedMs: performance.now() - startedAt, endedAtMicros: microsOf(event) };
    const reading = compiled.read(
      compiled.outcomeVariables.map((name) => event?.variable(name)),
      clock,
    );
    const steps = reading.steps.map((step, index): StepResult => {
      if (event === undefined && endOf(this).kind === 'lost')
        return { state: 'not_run', values: {}, timedOut: false };
      return index === bounded ? { ...step, timedOut } : step;
    });
    const end = reading.completed ? ({ kind: 'completed' } as const) : this.#whyEnded(event);
    if ((segment.release && !kept) || end.kind !== 'completed') this.#letGo(end.kind === 'moved');
    return { end, steps, ...(kept ? { kept } : {}) };
  }

  keep(): boolean {
    this.#kept = this.#running;
    return !this.#over;
  }

  api(command: string): Promise<string> | undefined {
    if (this.#over) return undefined;
    return this.#connection.send({ line: `api ${command}` }).then(({ text }) => text);
  }

  async wait(play: string | undefined): Promise<SegmentEnd> {
    const { end } = await this.run({ steps: [waitingStep(play)], before: {}, after: {}, release: false });
    return end;
  }

  async release(variables: Readonly<Record<string, string>>): Promise<SegmentEnd> {
    if (this.gone.aborted || this.#over) {
      this.#letGo(endOf(this).kind === 'moved');
      return endOf(this);
    }
    const { end } = await this.run({ steps: [], before: {}, after: variables, release: true });
    return end;
  }

  /** The event that the list has ended, or undefined when none comes any more. */
  async #completionOf(id: string, commands: readonly EslCommand[]): Promise<EslEvent | undefined> {
    if (this.#over) return undefined;
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (event: EslEvent | undefined): void => {
        clearTimeout(timer);
        this.gone.removeEventListener('abort', onGone);
        this.#completions.delete(id);
        resolve(event);
      };
      // CHANNEL_HANGUP may come before the completion of the application that it ended.
      const onGone = (): void => {
        timer = setTimeout(settle, endOf(this).kind === 'hung_up' ? LAST_EVENT_MS : 0, undefined);
      };
      this.#completions.set(id, settle);
      if (this.gone.aborted) onGone();
      else this.gone.addEventListener('abort', onGone);
      const replies = this.#connection.sendBatch(commands);
      Promise.all(replies).then(
        (all) => {
          if (all.some(({ ok }) => !ok)) settle(undefined);
        },
        () => settle(undefined),
      );
    });
  }

  #whyEnded(event: EslEvent | undefined): SegmentEnd {
    if (this.gone.aborted) return endOf(this);
    if (event === undefined) return { kind: 'lost', detail: 'FreeSWITCH did not take the list' };
    return { kind: 'moved', to: event.get('Caller-Transfer-Source') ?? '' };
  }

  /**
   * The end of the connection is the end of the `socket` application, wherever the channel is by then: it clears
   * CF_CONTROLLED, which ends whatever parks the channel now, and with `socket_resume` puts it into CS_RESET
   * (mod_event_socket.c listener_run). So a channel that was moved keeps its connection, which hears nothing, until
   * it hangs up.
   */
  #letGo(moved = false): void {
    if (this.#over) return;
    this.#over = true;
    const isThere = !this.gone.aborted || endOf(this).kind === 'moved';
    if (this.#full && moved && isThere) {
      const lines = ['noevents', `api uuid_setvar ${this.uuid} socket_resume`];
      void this.#connection.sendBatch(lines.map((line) => ({ line })));
      return;
    }
    void this.#connection.send({ line: 'exit' });
    this.#connection.end();
  }
}

function microsOf(event: EslEvent | undefined): number {
  const micros = Number(event?.get('Event-Date-Timestamp'));
  return micros > 0 ? micros : Date.now() * 1000;
}
