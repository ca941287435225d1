import { cloneProfile } from '../caller-profile.js';
import type { Channel, StateHandlers } from '../channel.js';
import { STATE_NUMBER } from '../channel-state.js';
import type { Core } from '../core.js';
import { isTrue } from '../text.js';
import { bridge } from './bridge.js';
import { parkFromOutside } from './park.js';
import { transfer } from './transfer.js';
import { waitUntil } from './wait.js';

function toReset(channel: Channel): boolean {
  channel.setState('CS_RESET');
  return false;
}

/** uuid_bridge_state_handlers of switch_ivr_bridge.c. */
const handlers: StateHandlers = {
  CS_HIBERNATE: toReset,
  CS_CONSUME_MEDIA: toReset,
  CS_RESET: (channel) => {
    channel.clear('ORIGINATING');
    if (channel.has('UUID_BRIDGE_ORIGINATOR')) channel.setState('CS_SOFT_EXECUTE');
    return true;
  },
  CS_SOFT_EXECUTE: onSoftExecute,
};

/** Both legs have let go of what they did: the originator's session waits for the other and bridges. */
async function onSoftExecute(channel: Channel): Promise<boolean> {
  channel.handlers = channel.handlers.filter((each) => each !== handlers);
  if (!channel.has('UUID_BRIDGE_ORIGINATOR')) return true;
  const uuid = channel.variables.get('uuid_bridge');
  const other = uuid === undefined ? undefined : channel.core.locate(uuid);
  if (other === undefined) {
    if (isTrue(channel.getVariable('park_after_bridge'))) parkFromOutside(channel);
    else channel.hangup('DESTINATION_OUT_OF_ORDER');
  } else {
    channel.setVariable('uuid_bridge', undefined);
    await meet(channel, other);
  }
  channel.clear('UUID_BRIDGE_ORIGINATOR');
  return false;
}

async function meet(channel: Channel, other: Channel): Promise<void> {
  const settled = (): boolean => {
    if (!other.up || !channel.up) return true;
    if (other.state !== other.runningState) return false;
    if (other.runningState === 'CS_RESET') other.setState('CS_SOFT_EXECUTE');
    return other.runningState === 'CS_SOFT_EXECUTE';
  };
  await waitUntil([channel, other], settled);
  if (other.has('UUID_BRIDGE_ORIGINATOR')) return;
  if (!channel.ready || !other.readyOutside) {
    const ready = channel.ready;
    if (!ready) other.hangup('DESTINATION_OUT_OF_ORDER');
    if (!other.readyOutside) {
      const target = other.getVariable('rdnis') ?? '';
      if (ready && target !== '') transfer(channel, target);
      else channel.hangup('DESTINATION_OUT_OF_ORDER');
    }
    return;
  }
  for (const [one, peer] of [
    [channel, other],
    [other, channel],
  ] as const) {
    channel.core.fire('CHANNEL_EXECUTE', one, (event) => {
      event.add('Application', 'uuid_bridge');
      event.add('Application-Data', peer.uuid);
    });
  }
  await bridge(channel, other);
  const state = STATE_NUMBER[channel.state];
  const elsewhere = channel.has('TRANSFER') || channel.has('REDIRECT');
  if (
    !elsewhere &&
    state < STATE_NUMBER.CS_HANGUP &&
    channel.state !== 'CS_ROUTING' &&
    channel.state !== 'CS_PARK'
  ) {
    channel.setState('CS_EXECUTE');
  }
}

function prepare(core: Core, channel: Channel, other: Channel): void {
  channel.setVariable('bridge_channel', other.name);
  channel.setVariable('bridge_uuid', other.uuid);
  channel.setVariable('signal_bond', other.uuid);
  channel.setVariable('original_destination_number', channel.profile.destinationNumber);
  channel.setVariable('original_caller_id_name', channel.profile.callerIdName);
  channel.setVariable('original_caller_id_number', channel.profile.callerIdNumber);
  const profile = channel.stepProfile();
  profile.transferSource = `${core.clock.seconds()}:${core.newUuid()}:uuid_br:${other.uuid}`;
}

/** switch_ivr_uuid_bridge: takes two channels out of whatever they do and connects them. */
export function uuidBridge(core: Core, firstUuid: string, secondUuid: string): boolean {
  let originator = core.locate(firstUuid);
  let originatee = core.locate(secondUuid);
  if (originator === undefined || originatee === undefined) return false;
  if (!originator.mediaUp) {
    if (!originatee.mediaUp) return false;
    [originator, originatee] = [originatee, originator];
  }
  if (originator.direction === 'outbound') originator.set('DIALPLAN');
  if (originatee.direction === 'outbound') originatee.clear('DIALPLAN');
  const both = [originator, originatee];
  originator.setVariable('uuid_bridge', originatee.uuid);
  prepare(core, originator, originatee);
  prepare(core, originatee, originator);
  originatee.profile.originator = cloneProfile(originator.profile);
  originatee.lastProfileType = 'originator';
  originator.profile.originatee = cloneProfile(originatee.profile);
  originator.lastProfileType = 'originatee';
  for (const channel of both) {
    channel.set('REDIRECT');
    channel.stopBroadcast();
    channel.set('TRANSFER');
    channel.clear('ORIGINATING');
    channel.variables.push('transfer_history', channel.profile.transferSource);
    channel.setVariable('transfer_source', channel.profile.transferSource);
    channel.handlers = [handlers];
    channel.clearAtNextState('BRIDGE_ORIGINATOR');
    channel.clear('UUID_BRIDGE_ORIGINATOR');
  }
  originator.setAtNextState('UUID_BRIDGE_ORIGINATOR');
  for (const channel of both) {
    channel.setState(channel.state === 'CS_HIBERNATE' ? 'CS_CONSUME_MEDIA' : 'CS_HIBERNATE');
  }
  return true;
}
