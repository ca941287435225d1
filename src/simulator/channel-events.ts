import { addProfileHeaders } from './caller-profile.js';
import { STATE_NUMBER } from './channel-state.js';
import type { Channel } from './channel.js';
import type { SwitchEvent } from './event.js';

/** Events that carry the channel's variables (switch_channel_event_set_extended_data). */
const WITH_VARIABLES = new Set([
  'CHANNEL_CREATE',
  'CHANNEL_ORIGINATE',
  'CHANNEL_UUID',
  'CHANNEL_ANSWER',
  'CHANNEL_PARK',
  'CHANNEL_UNPARK',
  'CHANNEL_BRIDGE',
  'CHANNEL_UNBRIDGE',
  'CHANNEL_PROGRESS',
  'CHANNEL_PROGRESS_MEDIA',
  'CHANNEL_HANGUP',
  'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_DATA',
  'CHANNEL_EXECUTE',
  'CHANNEL_EXECUTE_COMPLETE',
  'CHANNEL_DESTROY',
  'SESSION_HEARTBEAT',
  'API',
  'RECORD_START',
  'RECORD_STOP',
  'PLAYBACK_START',
  'PLAYBACK_STOP',
  'CALL_UPDATE',
  'CHANNEL_HOLD',
  'CHANNEL_UNHOLD',
  'CUSTOM',
]);

function addCodec(event: SwitchEvent, side: 'Read' | 'Write', codec: 'PCMU' | 'L16'): void {
  event.add(`Channel-${side}-Codec-Name`, codec);
  event.add(`Channel-${side}-Codec-Rate`, 8000);
  event.add(`Channel-${side}-Codec-Bit-Rate`, codec === 'PCMU' ? 64000 : 128000);
}

function answerState(channel: Channel): string {
  if (!channel.up) return 'hangup';
  if (channel.has('ANSWERED')) return 'answered';
  return channel.has('EARLY_MEDIA') ? 'early' : 'ringing';
}

/** switch_channel_event_set_data: everything FreeSWITCH tells of a channel in an event or to `connect`. */
export function addChannelHeaders(event: SwitchEvent, channel: Channel): void {
  event.add('Channel-State', channel.runningState);
  event.add('Channel-Call-State', channel.callState);
  event.add('Channel-State-Number', STATE_NUMBER[channel.state]);
  event.add('Channel-Name', channel.name);
  event.add('Unique-ID', channel.uuid);
  event.add('Call-Direction', channel.direction);
  event.add('Presence-Call-Direction', channel.direction);
  event.add('Channel-HIT-Dialplan', String(channel.direction === 'inbound' || channel.has('DIALPLAN')));
  event.add('Channel-Presence-ID', channel.variables.get('presence_id'));
  event.add('Channel-Call-UUID', channel.variables.get('call_uuid') ?? channel.uuid);
  event.add('Answer-State', answerState(channel));
  event.add('Hangup-Cause', channel.hangupCause);
  addCodec(event, 'Read', channel.endpoint.codec);
  addCodec(event, 'Write', channel.endpoint.codec);
  addProfileHeaders(event, 'Caller', channel.profile);
  if (channel.profile.originator !== undefined && channel.lastProfileType === 'originator') {
    event.add('Other-Type', 'originator');
    addProfileHeaders(event, 'Other-Leg', channel.profile.originator);
  } else if (channel.profile.originatee !== undefined && channel.lastProfileType === 'originatee') {
    event.add('Other-Type', 'originatee');
    addProfileHeaders(event, 'Other-Leg', channel.profile.originatee);
  }
  if (!WITH_VARIABLES.has(event.name)) return;
  for (const [name, value] of channel.scopeVariables ?? []) event.add(`scope_variable_${name}`, value);
  for (const [name, value] of channel.variables) event.add(`variable_${name}`, value);
}
