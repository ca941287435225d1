import type { EslCommand } from '../../esl/connection.js';
import type { ChannelData } from '../channel.js';
import { OWNER } from './marks.js';

/**
 * Only channels that carry a program, or are under a daemon's control, are told of: the filter runs inside FreeSWITCH.
 * JSON, because the plain format does not tell `%20` in a value from a blank (switch_utils.h switch_url_encode).
 * @param wanted parks: channels that wait for a program; answers: of channels that `socket` gave to a daemon
 *   (mod_event_socket.c socket_function sets `socket_host`) or that are attached
 */
export function newsSubscriptions(wanted: {
  readonly parks: boolean;
  readonly answers: boolean;
}): EslCommand[] {
  const { parks, answers } = wanted;
  if (!parks && !answers) return [];
  const events = [...(parks ? ['CHANNEL_PARK'] : []), ...(answers ? ['CHANNEL_ANSWER'] : [])];
  const variables = [...(parks ? ['cti_curl', 'cti_flow'] : []), ...(answers ? ['socket_host', OWNER] : [])];
  return [
    { line: `event json ${events.join(' ')}` },
    ...variables.map((name) => ({ line: `filter variable_${name} /./` })),
  ];
}

/** A uuid may be of anybody's choosing (origination_uuid), and becomes a word in commands and lists. */
export function isPlainUuid(uuid: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(uuid);
}

/**
 * Whether a parked channel waits for a program to be run. One that has been under control already does not: it may
 * have been parked by an agent who has it now. `socket` leaves `socket_host` (mod_event_socket.c socket_function);
 * an asynchronous one parks by itself.
 */
export function waitsForProgram(data: ChannelData): boolean {
  const has = (name: string): boolean => (data.variable(name) ?? '') !== '';
  if (!has('cti_curl') && !has('cti_flow')) return false;
  if (data.variable('current_application') === 'socket') return false;
  return !['cti_status', 'cti_state', 'cti_o1', 'socket_host', OWNER].some(has);
}

/** FreeSWITCH keeps the name of the application that was begun last (switch_core_session.c exec_app). */
export function isParked(data: ChannelData): boolean {
  return data.variable('current_application') === 'park';
}
