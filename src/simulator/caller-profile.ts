import type { SwitchEvent } from './event.js';

export type Direction = 'inbound' | 'outbound';

/** Microseconds since 1970; 0 for what did not happen. */
export interface CallTimes {
  profileCreated: number;
  created: number;
  answered: number;
  progress: number;
  progressMedia: number;
  hungUp: number;
  transferred: number;
  bridged: number;
}

/** Who calls whom (switch_caller.c); a transfer makes a new one, so a channel has a row of them. */
export interface CallerProfile {
  direction: Direction;
  logicalDirection: Direction;
  username: string;
  dialplan: string;
  callerIdName: string;
  callerIdNumber: string;
  origCallerIdName: string;
  origCallerIdNumber: string;
  calleeIdName: string;
  calleeIdNumber: string;
  networkAddr: string;
  ani: string;
  aniii: string;
  destinationNumber: string;
  uuid: string;
  source: string;
  transferSource: string;
  context: string;
  rdnis: string;
  channelName: string;
  profileIndex: string;
  times: CallTimes;
  originator?: CallerProfile;
  originatee?: CallerProfile;
}

export function newCallerProfile(fields: Partial<CallerProfile>, nowMicroseconds: number): CallerProfile {
  return {
    direction: 'inbound',
    logicalDirection: 'inbound',
    username: '',
    dialplan: 'XML',
    callerIdName: '',
    callerIdNumber: '',
    origCallerIdName: fields.callerIdName ?? '',
    origCallerIdNumber: fields.callerIdNumber ?? '',
    calleeIdName: '',
    calleeIdNumber: '',
    networkAddr: '',
    ani: fields.callerIdNumber ?? '',
    aniii: '',
    destinationNumber: '',
    uuid: '',
    source: '',
    transferSource: '',
    context: 'default',
    rdnis: '',
    channelName: '',
    profileIndex: '',
    times: newTimes(nowMicroseconds),
    ...fields,
  };
}

export function newTimes(nowMicroseconds: number): CallTimes {
  return {
    profileCreated: nowMicroseconds,
    created: nowMicroseconds,
    answered: 0,
    progress: 0,
    progressMedia: 0,
    hungUp: 0,
    transferred: 0,
    bridged: 0,
  };
}

/** switch_caller_profile_clone; the legs' profiles, the index and where a transfer came from are not taken along. */
export function cloneProfile(profile: CallerProfile): CallerProfile {
  const copy: CallerProfile = {
    ...profile,
    profileIndex: '',
    transferSource: '',
    times: { ...profile.times },
  };
  delete copy.originator;
  delete copy.originatee;
  return copy;
}

const FIELDS: Readonly<Record<string, (profile: CallerProfile) => string | number>> = {
  dialplan: (p) => p.dialplan,
  username: (p) => p.username,
  caller_id_name: (p) => p.callerIdName,
  caller_id_number: (p) => p.callerIdNumber,
  orig_caller_id_name: (p) => p.origCallerIdName,
  orig_caller_id_number: (p) => p.origCallerIdNumber,
  callee_id_name: (p) => p.calleeIdName,
  callee_id_number: (p) => p.calleeIdNumber,
  ani: (p) => p.ani,
  aniii: (p) => p.aniii,
  network_addr: (p) => p.networkAddr,
  rdnis: (p) => p.rdnis,
  destination_number: (p) => p.destinationNumber,
  uuid: (p) => p.uuid,
  source: (p) => p.source,
  transfer_source: (p) => p.transferSource,
  context: (p) => p.context,
  chan_name: (p) => p.channelName,
  profile_index: (p) => p.profileIndex,
  caller_ton: () => '0',
  caller_numplan: () => '0',
  destination_number_ton: () => '0',
  destination_number_numplan: () => '0',
  ani_ton: () => '0',
  ani_numplan: () => '0',
  rdnis_ton: () => '0',
  rdnis_numplan: () => '0',
  screen_bit: () => 'true',
  privacy_hide_name: () => 'false',
  privacy_hide_number: () => 'false',
  profile_created_time: (p) => p.times.profileCreated,
  created_time: (p) => p.times.created,
  answered_time: (p) => p.times.answered,
  progress_time: (p) => p.times.progress,
  progress_media_time: (p) => p.times.progressMedia,
  hungup_time: (p) => p.times.hungUp,
  transferred_time: (p) => p.times.transferred,
};

/** switch_caller_get_field_by_name; undefined for a name that is no field. */
export function profileField(profile: CallerProfile, name: string): string | undefined {
  const read = FIELDS[name.toLowerCase()];
  return read === undefined ? undefined : String(read(profile));
}

/** switch_caller_profile_event_set_data. */
export function addProfileHeaders(event: SwitchEvent, prefix: string, profile: CallerProfile): void {
  const add = (name: string, value: string): void => {
    if (value !== '') event.add(`${prefix}-${name}`, value);
  };
  add('Direction', profile.direction);
  add('Logical-Direction', profile.logicalDirection);
  add('Username', profile.username);
  add('Dialplan', profile.dialplan);
  add('Caller-ID-Name', profile.callerIdName);
  add('Caller-ID-Number', profile.callerIdNumber);
  if (profile.callerIdName !== '') add('Orig-Caller-ID-Name', profile.origCallerIdName);
  if (profile.callerIdNumber !== '') add('Orig-Caller-ID-Number', profile.origCallerIdNumber);
  add('Callee-ID-Name', profile.calleeIdName);
  add('Callee-ID-Number', profile.calleeIdNumber);
  add('Network-Addr', profile.networkAddr);
  add('ANI', profile.ani);
  add('ANI-II', profile.aniii);
  add('Destination-Number', profile.destinationNumber);
  add('Unique-ID', profile.uuid);
  add('Source', profile.source);
  add('Transfer-Source', profile.transferSource);
  add('Context', profile.context);
  add('RDNIS', profile.rdnis);
  add('Channel-Name', profile.channelName);
  add('Profile-Index', profile.profileIndex);
  const { times } = profile;
  event.add(`${prefix}-Profile-Created-Time`, times.profileCreated);
  event.add(`${prefix}-Channel-Created-Time`, times.created);
  event.add(`${prefix}-Channel-Answered-Time`, times.answered);
  event.add(`${prefix}-Channel-Progress-Time`, times.progress);
  event.add(`${prefix}-Channel-Progress-Media-Time`, times.progressMedia);
  event.add(`${prefix}-Channel-Hangup-Time`, times.hungUp);
  event.add(`${prefix}-Channel-Transfer-Time`, times.transferred);
  event.add(`${prefix}-Channel-Resurrect-Time`, 0);
  event.add(`${prefix}-Channel-Bridged-Time`, times.bridged);
  event.add(`${prefix}-Channel-Last-Hold`, 0);
  event.add(`${prefix}-Channel-Hold-Accum`, 0);
  event.add(`${prefix}-Screen-Bit`, 'true');
  event.add(`${prefix}-Privacy-Hide-Name`, 'false');
  event.add(`${prefix}-Privacy-Hide-Number`, 'false');
}
