import { causeNumber } from '../cause.js';
import type { Channel } from '../channel.js';
import { equalsIgnoringCase, isTrue, separate } from '../text.js';
import { transfer } from './transfer.js';

function lists(list: string, cause: string): boolean {
  const number = String(causeNumber(cause));
  return separate(list, ',', 256).some((item) => equalsIgnoringCase(item, cause) || item === number);
}

/**
 * switch_channel_handle_cause: after a failed bridge the caller is hung up, unless continue_on_fail or
 * failure_causes say otherwise, or nobody answered.
 */
export function handleFailure(channel: Channel, cause: string): void {
  if (!channel.up) return;
  if (cause !== 'ATTENDED_TRANSFER') {
    const goesOn = channel.getVariable('continue_on_fail');
    const failures = channel.getVariable('failure_causes');
    if (goesOn === undefined && failures === undefined) {
      if (['NO_ANSWER', 'NO_USER_RESPONSE', 'ORIGINATOR_CANCEL'].includes(cause)) return;
    }
    if (failures !== undefined && !lists(failures, cause)) return;
    if (goesOn !== undefined && (isTrue(goesOn) || lists(goesOn, cause))) return;
    const target = channel.getVariable('transfer_on_fail');
    if (target !== undefined) {
      // `<causes> [<extension>|auto_cause [<dialplan> [<context>]]]`
      const [causes = '', named, dialplan, context] = separate(target, ' ', 4);
      if (isTrue(causes)) return;
      const extension = named === undefined || equalsIgnoringCase(named, 'auto_cause') ? cause : named;
      if (lists(causes, cause)) transfer(channel, extension, dialplan, context);
    }
  }
  if (!channel.has('TRANSFER') && channel.state !== 'CS_ROUTING') channel.hangup(cause);
}
