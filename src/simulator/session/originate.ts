import { answer, preAnswer, ringReady } from './answering.js';
import { cloneProfile, type CallerProfile } from '../caller-profile.js';
import type { Channel, StateHandlers } from '../channel.js';
import type { Core } from '../core.js';
import { isTrue, separate, toInteger } from '../text.js';
import { NamedValues } from '../variables.js';
import { rememberOriginatee } from './bridge.js';
import { readDialString, type DialLeg } from './dial-string.js';
import { newLegProfile } from './leg-profile.js';
import { performMessages } from './messages.js';
import { copy, makeOutgoing } from './outgoing.js';
import { failureCause, tellCaller, type Ended } from './originate-result.js';
import { waitAny } from './wait.js';

export interface OriginateOptions {
  /** Who is to be connected; absent for the API command. */
  readonly caller: Channel | undefined;
  readonly dialString: string;
  /** 0 or less: 60. */
  readonly timeoutSeconds: number;
  readonly variables?: NamedValues;
  readonly profile?: CallerProfile;
  readonly callerIdName?: string;
  readonly callerIdNumber?: string;
  /** False: returns the first leg as soon as it exists. */
  readonly blocks?: boolean;
}

export type OriginateResult =
  { readonly ok: true; readonly channel: Channel } | { readonly ok: false; readonly cause: string };

/** A leg that is being called waits in CS_CONSUME_MEDIA until it is wanted. */
const originateHandlers: StateHandlers = {
  CS_ROUTING: (channel) => {
    channel.setState('CS_CONSUME_MEDIA');
    return false;
  },
  CS_CONSUME_MEDIA: (channel) => {
    channel.handlers = channel.handlers.filter((handlers) => handlers !== originateHandlers);
    return false;
  },
};

/** What the legs are told of the caller's channel (switch_ivr_originate.c: "copy all the missing"). */
const INHERITED = [
  'ignore_early_media',
  'originate_continue_on_timeout',
  'ignore_ring_ready',
  'return_ring_ready',
  'progress_timeout',
  'fail_on_single_reject',
  'language',
];

interface Attempt {
  readonly channel: Channel | undefined;
  readonly timeoutSeconds: number;
}

/** switch_ivr_originate: calls the legs of a dial string until one is there. */
export async function originate(core: Core, options: OriginateOptions): Promise<OriginateResult> {
  const { caller } = options;
  const variables = options.variables ?? new NamedValues();
  if (caller !== undefined) exportVariables(caller, variables);
  const groups = readDialString(options.dialString, variables);
  if (groups === undefined) return { ok: false, cause: 'DESTINATION_OUT_OF_ORDER' };
  if (caller !== undefined) {
    for (const name of INHERITED) {
      const value = caller.variables.get(name);
      if (value !== undefined && variables.get(name) === undefined) variables.set(name, value);
    }
    caller.setVariable('originate_disposition', 'failure');
    caller.setVariable('DIALSTATUS', 'INVALIDARGS');
  }
  // CF_ORIGINATOR: who is answered waits while others ring.
  if (caller?.has('ANSWERED') === true) caller.setCallState('RING_WAIT');
  const result = await tryGroups(new Origination(core, options, variables, groups.length), groups);
  if (caller?.has('ANSWERED') === true && caller.up) caller.setCallState('ACTIVE');
  return result;
}

async function tryGroups(run: Origination, groups: readonly DialLeg[][]): Promise<OriginateResult> {
  let cause = 'DESTINATION_OUT_OF_ORDER';
  for (const legs of groups) {
    const result = await run.tryGroup(legs);
    if (result.ok) return result;
    cause = result.cause;
    if (run.stops) break;
  }
  return { ok: false, cause };
}

/** switch_channel_process_export: what `export` named goes to the other leg. */
function exportVariables(caller: Channel, variables: NamedValues): void {
  for (const name of separate(caller.getVariable('export_vars') ?? '', ',', 256)) {
    const value = caller.getVariable(name);
    const plain = name.replace(/^(?:nolocal:|_nolocal_)/i, '');
    if (value !== undefined) variables.set(plain, value);
  }
}

/** One `originate` with everything that its groups of legs share. */
class Origination {
  /** The rest of the groups is not tried. */
  stops = false;
  private readonly core: Core;
  private readonly options: OriginateOptions;
  private readonly caller: Channel | undefined;
  private readonly variables: NamedValues;
  private readonly groups: number;
  private readonly limitSeconds: number;
  private readonly earlyOk: boolean;

  constructor(core: Core, options: OriginateOptions, variables: NamedValues, groups: number) {
    this.core = core;
    this.options = options;
    this.caller = options.caller;
    this.variables = variables;
    this.groups = groups;
    const own = toInteger(variables.get('originate_timeout'));
    const given = options.timeoutSeconds > 0 ? options.timeoutSeconds : this.callTimeout();
    this.limitSeconds = own > 0 ? own : given;
    const early = variables.get('ignore_early_media') ?? '';
    this.earlyOk = !isTrue(early) && early !== 'consume' && early !== 'ring_ready';
  }

  private callTimeout(): number {
    const seconds = toInteger(this.caller?.getVariable('call_timeout'));
    return seconds > 0 ? seconds : 60;
  }

  async tryGroup(legs: readonly DialLeg[]): Promise<OriginateResult> {
    const { caller, core } = this;
    const attempts: Attempt[] = [];
    let reason: string | undefined;
    for (const leg of legs) {
      if (caller !== undefined && !caller.ready) {
        return this.finish(attempts, 'cancelled', undefined, reason);
      }
      const made = await this.call(leg, legs.length);
      if ('cause' in made) {
        reason = made.cause;
        continue;
      }
      attempts.push(made);
    }
    const first = attempts[0]?.channel;
    if (this.options.blocks === false && first !== undefined) {
      core.startSession(first);
      if (caller !== undefined) tie(caller, first);
      return { ok: true, channel: first };
    }
    for (const { channel } of attempts) if (channel !== undefined) core.startSession(channel);
    const { ended, winner } = await this.wait(attempts);
    return this.finish(attempts, ended, winner, reason);
  }

  /** Makes one leg and tells it what it must know. */
  private async call(
    leg: DialLeg,
    legsInGroup: number,
  ): Promise<{ channel: Channel; timeoutSeconds: number } | { cause: string }> {
    const { caller, core } = this;
    const variables = copy(this.variables);
    for (const [name, value] of leg.variables) variables.set(name, value);
    this.variables.set('originate_early_media', String(this.earlyOk));
    const made = await makeOutgoing({
      core,
      caller,
      leg,
      profile: newLegProfile(core, this.options, leg, variables),
      variables,
      forked: legsInGroup > 1 || this.groups > 1,
      timeoutSeconds: this.limitSeconds,
      originate,
    });
    if ('cause' in made) return made;
    const { channel } = made;
    channel.set('ORIGINATING');
    channel.originatedBy = caller;
    if (caller !== undefined) {
      channel.setVariable('max_forwards', String((caller.integerVariable('max_forwards') || 71) - 1));
      channel.setVariable('originator', caller.uuid);
      channel.setVariable('signal_bond', caller.uuid);
      caller.setVariable('originate_signal_bond', channel.uuid);
      channel.profile.originator = cloneProfile(caller.profile);
      channel.lastProfileType = 'originator';
      channel.setVariable('call_uuid', caller.getVariable('call_uuid'));
    }
    core.fire('CHANNEL_OUTGOING', channel);
    for (const [name, value] of this.variables) channel.setVariable(name, value);
    for (const [name, value] of leg.variables) channel.setVariable(name, value);
    if (caller !== undefined) {
      channel.setVariable('originating_leg_uuid', caller.uuid);
      const { calleeIdName, calleeIdNumber } = channel.profile;
      caller.variables.push('originated_legs', `${channel.uuid};${calleeIdName};${calleeIdNumber}`);
    }
    channel.setVariable('originate_endpoint', leg.endpoint);
    channel.handlers.push(originateHandlers);
    return { channel, timeoutSeconds: toInteger(channel.getVariable('leg_timeout')) };
  }

  /** check_channel_status and the loop around it. */
  private async wait(attempts: readonly Attempt[]): Promise<{ ended: Ended; winner?: Channel }> {
    const { caller, core } = this;
    const { clock } = core;
    const startSeconds = clock.seconds();
    const legs = attempts.map(({ channel }) => channel).filter((channel) => channel !== undefined);
    const watched = caller === undefined ? legs : [caller, ...legs];
    let ringing = false;
    for (;;) {
      const versions = watched.map((channel) => channel.version);
      if (caller !== undefined && !caller.ready) return { ended: 'cancelled' };
      const winner = legs.find((leg) => this.isThere(leg));
      if (winner !== undefined) return { ended: 'winner', winner };
      if (legs.every((leg) => isLost(leg))) return { ended: 'failed' };
      if (caller !== undefined && !ringing && legs.some((leg) => leg.has('RING_READY'))) {
        ringing = true;
        if (!isTrue(this.variables.get('ignore_ring_ready'))) ringReady(caller);
        continue;
      }
      if (caller?.hasPrivateMessage === true) {
        await performMessages(caller);
        continue;
      }
      const nowMs = clock.now();
      let nextMs = (startSeconds + this.limitSeconds) * 1000;
      if (nowMs >= nextMs) return { ended: 'timeout' };
      for (const { channel, timeoutSeconds } of attempts) {
        if (channel === undefined || timeoutSeconds <= 0 || !channel.up) continue;
        const endMs = (startSeconds + timeoutSeconds + 1) * 1000;
        if (nowMs >= endMs) channel.hangup('ALLOTTED_TIMEOUT');
        else nextMs = Math.min(nextMs, endMs);
      }
      await waitAny(watched, versions, nextMs - nowMs);
    }
  }

  private isThere(leg: Channel): boolean {
    if (isLost(leg) || leg.state === 'CS_NEW' || leg.state === 'CS_INIT' || leg.state === 'CS_ROUTING')
      return false;
    if (leg.has('ANSWERED') || (this.earlyOk && leg.has('EARLY_MEDIA'))) return true;
    return isTrue(this.variables.get('return_ring_ready')) && leg.has('RING_READY');
  }

  /** Hangs up the losers and writes on the caller how it went. */
  private finish(
    attempts: readonly Attempt[],
    ended: Ended,
    winner: Channel | undefined,
    refused: string | undefined,
  ): OriginateResult {
    const { caller } = this;
    const legs = attempts.map(({ channel }) => channel).filter((channel) => channel !== undefined);
    let reason = refused;
    for (const leg of legs) {
      if (leg === winner) continue;
      if (ended === 'timeout') reason = 'NO_ANSWER';
      else if (ended === 'cancelled') reason = 'ORIGINATOR_CANCEL';
      else if (legs.length > 1) reason = 'LOSE_RACE';
      else reason = leg.hangupCause ?? 'NO_ANSWER';
      leg.hangup(reason);
    }
    let there = winner;
    if (caller !== undefined && winner !== undefined) {
      const connected = winner.has('ANSWERED')
        ? answer(caller)
        : !winner.has('EARLY_MEDIA') || preAnswer(caller);
      if (!connected) winner.hangup('INCOMPATIBLE_DESTINATION');
      if (!connected || !caller.ready) there = undefined;
    }
    const cause = there === undefined ? failureCause(ended, legs, reason, caller) : 'SUCCESS';
    if (caller !== undefined) tellCaller(caller, legs, cause);
    if (there === undefined) {
      for (const leg of legs) if (!isLost(leg)) leg.hangup(cause);
      this.stops =
        ended === 'cancelled' ||
        (ended === 'timeout' && !isTrue(this.variables.get('originate_continue_on_timeout')));
      for (const leg of legs) leg.clear('ORIGINATING');
      return { ok: false, cause };
    }
    for (const leg of legs) leg.clear('ORIGINATING');
    if (caller !== undefined) tie(caller, there);
    return { ok: true, channel: there };
  }
}

/** The caller's partner is this leg from now on. */
function tie(caller: Channel, leg: Channel): void {
  rememberOriginatee(caller, leg);
  caller.setVariable('signal_bond', leg.uuid);
  caller.setVariable('originate_signal_bond', undefined);
}

/** A leg that hung up, or that somebody took elsewhere. */
function isLost(leg: Channel): boolean {
  return (
    !leg.up ||
    leg.state === 'CS_RESET' ||
    leg.has('TRANSFER') ||
    leg.has('REDIRECT') ||
    leg.has('BRIDGED') ||
    !leg.has('ORIGINATING')
  );
}
