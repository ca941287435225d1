import { Cancellation } from '../cancellation.js';
import type { Channel as SimulatorChannel } from '../simulator/channel.js';
import { addChannelHeaders } from '../simulator/channel-events.js';
import { executeApplication } from '../simulator/session/execute.js';
import { fromBytes, toBytes } from '../simulator/text.js';
import { applicationInfo } from '../switch/applications.js';
import type { Channel, ChannelData, Segment, SegmentEnd, SegmentResult } from '../switch/channel.js';
import { endOf } from '../switch/channel.js';
import { compileSegment } from '../switch/inline-list.js';
import { RunNames, waitingStep } from '../switch/socket-channel.js';

/**
 * A channel of the simulator in this process: the same inline lists as on a real switch, without the Event Socket
 * between, so that time can jump.
 */
export class SimulatedChannel implements Channel {
  readonly uuid: string;
  readonly data: ChannelData;
  readonly gone = new Cancellation();
  readonly #channel: SimulatorChannel;
  readonly #names = new RunNames();
  readonly #unwatch: () => void;

  constructor(channel: SimulatorChannel) {
    this.#channel = channel;
    this.uuid = channel.uuid;
    this.data = dataOf(channel);
    this.#unwatch = channel.watch(() => {
      if (channel.up) return;
      this.gone.abort({ kind: 'hung_up', cause: channel.hangupCause ?? '' } satisfies SegmentEnd);
    });
  }

  async run(segment: Segment): Promise<SegmentResult> {
    const channel = this.#channel;
    const { clock } = channel.core;
    const compiled = compileSegment(segment, this.#names.next());
    for (const { application, data } of compiled.before) {
      await executeApplication(channel, application, toBytes(data));
    }
    const bounded = segment.steps.findIndex(
      ({ application, timeoutMs }) =>
        timeoutMs !== undefined && applicationInfo(application).stop === 'break',
    );
    let timedOut = false;
    const disarm = clock.after(segment.steps[bounded]?.timeoutMs ?? Number.POSITIVE_INFINITY, () => {
      timedOut = true;
      channel.breakFlag = 2;
      channel.changed();
    });
    const beganAt = clock.now();
    await executeApplication(channel, 'execute_extension', toBytes(compiled.list));
    disarm();
    const values = compiled.outcomeVariables.map((name) => this.#variable(name));
    const timing = { elapsedMs: clock.now() - beganAt, endedAtMicros: clock.microseconds() };
    const { completed, steps } = compiled.read(values, timing);
    const end = completed ? ({ kind: 'completed' } as const) : this.#whyEnded();
    if (segment.release || !completed) this.#unwatch();
    return {
      end,
      steps: steps.map((step, index) => (index === bounded ? { ...step, timedOut } : step)),
    };
  }

  async wait(play: string | undefined): Promise<SegmentEnd> {
    return (await this.run({ steps: [waitingStep(play)], before: {}, after: {}, release: false })).end;
  }

  async release(variables: Readonly<Record<string, string>>): Promise<SegmentEnd> {
    if (this.gone.aborted) return endOf(this);
    return (await this.run({ steps: [], before: {}, after: variables, release: true })).end;
  }

  #variable(name: string): string | undefined {
    const value = this.#channel.getVariable(name);
    return value === undefined ? undefined : fromBytes(value);
  }

  #whyEnded(): SegmentEnd {
    if (!this.#channel.up) return { kind: 'hung_up', cause: this.#channel.hangupCause ?? '' };
    return { kind: 'moved', to: this.#variable('transfer_source') ?? '' };
  }
}

function dataOf(channel: SimulatorChannel): ChannelData {
  const event = channel.core.newEvent('CHANNEL_DATA');
  addChannelHeaders(event, channel);
  const read = (name: string): string | undefined => {
    const value = event.get(toBytes(name));
    return value === undefined ? undefined : fromBytes(value);
  };
  return { header: read, variable: (name) => read(`variable_${name}`) };
}
