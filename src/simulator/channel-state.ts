/** The states of a channel, in FreeSWITCH's order and by its names (switch_channel.c). */
export const STATES = [
  'CS_NEW',
  'CS_INIT',
  'CS_ROUTING',
  'CS_SOFT_EXECUTE',
  'CS_EXECUTE',
  'CS_EXCHANGE_MEDIA',
  'CS_PARK',
  'CS_CONSUME_MEDIA',
  'CS_HIBERNATE',
  'CS_RESET',
  'CS_HANGUP',
  'CS_REPORTING',
  'CS_DESTROY',
  'CS_NONE',
] as const;

export type ChannelState = (typeof STATES)[number];

export const STATE_NUMBER = Object.freeze(
  Object.fromEntries(STATES.map((name, number) => [name, number])) as Record<ChannelState, number>,
);

const HANGUP = STATE_NUMBER.CS_HANGUP;

/** Whether switch_channel_set_state lets a channel go from one state to another. */
export function mayGo(from: ChannelState, to: ChannelState): boolean {
  if (from === to) return false;
  const a = STATE_NUMBER[from];
  const b = STATE_NUMBER[to];
  if (a >= HANGUP) return b > a && to !== 'CS_NONE';
  if (from === 'CS_NEW' || from === 'CS_RESET') return true;
  if (to === 'CS_HANGUP' || to === 'CS_NEW') return false;
  return from === 'CS_HIBERNATE' || to !== 'CS_INIT';
}

export const CALL_STATES = [
  'DOWN',
  'DIALING',
  'RINGING',
  'EARLY',
  'ACTIVE',
  'HELD',
  'RING_WAIT',
  'HANGUP',
  'UNHELD',
] as const;

export type CallState = (typeof CALL_STATES)[number];

/** The flags of switch_channel_flag_t that decide something here, without their `CF_`. */
export type Flag =
  | 'ANSWERED'
  | 'EARLY_MEDIA'
  | 'RING_READY'
  | 'TRANSFER'
  | 'REDIRECT'
  | 'RESET'
  | 'BROADCAST'
  | 'STOP_BROADCAST'
  | 'CONTROLLED'
  | 'PARK'
  | 'EVENT_LOCK'
  | 'BRIDGED'
  | 'BRIDGE_ORIGINATOR'
  | 'UUID_BRIDGE_ORIGINATOR'
  | 'ORIGINATING'
  | 'ZOMBIE_EXEC'
  | 'DIALPLAN'
  | 'NOT_READY';
