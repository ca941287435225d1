import { Cancellation } from '../cancellation.js';
import { AppError } from '../errors.js';
import type { EslCommand, EslConnection, EslReply } from '../esl/connection.js';
import { execute } from '../esl/connection.js';
import type { EslSocketCall } from '../esl/server.js';
import { applicationInfo } from './applications.js';
import { readDump } from './dump.js';
import { BreakTimer } from './break-timer.js';
import type { Channel, Segment, SegmentEnd, SegmentResult, Step } from './channel.js';
import { endOf } from './channel.js';
import { compileSegment } from './inline-list.js';
import { comesAgain, FrameData, RunNames, valueOf, variableCommand, waitingStep } from './socket-channel.js';

/**
 * How long FreeSWITCH may take to reply to what takes it no time. A network that swallows what is sent would be noticed
 * by TCP after a quarter of an hour.
 */
const AT_ONCE_MS = 20_000;

/**
 * A channel that FreeSWITCH connected with `socket host:port full` (synchronous): it runs one command after the
 * other in the session's own thread and replies when the application has ended (mod_event_socket.c parse_command,
 * `sendmsg` without `async`).
 */
export class SyncSocketChannel implements Channel {
  readonly uuid: string;
  readonly data: FrameData;
  readonly gone = new Cancellation();
  readonly again: boolean;
  readonly #connection: EslConnection;
  readonly #names = new RunNames();
  readonly #clockOffsetMicros: number;
  /** What `transfer_source` was before anything of ours ran. */
  readonly #transferredFrom: string | undefined;
  #over = false;
  #ran = false;
  #running = false;
  /** What runs is silence, and a short one. */
  #quiet = false;
  #kept = false;

  constructor(call: EslSocketCall) {
    // Nothing below may keep `call`, and with it the channel's description, for as long as the call lasts.
    const { connection } = call;
    this.#connection = connection;
    this.uuid = call.uuid;
    this.data = new FrameData(call.data, call.variables);
    this.#transferredFrom = call.data.get('Caller-Transfer-Source');
    this.again = comesAgain(call.data);
    const switchMicros = Number(call.data.raw('Event-Date-Timestamp'));
    this.#clockOffsetMicros =
      (Number.isFinite(switchMicros) && switchMicros > 0 ? switchMicros : Date.now() * 1000) - ourMicros();
    connection.onNotice = (notice) => {
      // The session's thread looks at the channel's state before it reads on (mod_event_socket.c read_packet).
      if (notice.disposition === 'linger') this.#end({ kind: 'hung_up', cause: '' });
    };
    void connection.closed.then((close) => {
      this.#over = true;
      this.#end({ kind: 'lost', detail: close.detail });
    });
  }

  #end(end: SegmentEnd): void {
    this.gone.abort(end);
  }

  async run(segment: Segment): Promise<SegmentResult> {
    // Until something has run on it, the channel is as it was described.
    const isUnset = (name: string): boolean => !this.#ran && this.data.variable(name) === undefined;
    const compiled = compileSegment(segment, this.#names.next(), { isUnset });
    this.#ran = true;
    const list = execute('execute_extension', compiled.list);
    const isShort = segment.steps.length === 0 || this.#quiet;
    const bounded = segment.steps.findIndex(isBroken);
    const timer = this.#timerFor(segment.steps[bounded]);
    const commands: EslCommand[] = [
      ...compiled.before.map(({ application, data }) => atOnce(execute(application, data))),
      ...(timer?.arm() ?? []),
      isShort ? { ...list, timeoutMs: AT_ONCE_MS } : list,
      ...compiled.outcomeVariables.map(variableCommand),
      ...(timer?.disarm() ?? []),
    ];
    const disarmed = timer?.disarm().length ?? 0;
    if (segment.release) this.data.forget();
    const sentAt = performance.now();
    this.#running = true;
    const replies = await this.#exchange(commands);
    this.#running = false;
    const kept = segment.release && this.#kept;
    this.#kept = false;
    if (replies === undefined) return this.#lost(segment);
    const clock = { elapsedMs: performance.now() - sentAt, endedAtMicros: this.#switchMicros() };
    const answers = replies.slice(replies.length - disarmed - compiled.outcomeVariables.length);
    const reading = compiled.read(answers.slice(0, compiled.outcomeVariables.length).map(valueOf), clock);
    const timedOut = timer?.fired(answers.slice(compiled.outcomeVariables.length)) ?? false;
    const steps = reading.steps.map((step, index) => (index === bounded ? { ...step, timedOut } : step));
    const end = reading.completed ? ({ kind: 'completed' } as const) : await this.#whyEnded();
    if ((segment.release && !kept) || end.kind !== 'completed') this.#letGo();
    else if (kept) await this.#describe();
    return { end, steps, ...(kept ? { kept } : {}) };
  }

  keep(): boolean {
    this.#kept = this.#running;
    return !this.#over;
  }

  api(command: string): Promise<string> | undefined {
    if ((this.#running && !this.#quiet) || this.#over) return undefined;
    return this.#connection.send({ line: `api ${command}` }).then(({ text }) => text);
  }

  #timerFor(step: Step | undefined): BreakTimer | undefined {
    if (step?.timeoutMs === undefined) return undefined;
    const again = applicationInfo(step.application).breakAgain ?? false;
    return new BreakTimer(this.uuid, step.timeoutMs, this.#switchMicros(), again);
  }

  async wait(play: string | undefined): Promise<SegmentEnd> {
    this.#quiet = play === undefined;
    const { end } = await this.run({ steps: [waitingStep(play)], before: {}, after: {}, release: false });
    this.#quiet = false;
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

  /** The list ended early. A hang-up has been noticed by now: its notice comes before the replies behind the list. */
  async #whyEnded(): Promise<SegmentEnd> {
    if (this.gone.aborted) return endOf(this);
    // Not by getvar: a place that somebody chose stands in it, and getvar answers raw.
    const replies = await this.#exchange([
      { line: `api uuid_getvar ${this.uuid} transfer_source`, timeoutMs: 0 },
    ]);
    if (replies === undefined) return endOf(this);
    // A channel that has hung up is found no more (switch_core_session_locate), also before its notice has come.
    if (replies[0]?.text.startsWith('-ERR No such channel') === true) return { kind: 'hung_up', cause: '' };
    const source = replies[0]?.ok === true ? replies[0].text : '';
    const moved = source !== '_undef_' && source !== this.#transferredFrom;
    return { kind: 'moved', to: moved ? source : '' };
  }

  #lost(segment: Segment): SegmentResult {
    // What was running when the connection broke is not known: FreeSWITCH goes on with the list.
    return {
      end: endOf(this),
      steps: segment.steps.map(() => ({ state: 'not_run', values: {}, timedOut: false })),
    };
  }

  /** What was let go of with the last segment is needed again: something was appended. */
  async #describe(): Promise<void> {
    const replies = await this.#exchange([
      { line: `api uuid_dump ${this.uuid} json`, timeoutMs: AT_ONCE_MS },
    ]);
    const dump = readDump(replies?.[0]?.text ?? '');
    if (dump !== undefined) this.data.renew(dump);
  }

  async #exchange(commands: readonly EslCommand[]): Promise<EslReply[] | undefined> {
    if (this.#over) return undefined;
    try {
      return await this.#connection.exchange(commands);
    } catch (error) {
      this.#over = true;
      this.#connection.destroy(error instanceof AppError ? error.detail : String(error), 'timeout');
      return undefined;
    }
  }

  /**
   * The end of the connection is the end of the `socket` application; the dialplan goes on. Every reply is here, so
   * nothing of ours is lost, and FreeSWITCH's farewell is not waited for.
   */
  #letGo(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.destroy();
  }

  #switchMicros(): number {
    return ourMicros() + this.#clockOffsetMicros;
  }
}

/** Of a clock that nobody sets: the machine's own may be put back or forward during a call. */
function ourMicros(): number {
  return performance.now() * 1000;
}

/** What FreeSWITCH expands may be a command of its API, which takes its time. */
function atOnce(command: EslCommand): EslCommand {
  return command.body?.includes('${') === true ? command : { ...command, timeoutMs: AT_ONCE_MS };
}

/** A time limit that is kept by breaking the application off; the runner gives such a step a segment of its own. */
function isBroken(step: Step): boolean {
  return step.timeoutMs !== undefined && applicationInfo(step.application).stop === 'break';
}
