import { randomUUID } from 'node:crypto';
import type { EslCommand, EslConnection } from '../esl/connection.js';
import { execute } from '../esl/connection.js';
import type { EslEvent } from '../esl/event.js';
import type { EslSocketCall } from '../esl/server.js';
import { applicationInfo } from './applications.js';
import type { Channel, ChannelData, Segment, SegmentEnd, SegmentResult, StepResult } from './channel.js';
import { endOf } from './channel.js';
import { compileSegment } from './inline-list.js';
import { FrameData, RunNames, waitingStep } from './socket-channel.js';

/** How long after a hang-up the application that it ended may take to be reported. */
const LAST_EVENT_MS = 2000;
/** A time limit is enforced again at this distance while an application goes on after a break. */
const BREAK_AGAIN_MS = 1000;

/**
 * A channel that FreeSWITCH connected with `socket host:port async full`: it is parked, what is sent is queued, and
 * events tell what became of it. Costs FreeSWITCH more than the synchronous kind and adds some 20 ms before each
 * segment; a list that is queued in the instant in which somebody moves the channel runs where it was moved to. Its
 * one advantage is that time limits are met to the millisecond.
 */
export class AsyncSocketChannel implements Channel {
  readonly uuid: string;
  readonly data: ChannelData;
  readonly gone: AbortSignal;
  readonly #connection: EslConnection;
  readonly #goneController = new AbortController();
  readonly #names = new RunNames();
  readonly #completions = new Map<string, (event: EslEvent) => void>();
  #over = false;

  constructor(call: EslSocketCall) {
    this.#connection = call.connection;
    this.uuid = call.uuid;
    this.data = new FrameData(call.data, call.variables);
    this.gone = this.#goneController.signal;
    call.connection.onEvent = (event) => this.#onEvent(event);
    call.connection.onNotice = (notice) => {
      if (notice.disposition === 'linger') this.#end({ kind: 'hung_up', cause: '' });
    };
    void call.connection.closed.then((close) => {
      this.#over = true;
      this.#end({ kind: 'lost', detail: close.detail });
    });
    // `resume`: when this connection ends, for whatever reason, the dialplan goes on (mod_event_socket.c LFLAG_RESUME).
    // Without it the channel would stay parked with nobody in control.
    void call.connection.sendBatch([
      { line: 'resume' },
      { line: `filter Unique-ID ${this.uuid}` },
      // Without `full` there is no `event`; `myevents` is allowed and names these two among others (mod_event_socket.c parse_command).
      { line: call.full ? 'event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP' : 'myevents' },
    ]);
  }

  #onEvent(event: EslEvent): void {
    if (event.get('Unique-ID') !== this.uuid) return;
    if (event.name === 'CHANNEL_HANGUP')
      this.#end({ kind: 'hung_up', cause: event.get('Hangup-Cause') ?? '' });
    if (event.name !== 'CHANNEL_EXECUTE_COMPLETE') return;
    const id = event.get('Application-UUID') ?? '';
    this.#completions.get(id)?.(event);
    this.#completions.delete(id);
  }

  #end(end: SegmentEnd): void {
    if (!this.gone.aborted) this.#goneController.abort(end);
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
    const limit = this.#bound(segment.steps[bounded]?.timeoutMs);
    const event = await this.#completionOf(id, commands);
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
    if (segment.release || end.kind !== 'completed') this.#letGo();
    return { end, steps };
  }

  async wait(play: string | undefined): Promise<SegmentEnd> {
    const { end } = await this.run({ steps: [waitingStep(play)], before: {}, after: {}, release: false });
    return end;
  }

  async release(variables: Readonly<Record<string, string>>): Promise<SegmentEnd> {
    if (this.gone.aborted || this.#over) {
      this.#letGo();
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
      else this.gone.addEventListener('abort', onGone, { once: true });
      const replies = this.#connection.sendBatch(commands);
      Promise.all(replies).then(
        (all) => {
          if (all.some(({ ok }) => !ok)) settle(undefined);
        },
        () => settle(undefined),
      );
    });
  }

  #bound(timeoutMs: number | undefined): { stop(): boolean } {
    if (timeoutMs === undefined) return { stop: () => false };
    let fired = false;
    let timer: NodeJS.Timeout | undefined;
    const fire = (): void => {
      fired = true;
      void this.#connection.send({ line: `api uuid_break ${this.uuid} all` });
      timer = setTimeout(fire, BREAK_AGAIN_MS);
    };
    timer = setTimeout(fire, timeoutMs);
    return {
      stop: () => {
        clearTimeout(timer);
        return fired;
      },
    };
  }

  #whyEnded(event: EslEvent | undefined): SegmentEnd {
    if (this.gone.aborted) return endOf(this);
    if (event === undefined) return { kind: 'lost', detail: 'FreeSWITCH did not take the list' };
    return { kind: 'moved', to: event.get('Caller-Transfer-Source') ?? '' };
  }

  #letGo(): void {
    if (this.#over) return;
    this.#over = true;
    void this.#connection.send({ line: 'exit' });
    this.#connection.end();
  }
}

function microsOf(event: EslEvent | undefined): number {
  const micros = Number(event?.get('Event-Date-Timestamp'));
  return micros > 0 ? micros : Date.now() * 1000;
}
