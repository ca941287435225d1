import type { Channel } from '../channel.js';

/** switch_channel_answer: tells the caller that the call is taken. False when the channel is gone. */
export function answer(channel: Channel): boolean {
  if (channel.direction === 'outbound') return true;
  if (!channel.up) return false;
  if (channel.has('ANSWERED')) return true;
  channel.endpoint.indicate(channel, 'answer');
  markAnswered(channel);
  return channel.up;
}

/** switch_channel_mark_answered: the far end of the channel has answered. */
export function markAnswered(channel: Channel): void {
  if (!channel.up || channel.has('ANSWERED')) return;
  channel.profile.times.answered = channel.core.clock.microseconds();
  channel.set('ANSWERED');
  channel.core.fire('CHANNEL_ANSWER', channel);
  channel.setVariable('endpoint_disposition', 'ANSWER');
  channel.setCallState('ACTIVE');
  channel.originatedBy?.changed();
}

/** switch_channel_pre_answer: opens the media without answering. False when the channel is gone. */
export function preAnswer(channel: Channel): boolean {
  if (!channel.up) return false;
  if (channel.mediaUp) return true;
  channel.endpoint.indicate(channel, 'progress');
  markPreAnswered(channel);
  return true;
}

export function markPreAnswered(channel: Channel): void {
  if (!channel.up || channel.mediaUp) return;
  channel.set('EARLY_MEDIA');
  channel.setVariable('endpoint_disposition', 'EARLY MEDIA');
  channel.profile.times.progressMedia = channel.core.clock.microseconds();
  channel.core.fire('CHANNEL_PROGRESS_MEDIA', channel);
  channel.setCallState('EARLY');
  channel.originatedBy?.changed();
}

/** switch_channel_ring_ready: lets the caller hear that it rings. */
export function ringReady(channel: Channel): void {
  if (channel.direction === 'outbound' || !mayRing(channel)) return;
  channel.endpoint.indicate(channel, 'ringing');
  markRingReady(channel);
}

export function markRingReady(channel: Channel): void {
  if (!mayRing(channel)) return;
  channel.set('RING_READY');
  channel.setVariable('endpoint_disposition', 'RING READY');
  channel.profile.times.progress = channel.core.clock.microseconds();
  channel.core.fire('CHANNEL_PROGRESS', channel);
  channel.setCallState('RINGING');
  channel.originatedBy?.changed();
}

function mayRing(channel: Channel): boolean {
  return channel.up && !channel.has('RING_READY') && !channel.mediaUp;
}
