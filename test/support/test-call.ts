import { eventually, within } from './eventually.js';
import { trail } from './log-trail/trail.js';

export type Event = ReadonlyMap<string, string>;

/** What the suite needs of a switch to drive and to watch calls: its Event Socket. */
export interface SwitchControl {
  /** The answer of an api command. */
  api(command: string): Promise<string>;
  /** Starts an api command without waiting for its answer. */
  bgapi(command: string): Promise<string>;
  readonly events: EventLog;
}

export interface Executed {
  readonly application: string;
  readonly data: string;
}

/** Everything the switch reported, in order; from outside, so it tells what really ran. */
export class EventLog {
  readonly #events: Event[] = [];
  /** The same by channel: looking through all of them for each of many calls takes longer than the calls. */
  readonly #byChannel = new Map<string, Event[]>();
  readonly #waiters = new Set<{ matches: (event: Event) => boolean; resolve: (event: Event) => void }>();

  add(event: Event): void {
    this.#events.push(event);
    const uuid = event.get('Unique-ID') ?? '';
    const known = this.#byChannel.get(uuid);
    if (known === undefined) this.#byChannel.set(uuid, [event]);
    else known.push(event);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }

  of(uuid: string, name?: string): Event[] {
    const events = this.#byChannel.get(uuid) ?? [];
    return name === undefined ? [...events] : events.filter((event) => event.get('Event-Name') === name);
  }

  /** Those of the past that match. */
  all(matches: (event: Event) => boolean): Event[] {
    return this.#events.filter(matches);
  }

  /** The first event that matches, of the past or of the future. */
  first(what: string, matches: (event: Event) => boolean, timeoutMs?: number): Promise<Event> {
    const past = this.#events.find(matches);
    return past === undefined ? this.next(what, matches, timeoutMs) : Promise.resolve(past);
  }

  /** The first event of that channel that matches, of the past or of the future. */
  firstOf(
    uuid: string,
    what: string,
    matches: (event: Event) => boolean,
    timeoutMs?: number,
  ): Promise<Event> {
    const past = this.#byChannel.get(uuid)?.find(matches);
    if (past !== undefined) return Promise.resolve(past);
    return this.next(what, (event) => event.get('Unique-ID') === uuid && matches(event), timeoutMs);
  }

  /** The first event that matches and comes from now on. */
  next(what: string, matches: (event: Event) => boolean, timeoutMs?: number): Promise<Event> {
    const next = new Promise<Event>((resolve) => this.#waiters.add({ matches, resolve }));
    return within(what, next, timeoutMs);
  }

  /** Of calls that nobody asks about any more. */
  forget(): void {
    this.#events.length = 0;
    this.#byChannel.clear();
  }
}

/** One call as the scenarios see it: the channel that is in the dialplan, and the caller on its other side. */
export class TestCall {
  /** The channel that the dialplan hands over. */
  readonly uuid: string;
  /** The caller's side of it. */
  readonly callerUuid: string;
  readonly #switch: SwitchControl;

  constructor(control: SwitchControl, uuid: string, callerUuid: string) {
    this.#switch = control;
    this.uuid = uuid;
    this.callerUuid = callerUuid;
  }

  /** Applications that ran on the channel, with their expanded data, in order. */
  get executed(): Executed[] {
    return this.#switch.events.of(this.uuid, 'CHANNEL_EXECUTE').map((event) => ({
      application: event.get('Application') ?? '',
      data: event.get('Application-Data') ?? '',
    }));
  }

  /** Names of what ran, in order; those of the daemon's own bookkeeping among them. */
  get ran(): string[] {
    return this.executed.map(({ application }) => application);
  }

  /** Waits until an application has begun. */
  begun(application: string, data?: string | RegExp): Promise<Event> {
    const fits = (value: string): boolean =>
      data === undefined || (typeof data === 'string' ? value === data : data.test(value));
    return this.#event('CHANNEL_EXECUTE', `${application} to begin`, (event) => {
      return event.get('Application') === application && fits(event.get('Application-Data') ?? '');
    });
  }

  /** Waits until the call is back in the dialplan that handed it over. */
  returned(): Promise<Event> {
    return this.begun('set', 'back_in_dialplan=true');
  }

  answered(): Promise<Event> {
    return this.#event('CHANNEL_ANSWER', 'an answer');
  }

  bridged(): Promise<Event> {
    return this.#event('CHANNEL_BRIDGE', 'a bridge');
  }

  /** Waits until the channel talks to that one. */
  bridgedTo(otherUuid: string): Promise<Event> {
    return this.#event('CHANNEL_BRIDGE', `a bridge to ${otherUuid}`, (event) =>
      [
        event.get('Other-Leg-Unique-ID'),
        event.get('Bridge-A-Unique-ID'),
        event.get('Bridge-B-Unique-ID'),
      ].includes(otherUuid),
    );
  }

  parked(): Promise<Event> {
    return this.#event('CHANNEL_PARK', 'parking');
  }

  playing(): Promise<Event> {
    return this.#event('PLAYBACK_START', 'a prompt');
  }

  hungUp(): Promise<Event> {
    return this.#event('CHANNEL_HANGUP', 'the hang-up');
  }

  destroyed(): Promise<Event> {
    return this.#event('CHANNEL_DESTROY', 'the end of the channel');
  }

  async get(variable: string): Promise<string | undefined> {
    const value = await this.#switch.api(`uuid_getvar ${this.uuid} ${variable}`);
    return value === '_undef_' || value.startsWith('-ERR') ? undefined : value;
  }

  async setVariable(name: string, value: string): Promise<void> {
    await this.#switch.api(`uuid_setvar ${this.uuid} ${name} ${value}`);
  }

  /** Waits until a variable has a value. */
  variable(name: string): Promise<string> {
    return eventually(`${name} on the channel`, () => this.get(name));
  }

  async alive(): Promise<boolean> {
    return (await this.#switch.api(`uuid_exists ${this.uuid}`)) === 'true';
  }

  /**
   * The caller hangs up: as with a SIP BYE, it is the channel itself that learns of it first. (Killing the far side
   * of the loopback would end the audio before the channel, and an application with it.)
   */
  async hangUp(): Promise<void> {
    await this.#switch.api(`uuid_kill ${this.uuid}`);
  }

  async digits(digits: string): Promise<void> {
    // A short one may stand in a log for a hundred reasons; the long ones are card numbers.
    const entered = digits.replaceAll(/[^0-9]/g, '');
    if (entered.length >= 12) trail?.noteSecret('what a caller entered', entered);
    await this.#switch.api(`uuid_recv_dtmf ${this.uuid} ${digits}`);
  }

  transfer(extension: string, context: string): Promise<string> {
    return this.#switch.api(`uuid_transfer ${this.uuid} ${extension} XML ${context}`);
  }

  park(): Promise<string> {
    return this.#switch.api(`uuid_park ${this.uuid}`);
  }

  bridgeTo(otherUuid: string): Promise<string> {
    return this.#switch.api(`uuid_bridge ${this.uuid} ${otherUuid}`);
  }

  /** Takes the call away and waits for its last event: what has not been reported by then did not run. */
  async over(): Promise<void> {
    await this.remove();
    await this.destroyed();
  }

  /** Takes the call away, whatever state it is in; for the end of a scenario. */
  async remove(): Promise<void> {
    await this.#switch.api(`uuid_kill ${this.uuid}`);
    await this.#switch.api(`uuid_kill ${this.callerUuid}`);
  }

  #event(name: string, what: string, matches: (event: Event) => boolean = () => true): Promise<Event> {
    return this.#switch.events.firstOf(
      this.uuid,
      `${what} on ${this.uuid}`,
      (event) => event.get('Event-Name') === name && matches(event),
    );
  }
}

export interface Placement {
  readonly extension: string;
  readonly context: string;
  readonly variables?: Readonly<Record<string, string>>;
}

let placed = 0;

/**
 * Places a call into the dialplan over `loopback`: its `-a` side is the caller, its `-b` side the channel in the
 * dialplan. Variables must not hold blanks or `~`.
 */
export async function placeCall(control: SwitchControl, placement: Placement): Promise<TestCall> {
  const id = `call-${process.pid}-${(placed += 1)}`;
  const variables = {
    ...placement.variables,
    test_call: id,
    loopback_bowout: 'false',
    originate_timeout: '60',
  };
  const list = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const side = (letter: 'a' | 'b') => (event: Event) =>
    event.get('variable_test_call') === id && (event.get('Channel-Name') ?? '').endsWith(`-${letter}`);
  const channels = Promise.all([
    control.events.next(`the call ${id}`, side('b')),
    control.events.next(`the caller of ${id}`, side('a')),
  ]);
  await control.bgapi(
    `originate {^^~${list.join('~')}}loopback/${placement.extension}/${placement.context}/XML &park()`,
  );
  const [inside, caller] = await channels;
  return new TestCall(control, inside.get('Unique-ID') ?? '', caller.get('Unique-ID') ?? '');
}
