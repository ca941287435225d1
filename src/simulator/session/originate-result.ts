import type { Channel } from '../channel.js';

/** How the calling of one group of legs ended. */
export type Ended = 'winner' | 'timeout' | 'cancelled' | 'failed';

const DIAL_STATUS: Readonly<Record<string, string>> = {
  ORIGINATOR_CANCEL: 'CANCEL',
  USER_BUSY: 'BUSY',
  NO_ANSWER: 'NOANSWER',
  DESTINATION_OUT_OF_ORDER: 'INVALIDARGS',
  INVALID_PROFILE: 'INVALIDARGS',
  CALL_REJECTED: 'DONTCALL',
};

/** Leaves on the caller what came of it; on success both variables say SUCCESS. */
export function tellCaller(caller: Channel, legs: readonly Channel[], cause: string): void {
  caller.setVariable('originate_disposition', cause);
  caller.setVariable('DIALSTATUS', DIAL_STATUS[cause] ?? cause);
  for (const leg of legs)
    caller.variables.push('originate_causes', `${leg.uuid};${leg.hangupCause ?? 'NONE'}`);
}

/** The one cause that stands for all: the first leg's, or why no leg could be made. */
export function failureCause(
  ended: Ended,
  legs: readonly Channel[],
  reason: string | undefined,
  caller: Channel | undefined,
): string {
  if (ended === 'cancelled') return 'ORIGINATOR_CANCEL';
  if (ended === 'timeout') return 'NO_ANSWER';
  return legs[0]?.hangupCause ?? reason ?? caller?.hangupCause ?? 'DESTINATION_OUT_OF_ORDER';
}
