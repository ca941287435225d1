import type { Channel, Extension, PrivateMessage, PlannedApplication } from '../channel.js';
import { toCause } from '../cause.js';
import { equalsIgnoringCase, isTrue, toInteger } from '../text.js';
import { executeApplication } from './execute.js';

function header(message: PrivateMessage, name: string): string | undefined {
  return message.headers.find(([other]) => other === name)?.[1];
}

/** switch_ivr_parse_event: does what a `sendmsg` asks for. True when all is well and the next one may follow. */
export async function performMessage(channel: Channel, message: PrivateMessage): Promise<boolean> {
  const command = header(message, 'call-command');
  if (command === undefined || command === '') return false;
  const locked = isTrue(header(message, 'event-lock'));
  if (locked) channel.set('EVENT_LOCK');
  if (command === 'execute') await execute(channel, message);
  else if (command === 'xferext') transferToApplications(channel, message);
  else if (command === 'hangup') {
    const cause = header(message, 'hangup-cause');
    channel.hangup(cause === undefined ? 'NORMAL_CLEARING' : toCause(cause));
  }
  if (locked) channel.clear('EVENT_LOCK');
  return channel.breakFlag === 0;
}

async function execute(channel: Channel, message: PrivateMessage): Promise<void> {
  const application = header(message, 'execute-app-name');
  if (application === undefined || application === '') return;
  let data = header(message, 'execute-app-arg');
  if ((data ?? '') === '' && equalsIgnoringCase(header(message, 'content-type') ?? '', 'text/plain')) {
    data = message.body;
  }
  const loops = toInteger(header(message, 'loops') ?? '1');
  const eventUuid = header(message, 'event-uuid');
  const eventUuidName = header(message, 'event-uuid-name');
  channel.clear('STOP_BROADCAST');
  let inner = !channel.has('BRIDGED');
  if (!channel.has('BROADCAST')) {
    channel.set('BROADCAST');
    inner = false;
  }
  for (let loop = 1; loop <= loops || loops < 0; loop += 1) {
    if (eventUuid !== undefined) channel.setVariable('app_uuid', eventUuid);
    if (eventUuidName !== undefined) channel.setVariable('app_uuid_name', eventUuidName);
    channel.setVariable('current_loop', String(loop));
    channel.setVariable('total_loops', String(loops));
    const startedAtMs = channel.core.clock.now();
    if ((await executeApplication(channel, application, data ?? '')) !== 'ok') {
      if (!inner || channel.has('STOP_BROADCAST')) channel.clear('BROADCAST');
      break;
    }
    const tookMs = channel.core.clock.now() - startedAtMs;
    if (!channel.ready || channel.has('STOP_BROADCAST') || tookMs < 500) break;
  }
  channel.setVariable('current_loop', undefined);
  channel.setVariable('total_loops', undefined);
  if (!inner) channel.clear('BROADCAST');
  if (channel.has('STOP_BROADCAST')) {
    channel.clear('BROADCAST');
    channel.breakFlag = 1;
    channel.changed();
  }
}

/** `xferext`: the applications in the message replace what the channel was to do (switch_channel_transfer_to_extension). */
function transferToApplications(channel: Channel, message: PrivateMessage): void {
  const applications: PlannedApplication[] = [];
  for (const [name, value] of message.headers) {
    if (name !== 'application') continue;
    const space = value.indexOf(' ');
    applications.push(
      space < 0
        ? { application: value, data: '' }
        : { application: value.slice(0, space), data: value.slice(space + 1) },
    );
  }
  const extension: Extension = { name: 'xferext', applications, next: 0 };
  channel.queuedExtension = extension;
  channel.set('TRANSFER');
  channel.setState('CS_ROUTING');
}

/** switch_ivr_parse_all_events: runs everything that waits in the private queue, unless it is locked. */
export async function performMessages(channel: Channel): Promise<void> {
  channel.stackCount += 1;
  try {
    for (;;) {
      const message = channel.takePrivateMessage();
      if (message === undefined) return;
      const well = await performMessage(channel, message);
      channel.core.fire('PRIVATE_COMMAND', channel);
      if (!well) return;
    }
  } finally {
    channel.stackCount -= 1;
  }
}
