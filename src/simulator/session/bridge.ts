import { answer, preAnswer } from './answering.js';
import type { Channel, StateHandlers } from '../channel.js';
import { cloneProfile } from '../caller-profile.js';
import { equalsIgnoringCase, isTrue, separate, toInteger } from '../text.js';
import { handleFailure } from './failure.js';
import { performMessage } from './messages.js';
import { parkFromOutside } from './park.js';
import { transfer } from './transfer.js';
import { waitAny, waitUntil } from './wait.js';

/** One side of a bridge (switch_ivr_bridge_data_t). */
interface Leg {
  readonly channel: Channel;
  readonly other: Channel;
  /** The leg was taken out of the bridge; nothing that follows a bridge is to happen to it. */
  cleanExit: boolean;
}

/** What still has to be begun by the peer's own session. */
const waitingLegs = new WeakMap<Channel, Leg>();

/** audio_bridge_thread: keeps one leg in the bridge. Each leg runs its own, in its own session. */
async function runLeg(leg: Leg): Promise<void> {
  const { channel, other } = leg;
  const { clock } = channel.core;
  let answerLimitMs = Number.POSITIVE_INFINITY;
  const answerTimeout = channel.has('ANSWERED') ? undefined : channel.getVariable('bridge_answer_timeout');
  if (answerTimeout !== undefined && toInteger(answerTimeout) >= 0) {
    answerLimitMs = (clock.seconds() + toInteger(answerTimeout) + 1) * 1000;
  }
  channel.set('BRIDGED');
  await waitUntil([channel, other], () => other.has('BRIDGED') || !channel.up || !other.up, 10_000);
  if (!other.has('BRIDGED')) {
    if (!other.has('TRANSFER') && !other.has('REDIRECT') && other.state !== 'CS_RESET') {
      other.hangup('DESTINATION_OUT_OF_ORDER');
    }
  } else {
    await converse(leg, answerLimitMs);
  }
  channel.flushDigits();
  channel.setVariable('bridge_to', undefined);
  channel.clear('BRIDGED');
  other.changed();
}

async function converse(leg: Leg, answerLimitMs: number): Promise<void> {
  const { channel, other } = leg;
  const { clock } = channel.core;
  const originator = channel.has('BRIDGE_ORIGINATOR');
  for (;;) {
    const versions = [channel.version, other.version];
    if (channel.has('TRANSFER')) leg.cleanExit = true;
    if (leg.cleanExit || other.has('TRANSFER') || !other.has('BRIDGED')) return;
    if (!channel.ready) {
      if (channel.up) leg.cleanExit = true;
      return;
    }
    if (!other.up) return;
    if (channel.hasPrivateMessage) {
      const message = channel.takePrivateMessage();
      if (message !== undefined) await performMessage(channel, message);
      continue;
    }
    if (channel.hasDigit) {
      const digit = channel.takeDigit();
      if (digit !== undefined && !isTrue(channel.getVariable('bridge_filter_dtmf'))) {
        other.endpoint.sendDigits(other, digit);
      }
      continue;
    }
    if (!channel.has('ANSWERED')) {
      if (clock.now() >= answerLimitMs) {
        if (isTrue(channel.getVariable('continue_on_answer_timeout'))) {
          leg.cleanExit = true;
          return;
        }
        channel.hangup('ALLOTTED_TIMEOUT');
        continue;
      }
      if (originator && other.has('ANSWERED')) answer(channel);
      else if (originator && other.has('EARLY_MEDIA')) preAnswer(channel);
    } else if (!other.has('ANSWERED') && other.direction === 'inbound') {
      answer(other);
    }
    await waitAny([channel, other], versions, answerLimitMs - clock.now());
  }
}

/** audio_bridge_on_exchange_media: the peer's part, and what becomes of the peer afterwards. */
async function onExchangeMedia(channel: Channel): Promise<boolean> {
  const leg = waitingLegs.get(channel);
  waitingLegs.delete(channel);
  if (leg === undefined) channel.hangup('DESTINATION_OUT_OF_ORDER');
  else await runLeg(leg);
  channel.handlers = channel.handlers.filter((handlers) => handlers !== peerHandlers);
  const stays =
    leg !== undefined &&
    !leg.cleanExit &&
    !channel.has('TRANSFER') &&
    !channel.has('REDIRECT') &&
    channel.state === 'CS_EXCHANGE_MEDIA';
  if (stays) {
    const after = channel.getVariable('transfer_after_bridge');
    if (isTrue(channel.getVariable('park_after_bridge'))) parkFromOutside(channel);
    else if (after !== undefined) transferAfterBridge(channel, after);
    else channel.hangup(channel.has('ANSWERED') ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL');
    return false;
  }
  if (channel.state === 'CS_EXCHANGE_MEDIA') {
    channel.setVariable('park_timeout', '3');
    channel.setState('CS_PARK');
  }
  return false;
}

const peerHandlers: StateHandlers = {
  CS_ROUTING: (channel) => {
    channel.setState('CS_CONSUME_MEDIA');
    return false;
  },
  CS_CONSUME_MEDIA: () => false,
  CS_EXCHANGE_MEDIA: onExchangeMedia,
};

function transferAfterBridge(channel: Channel, where: string): void {
  channel.setVariable('transfer_after_bridge', undefined);
  const [extension, dialplan, context] = separate(where, ':', 4);
  if (extension !== undefined) transfer(channel, extension, dialplan, context);
}

function tie(channel: Channel, other: Channel): void {
  channel.setVariable('bridge_channel', other.name);
  channel.setVariable('bridge_uuid', other.uuid);
  channel.setVariable('signal_bond', other.uuid);
}

/** switch_ivr_multi_threaded_bridge: connects two legs, in the session of the first, until one has enough. */
export async function bridge(channel: Channel, peer: Channel): Promise<void> {
  const { core } = channel;
  channel.set('BRIDGE_ORIGINATOR');
  peer.clear('BRIDGE_ORIGINATOR');
  const leg: Leg = { channel, other: peer, cleanExit: false };
  peer.handlers.push(peerHandlers);
  if (peer.has('ANSWERED') && !channel.has('ANSWERED')) answer(channel);
  if (!peer.mediaUp && !peer.has('RING_READY')) {
    peer.hangup('NO_ANSWER');
    afterBridge(leg);
    return;
  }
  if (!channel.ready) {
    peer.hangup(channel.hangupCause ?? 'ORIGINATOR_CANCEL');
    afterBridge(leg);
    return;
  }
  peer.setState('CS_CONSUME_MEDIA');
  peer.setVariable('call_uuid', channel.uuid);
  const now = core.clock.microseconds();
  channel.profile.times.bridged = now;
  peer.profile.times.bridged = now;
  fireBridge('CHANNEL_BRIDGE', channel, peer);
  channel.setVariable('bridge_to', peer.uuid);
  peer.setVariable('bridge_to', channel.uuid);
  channel.setVariable('last_bridge_to', peer.uuid);
  peer.setVariable('last_bridge_to', channel.uuid);
  tie(channel, peer);
  tie(peer, channel);
  waitingLegs.set(peer, { channel: peer, other: channel, cleanExit: false });
  peer.setState('CS_EXCHANGE_MEDIA');
  await runLeg(leg);
  channel.clear('BRIDGE_ORIGINATOR');
  await waitUntil([peer], () => peer.state !== 'CS_EXCHANGE_MEDIA');
  if (channel.hangupCause !== undefined) peer.setVariable('bridge_hangup_cause', channel.hangupCause);
  if (peer.hangupCause !== undefined) channel.setVariable('bridge_hangup_cause', peer.hangupCause);
  peer.setVariable('call_uuid', peer.uuid);
  fireBridge('CHANNEL_UNBRIDGE', channel, peer);
  afterBridge(leg);
}

function fireBridge(name: string, channel: Channel, peer: Channel): void {
  channel.core.fire(name, channel, (event) => {
    event.add('Bridge-A-Unique-ID', channel.uuid);
    event.add('Bridge-B-Unique-ID', peer.uuid);
  });
}

function afterBridge(leg: Leg): void {
  const { channel, other: peer } = leg;
  if (!channel.has('TRANSFER') && !channel.has('REDIRECT') && !leg.cleanExit) {
    const cause = peer.hangupCause ?? 'NORMAL_CLEARING';
    const hangsUp = channel.getVariable('hangup_after_bridge');
    const answered = peer.has('ANSWERED');
    if (!answered) handleFailure(channel, cause);
    if (hangsUp !== undefined && equalsIgnoringCase(hangsUp, 'explicit')) channel.hangup(cause);
    if (channel.up && (answered || peer.has('EARLY_MEDIA'))) {
      const after = channel.getVariable('transfer_after_bridge');
      if (answered && isTrue(channel.getVariable('park_after_bridge'))) parkFromOutside(channel);
      else if (answered && after !== undefined) transferAfterBridge(channel, after);
      else if (answered && isTrue(hangsUp)) channel.hangup(cause);
    }
  }
  if (!channel.has('REDIRECT')) return;
  if (channel.has('RESET')) channel.clear('RESET');
  else if (!['CS_RESET', 'CS_PARK', 'CS_ROUTING', 'CS_EXECUTE'].includes(channel.state))
    channel.setState('CS_RESET');
}

/** Gives the caller the callee's profile, as events tell it in `Other-Leg-*`. */
export function rememberOriginatee(channel: Channel, peer: Channel): void {
  channel.profile.originatee = cloneProfile(peer.profile);
  channel.lastProfileType = 'originatee';
}
