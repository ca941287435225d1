import { toCause } from '../cause.js';
import type { Channel } from '../channel.js';
import { toInteger } from '../text.js';
import { performMessage, performMessages } from './messages.js';

/** switch_ivr_park: keeps the channel and does what messages ask for, until it is wanted elsewhere. */
export async function park(channel: Channel): Promise<void> {
  if (channel.has('CONTROLLED') || channel.state === 'CS_RESET') return;
  const { clock } = channel.core;
  let expiresAtMs = Number.POSITIVE_INFINITY;
  let timeoutCause = 'NORMAL_CLEARING';
  const timeout = channel.variables.get('park_timeout');
  if (timeout !== undefined) {
    const colon = timeout.indexOf(':');
    if (colon >= 0) timeoutCause = toCause(timeout.slice(colon + 1));
    const seconds = toInteger(timeout);
    if (seconds >= 0) expiresAtMs = (clock.seconds() + seconds) * 1000;
    channel.setVariable('park_timeout', undefined);
    channel.setVariable('park_after_bridge', undefined);
  }
  channel.set('CONTROLLED');
  channel.set('PARK');
  channel.core.fire('CHANNEL_PARK', channel);
  for (;;) {
    const { version } = channel;
    if (!stays(channel)) break;
    if (clock.now() >= expiresAtMs) {
      channel.hangup(timeoutCause);
      break;
    }
    if (channel.hasPrivateMessage) {
      // The loop looks at its queue between packets of 20 ms; a message ends the reading of a packet that is there.
      await new Promise<void>((resolve) => clock.after(channel.mediaUp ? 5 : 20, resolve));
      if (!stays(channel)) continue;
      // Before there is media one message at a time is taken, not as a nested loop.
      if (channel.mediaUp) await performMessages(channel);
      else {
        const message = channel.takePrivateMessage();
        if (message !== undefined) await performMessage(channel, message);
      }
      continue;
    }
    if (channel.takeDigit() !== undefined) continue;
    await channel.waitSince(version, expiresAtMs - clock.now());
  }
  channel.clear('CONTROLLED');
  channel.clear('PARK');
  channel.core.fire('CHANNEL_UNPARK', channel);
}

function stays(channel: Channel): boolean {
  return channel.ready && channel.has('CONTROLLED') && channel.has('PARK');
}

/** switch_ivr_park_session, what uuid_park does: the channel parks as soon as it lets go of what it is doing. */
export function parkFromOutside(channel: Channel): void {
  channel.set('TRANSFER');
  channel.setState('CS_PARK');
}
