import { STATE_NUMBER } from '../channel-state.js';
import { causeQ850 } from '../cause.js';
import type { Channel } from '../channel.js';
import { hunt } from '../dialplan/hunt.js';
import { executeApplication } from './execute.js';
import { park } from './park.js';
import { performMessages } from './messages.js';
import { setTimestamps } from './timestamps.js';

const HANGUP = STATE_NUMBER.CS_HANGUP;

/** switch_core_session_run: the life of a channel, from CS_INIT to its end. */
export async function runSession(channel: Channel): Promise<void> {
  while (channel.state !== 'CS_DESTROY') {
    const { state } = channel;
    if (state !== channel.runningState || STATE_NUMBER[state] >= HANGUP) {
      channel.setRunningState(state);
      channel.clear('TRANSFER');
      channel.clear('REDIRECT');
      if (state === 'CS_HANGUP') await onHangup(channel);
      else if (state === 'CS_REPORTING') onReporting(channel);
      else await runState(channel);
    }
    const { version } = channel;
    if (channel.state !== channel.runningState) continue;
    await performMessages(channel);
    if (channel.state !== channel.runningState) continue;
    await channel.waitSince(version);
    await performMessages(channel);
  }
  channel.core.unregister(channel);
  channel.core.fire('CHANNEL_DESTROY', channel);
  channel.setRunningState('CS_DESTROY');
}

/** STATE_MACRO: the handlers of the channel, then the standard one, unless the state changed or one said no. */
async function runState(channel: Channel): Promise<void> {
  const { state } = channel;
  if (state === 'CS_INIT') {
    channel.endpoint.onInit(channel);
    channel.core.fire('CHANNEL_CREATE', channel);
    if (channel.direction === 'outbound') channel.core.fire('CHANNEL_ORIGINATE', channel);
    return;
  }
  for (const handlers of [...channel.handlers]) {
    const handler = handlers[state];
    if (handler !== undefined && !(await handler(channel))) return;
  }
  if (channel.state !== state) return;
  if (state === 'CS_ROUTING') await onRouting(channel);
  else if (state === 'CS_EXECUTE') await onExecute(channel);
  else if (state === 'CS_RESET') channel.setVariable('call_uuid', channel.uuid);
  else if (state === 'CS_PARK') {
    channel.flushDigits();
    await park(channel);
  }
}

async function onRouting(channel: Channel): Promise<void> {
  channel.setVariable('call_uuid', channel.uuid);
  if (channel.queuedExtension !== undefined) {
    channel.extension = channel.queuedExtension;
    channel.queuedExtension = undefined;
    channel.setState('CS_EXECUTE');
    return;
  }
  const found = await hunt(channel, channel.profile, executeApplication);
  if (found === undefined) {
    channel.hangup('NO_ROUTE_DESTINATION');
    return;
  }
  channel.extension = found;
  channel.setState('CS_EXECUTE');
}

/** switch_core_standard_on_execute. */
async function onExecute(channel: Channel): Promise<void> {
  channel.setVariable('call_uuid', channel.uuid);
  channel.clear('RESET');
  while (channel.state === 'CS_EXECUTE') {
    const { extension } = channel;
    if (extension === undefined) {
      channel.hangup('NORMAL_CLEARING');
      return;
    }
    const item = extension.applications[extension.next];
    if (item === undefined) break;
    extension.next += 1;
    if ((await executeApplication(channel, item.application, item.data)) !== 'ok') return;
    channel.clear('RESET');
  }
  if (channel.ready && channel.state === 'CS_EXECUTE') channel.hangup('NORMAL_CLEARING');
}

async function onHangup(channel: Channel): Promise<void> {
  const cause = channel.hangupCause ?? 'NORMAL_CLEARING';
  channel.profile.times.hungUp = channel.core.clock.microseconds();
  channel.stopBroadcast();
  channel.setVariable('hangup_cause', cause);
  channel.setVariable('hangup_cause_q850', String(causeQ850(cause)));
  setTimestamps(channel);
  channel.setCallState('HANGUP');
  channel.endpoint.onHangup(channel);
  if (channel.has('ZOMBIE_EXEC')) {
    const { extension } = channel;
    for (let item = extension?.applications[extension.next]; extension !== undefined && item !== undefined;) {
      extension.next += 1;
      if ((await executeApplication(channel, item.application, item.data)) === 'failed') break;
      item = extension.applications[extension.next];
    }
  }
  channel.setState('CS_REPORTING');
}

function onReporting(channel: Channel): void {
  channel.core.fire('CHANNEL_HANGUP_COMPLETE', channel, (event) => {
    event.add('Hangup-Cause', channel.hangupCause);
  });
  channel.setState('CS_DESTROY');
}
