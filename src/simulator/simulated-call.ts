import { toCause } from './cause.js';
import type { Channel, Executed } from './channel.js';
import type { Core } from './core.js';
import { newCallerChannel } from './endpoints/caller.js';
import { fromBytes, toBytes } from './text.js';

export interface PlaceCallOptions {
  readonly destination: string;
  /** `public` unless said otherwise. */
  readonly context?: string;
  readonly callerIdNumber?: string;
  readonly callerIdName?: string;
  /** Channel variables it arrives with. */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * What the caller presses when asked for digits (`read`, `play_and_get_digits`): each time as many as are asked
   * for, the rest the next time. `w` waits half a second.
   */
  readonly digits?: string;
}

/** One event of a simulated call, decoded. */
export interface SimulatedEvent {
  readonly name: string;
  get(header: string): string | undefined;
}

/** A caller at the simulated switch. */
export interface SimulatedCall {
  readonly uuid: string;
  /** Everything that ran on the channel, in order. */
  readonly executed: readonly Executed[];
  /** The channel variables as they are now. */
  readonly variables: Readonly<Record<string, string>>;
  /** Resolves when the switch answers the call; rejects never: a call that is not answered stays pending. */
  readonly answered: Promise<void>;
  readonly ended: Promise<{ readonly cause: string }>;
  readonly isAnswered: boolean;
  variable(name: string): string | undefined;
  sendDigits(digits: string): void;
  hangup(cause?: string): void;
  /** Calls `listener` with every event of the channel, until the returned function is called. */
  onEvent(listener: (event: SimulatedEvent) => void): () => void;
}

class CallHandle implements SimulatedCall {
  readonly answered: Promise<void>;
  readonly ended: Promise<{ readonly cause: string }>;
  private readonly channel: Channel;
  private readonly listeners = new Set<(event: SimulatedEvent) => void>();

  constructor(channel: Channel) {
    this.channel = channel;
    this.answered = new Promise((resolve) => {
      const unwatch = channel.watch(() => {
        if (!channel.has('ANSWERED')) return;
        unwatch();
        resolve();
      });
    });
    this.ended = new Promise((resolve) => {
      const unwatch = channel.watch(() => {
        if (channel.core.channels.has(channel.uuid)) return;
        unwatch();
        resolve({ cause: channel.hangupCause ?? 'NORMAL_CLEARING' });
      });
    });
  }

  get uuid(): string {
    return this.channel.uuid;
  }

  get isAnswered(): boolean {
    return this.channel.has('ANSWERED');
  }

  get executed(): readonly Executed[] {
    return this.channel.executed.map((entry) => ({ ...entry, data: fromBytes(entry.data) }));
  }

  get variables(): Readonly<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const [name, value] of this.channel.variables) all[fromBytes(name)] = fromBytes(value);
    return all;
  }

  variable(name: string): string | undefined {
    const value = this.channel.getVariable(toBytes(name));
    return value === undefined ? undefined : fromBytes(value);
  }

  sendDigits(digits: string): void {
    void pressDigits(this.channel, digits);
  }

  hangup(cause?: string): void {
    // A phone that gives up before it was answered sends CANCEL, not BYE.
    this.channel.hangup(toCause(cause ?? (this.isAnswered ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL')));
  }

  onEvent(listener: (event: SimulatedEvent) => void): () => void {
    this.listeners.add(listener);
    this.channel.observer = (event) => {
      const decoded: SimulatedEvent = {
        name: event.name,
        get: (header) => {
          const value = event.get(toBytes(header));
          return value === undefined ? undefined : fromBytes(value);
        },
      };
      for (const each of this.listeners) each(decoded);
    };
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.channel.observer = undefined;
    };
  }
}

/** How long a caller takes to press the first digit when asked. */
const REACTION_MS = 300;

function sleep(channel: Channel, ms: number): Promise<void> {
  return new Promise((resolve) => channel.core.clock.after(ms, resolve));
}

/** `w` waits half a second, `W` a whole one. */
async function pressDigit(channel: Channel, digit: string): Promise<void> {
  if (digit === 'w' || digit === 'W') await sleep(channel, digit === 'w' ? 500 : 1000);
  else if (channel.up) channel.queueDigits(digit);
}

async function pressDigits(channel: Channel, digits: string): Promise<void> {
  for (const digit of digits) await pressDigit(channel, digit);
}

/** Presses what is asked for, each time something asks. */
function pressWhenAsked(channel: Channel, digits: string): void {
  const left = digits.split('');
  channel.onAsked = ({ max, terminators }) => {
    void (async () => {
      await sleep(channel, REACTION_MS);
      for (let pressed = 0; pressed < max;) {
        const digit = left.shift();
        if (digit === undefined) return;
        await pressDigit(channel, digit);
        if (!/w/i.test(digit)) pressed += 1;
        if (terminators.includes(digit)) return;
      }
    })();
  };
}

/** Places a call and returns it at once; the switch works on it from now on. */
export function placeCall(core: Core, options: PlaceCallOptions): SimulatedCall {
  const number = options.callerIdNumber ?? '1000';
  const channel = newCallerChannel(core, {
    destination: toBytes(options.destination),
    context: toBytes(options.context ?? 'public'),
    dialplan: 'XML',
    callerIdNumber: toBytes(number),
    callerIdName: toBytes(options.callerIdName ?? number),
    variables: Object.entries(options.variables ?? {}).map(([name, value]) => [
      toBytes(name),
      toBytes(value),
    ]),
  });
  const call = new CallHandle(channel);
  channel.setState('CS_INIT');
  core.startSession(channel);
  if (options.digits !== undefined) pressWhenAsked(channel, options.digits);
  return call;
}
