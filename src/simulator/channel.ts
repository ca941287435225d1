import {
  cloneProfile,
  newTimes,
  profileField,
  type CallerProfile,
  type Direction,
} from './caller-profile.js';
import {
  CALL_STATES,
  mayGo,
  STATE_NUMBER,
  type CallState,
  type ChannelState,
  type Flag,
} from './channel-state.js';
import { Changes } from './changes.js';
import type { Core } from './core.js';
import { DigitQueue } from './digit-queue.js';
import type { Endpoint } from './endpoints/endpoint.js';
import type { SwitchEvent } from './event.js';
import { toInteger } from './text.js';
import { NamedValues } from './variables.js';

/** One application with its argument, as the dialplan wrote it. */
export interface PlannedApplication {
  readonly application: string;
  readonly data: string;
}

/** A row of applications and how far it has run (switch_caller_extension_t). */
export interface Extension {
  readonly name: string;
  readonly applications: readonly PlannedApplication[];
  next: number;
}

/** A `sendmsg` on its way to a channel: names in lower case, byte strings. */
export interface PrivateMessage {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

/** What ran on a channel: one entry per executed application. */
export interface Executed {
  readonly application: string;
  readonly data: string;
  /** Milliseconds since the channel was created. */
  readonly atMs: number;
  /** How many extensions and event loops deep (FreeSWITCH logs it as `depth`). */
  readonly depth: number;
}

/** Takes over a state from the standard handler; `false` keeps the standard one from running. */
export type StateHandler = (channel: Channel) => boolean | Promise<boolean>;
export type StateHandlers = Readonly<Partial<Record<ChannelState, StateHandler>>>;

const HANGUP = STATE_NUMBER.CS_HANGUP;

/**
 * One leg of a call: switch_channel_t and switch_core_session_t in one. What runs in the session's own thread
 * there is the async function `runSession` here; everything else may change the channel at any time between two
 * of its awaits, exactly as other threads do.
 */
export class Channel {
  readonly core: Core;
  readonly uuid: string;
  readonly sessionNumber: number;
  readonly direction: Direction;
  readonly endpoint: Endpoint;
  readonly createdAtMs: number;
  readonly variables = new NamedValues();
  readonly executed: Executed[] = [];
  name = '';
  profile: CallerProfile;
  /** The profile of the extension that execute_extension runs; it hides `profile` from variable look-ups. */
  huntProfile: CallerProfile | undefined;
  scopeVariables: NamedValues | undefined;
  state: ChannelState = 'CS_NEW';
  runningState: ChannelState = 'CS_NEW';
  callState: CallState = 'DOWN';
  hangupCause: string | undefined;
  extension: Extension | undefined;
  queuedExtension: Extension | undefined;
  handlers: StateHandlers[] = [];
  /** 0: none, 1: uuid_break, 2: uuid_break all. */
  breakFlag: 0 | 1 | 2 = 0;
  stackCount = 0;
  originatedBy: Channel | undefined;
  lastProfileType: 'none' | 'originator' | 'originatee' = 'none';
  /** Told when an application begins to wait for digits, of which it takes at most `max`. */
  onAsked: ((asked: { readonly max: number; readonly terminators: string }) => void) | undefined;
  /** Told of everything that is executed and of every event, by whoever holds the call outside. */
  observer: ((event: SwitchEvent) => void) | undefined;

  private readonly flags = new Set<Flag>();
  private readonly nextFlags = new Set<Flag>();
  private readonly privateMessages: PrivateMessage[] = [];
  private readonly digits = new DigitQueue();
  private profileIndex = 0;
  private readonly changes: Changes;

  constructor(core: Core, direction: Direction, endpoint: Endpoint, profile: CallerProfile, uuid?: string) {
    this.core = core;
    this.changes = new Changes(core.clock);
    this.uuid = uuid ?? core.newUuid();
    this.sessionNumber = core.register(this);
    this.direction = direction;
    this.endpoint = endpoint;
    this.createdAtMs = core.clock.now();
    this.profile = profile;
    this.setProfileIdentity(profile);
    this.setVariable('direction', direction);
    this.setVariable('uuid', this.uuid);
    this.setVariable('session_id', String(this.sessionNumber));
    if (direction === 'outbound') this.setVariable('is_outbound', 'true');
  }

  // --- waiting -------------------------------------------------------------------------------------------------

  /** Counts the changes; read it before looking at the channel and give it to `waitSince`. */
  get version(): number {
    return this.changes.version;
  }

  /** Calls `listener` at every change, until the returned function is called. */
  watch(listener: () => void): () => void {
    return this.changes.watch(listener);
  }

  /** Tells everything that waits on this channel to look again. */
  changed(): void {
    this.changes.tell();
  }

  /** Resolves at the next change after `version`, or when `ms` of the switch's time have passed. */
  waitSince(version: number, ms = Number.POSITIVE_INFINITY): Promise<void> {
    return this.changes.waitSince(version, ms);
  }

  /** switch_channel_get_partner_uuid: who this leg talks to or is being connected to. */
  get partner(): Channel | undefined {
    const uuid = this.variables.get('signal_bond') ?? this.variables.get('originate_signal_bond');
    return uuid === undefined ? undefined : this.core.locate(uuid);
  }

  // --- flags and state -----------------------------------------------------------------------------------------

  has(flag: Flag): boolean {
    return this.flags.has(flag);
  }

  set(flag: Flag): void {
    if (this.flags.has(flag)) return;
    this.flags.add(flag);
    this.changed();
  }

  clear(flag: Flag): void {
    if (this.flags.delete(flag)) this.changed();
  }

  /** Sets a flag when the session enters its next state (switch_channel_set_state_flag). */
  setAtNextState(flag: Flag): void {
    this.nextFlags.add(flag);
  }

  clearAtNextState(flag: Flag): void {
    this.nextFlags.delete(flag);
  }

  /** Ends what a message executes (switch_channel_stop_broadcast). */
  stopBroadcast(): void {
    if (!this.has('BROADCAST')) return;
    this.flags.add('STOP_BROADCAST');
    this.breakFlag = 1;
    this.changed();
  }

  get up(): boolean {
    return STATE_NUMBER[this.state] < HANGUP;
  }

  /** switch_channel_ready as the session's own thread sees it. */
  get ready(): boolean {
    return this.readyOutside && this.runningState === this.state;
  }

  /** switch_channel_ready as other threads see it: a pending change of state does not count. */
  get readyOutside(): boolean {
    const state = STATE_NUMBER[this.state];
    return (
      this.hangupCause === undefined &&
      state > STATE_NUMBER.CS_ROUTING &&
      state < HANGUP &&
      this.state !== 'CS_RESET' &&
      !this.flags.has('TRANSFER') &&
      !this.flags.has('NOT_READY')
    );
  }

  get mediaUp(): boolean {
    return this.flags.has('ANSWERED') || this.flags.has('EARLY_MEDIA');
  }

  setState(state: ChannelState): void {
    if (!mayGo(this.state, state)) return;
    this.state = state;
    this.changed();
  }

  setRunningState(state: ChannelState): void {
    for (const flag of this.nextFlags) this.flags.add(flag);
    this.nextFlags.clear();
    this.runningState = state;
    if (this.direction === 'inbound' && STATE_NUMBER[state] < HANGUP) {
      if (state === 'CS_ROUTING') this.setCallState('RINGING');
      else if (this.has('ANSWERED')) this.setCallState('ACTIVE');
      else if (this.has('EARLY_MEDIA')) this.setCallState('EARLY');
    }
    this.core.fire('CHANNEL_STATE', this);
    this.changed();
  }

  setCallState(state: CallState): void {
    const before = this.callState;
    if (before === state || before === 'HANGUP') return;
    this.callState = state;
    this.core.fire('CHANNEL_CALLSTATE', this, (event) => {
      event.add('Original-Channel-Call-State', before);
      event.add('Channel-Call-State-Number', CALL_STATES.indexOf(state));
    });
  }

  /** switch_channel_hangup: only the first one counts. */
  hangup(cause: string): void {
    if (!this.up) return;
    this.state = 'CS_HANGUP';
    this.hangupCause = cause;
    this.partner?.setVariable('last_bridge_hangup_cause', cause);
    if (this.has('BRIDGE_ORIGINATOR')) this.setVariable('last_bridge_role', 'originator');
    else if (this.has('BRIDGED')) this.setVariable('last_bridge_role', 'originatee');
    this.core.fire('CHANNEL_HANGUP', this);
    this.core.startSession(this);
    this.changed();
  }

  // --- variables and profiles ----------------------------------------------------------------------------------

  /** switch_channel_get_variable: scope, channel, caller profile (`aleg_`, `bleg_` for the legs'), global. */
  getVariable(name: string, index?: number): string | undefined {
    if (name === '') return undefined;
    const own = index === undefined ? this.variables.get(name) : this.variables.element(name, index);
    const value = this.scopeVariables?.get(name) ?? own;
    if (value !== undefined) return value;
    const profile = this.huntProfile ?? this.profile;
    if (name.startsWith('aleg_')) return this.legField(profile.originator, name.slice(5));
    if (name.startsWith('bleg_')) return this.legField(profile.originatee, name.slice(5));
    return profileField(profile, name) ?? this.core.globals.get(name);
  }

  private legField(profile: CallerProfile | undefined, name: string): string | undefined {
    return (profile === undefined ? undefined : profileField(profile, name)) ?? this.core.globals.get(name);
  }

  setVariable(name: string, value: string | undefined): void {
    if (name === '') return;
    this.variables.set(name, value);
    if (name === 'socket_resume') this.changed();
  }

  integerVariable(name: string): number {
    return toInteger(this.getVariable(name));
  }

  private setProfileIdentity(profile: CallerProfile): void {
    profile.direction = this.direction;
    profile.logicalDirection = this.direction;
    profile.uuid = this.uuid;
    profile.channelName = this.name;
    this.profileIndex += 1;
    profile.profileIndex = String(this.profileIndex);
    this.profile = profile;
  }

  rename(name: string): void {
    this.name = name;
    this.profile.channelName = name;
    this.setVariable('channel_name', name);
  }

  /** switch_channel_set_caller_profile with a copy of the present one. */
  stepProfile(change: (profile: CallerProfile) => void = () => undefined): CallerProfile {
    const profile = cloneProfile(this.profile);
    const before = this.profile;
    const now = this.core.clock.microseconds();
    profile.times = { ...newTimes(now), ...before.times, profileCreated: now, transferred: 0 };
    before.times.transferred = now;
    change(profile);
    this.huntProfile = undefined;
    this.setProfileIdentity(profile);
    return profile;
  }

  // --- digits --------------------------------------------------------------------------------------------------

  get hasDigit(): boolean {
    return !this.digits.isEmpty;
  }

  queueDigits(text: string): number {
    const queued = this.digits.queue(text);
    if (queued > 0) this.changed();
    return queued;
  }

  takeDigit(): string | undefined {
    const digit = this.digits.take();
    if (digit === undefined) return undefined;
    this.core.fire('DTMF', this, (event) => {
      event.add('DTMF-Digit', digit);
      event.add('DTMF-Duration', 2000);
      event.add('DTMF-Source', 'APP');
    });
    return digit;
  }

  flushDigits(): void {
    this.digits.flush();
  }

  get dialledDigits(): string {
    return this.digits.dialled;
  }

  // --- private messages ----------------------------------------------------------------------------------------

  get hasPrivateMessage(): boolean {
    return this.privateMessages.length > 0 && !this.flags.has('EVENT_LOCK');
  }

  /** False when the queue is full: it holds 256 (switch_core_session.c). */
  queuePrivateMessage(message: PrivateMessage): boolean {
    if (this.privateMessages.length >= 256) return false;
    this.privateMessages.push(message);
    this.changed();
    return true;
  }

  takePrivateMessage(): PrivateMessage | undefined {
    return this.hasPrivateMessage ? this.privateMessages.shift() : undefined;
  }

  flushPrivateMessages(): void {
    this.privateMessages.length = 0;
  }
}
