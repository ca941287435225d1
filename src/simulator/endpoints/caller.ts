import { newCallerProfile } from '../caller-profile.js';
import { Channel } from '../channel.js';
import type { Core } from '../core.js';
import type { Endpoint, Indication } from './endpoint.js';
import { causeOfSipStatus } from './sip-cause.js';

/** What a simulated caller dials; byte strings. */
export interface CallerOptions {
  readonly destination: string;
  readonly context: string;
  readonly dialplan: string;
  readonly callerIdNumber: string;
  readonly callerIdName: string;
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly onIndication?: (indication: Indication) => void;
  readonly onDigits?: (digits: string) => void;
}

/** A phone that calls in over SIP (mod_sofia, profile `internal`). */
class CallerEndpoint implements Endpoint {
  readonly module = 'mod_sofia';
  readonly codec = 'PCMU';
  private readonly options: CallerOptions;

  constructor(options: CallerOptions) {
    this.options = options;
  }

  onInit(channel: Channel): void {
    channel.setState('CS_ROUTING');
  }

  onHangup(): void {
    // The phone hears it by SIP; nothing here listens.
  }

  indicate(_channel: Channel, indication: Indication): void {
    this.options.onIndication?.(indication);
  }

  sendDigits(_channel: Channel, digits: string): void {
    this.options.onDigits?.(digits);
  }

  respond(channel: Channel, data: string): void {
    const code = Number.parseInt(data, 10);
    if (code < 300 || Number.isNaN(code) || channel.has('ANSWERED')) return;
    channel.hangup(causeOfSipStatus(code));
  }
}

/** Makes the channel of an incoming call; it starts with `core.startSession`. */
export function newCallerChannel(core: Core, options: CallerOptions): Channel {
  const number = options.callerIdNumber;
  const profile = newCallerProfile(
    {
      username: number,
      dialplan: options.dialplan,
      callerIdName: options.callerIdName,
      callerIdNumber: number,
      networkAddr: '127.0.0.1',
      destinationNumber: options.destination,
      source: 'mod_sofia',
      context: options.context,
    },
    core.clock.microseconds(),
  );
  const channel = new Channel(core, 'inbound', new CallerEndpoint(options), profile);
  const set = (name: string, value: string): void => channel.setVariable(name, value);
  set('sip_from_user', number);
  set('sip_from_uri', `${number}@127.0.0.1`);
  set('sip_from_host', '127.0.0.1');
  channel.rename(`sofia/internal/${number}@127.0.0.1`);
  set('sip_call_id', `${channel.sessionNumber}-${channel.uuid.slice(0, 8)}@127.0.0.1`);
  set('sip_local_network_addr', '127.0.0.1');
  set('sip_network_ip', '127.0.0.1');
  set('sip_network_port', '5060');
  set('sip_invite_stamp', String(profile.times.created));
  set('sip_received_ip', '127.0.0.1');
  set('sip_received_port', '5060');
  set('sip_via_protocol', 'udp');
  set('sip_from_user_stripped', number);
  set('sofia_profile_name', 'internal');
  set('sofia_profile_url', 'sip:mod_sofia@127.0.0.1:5060');
  set('recovery_profile_name', 'internal');
  set('sip_from_display', options.callerIdName);
  set('sip_full_from', `"${options.callerIdName}" <sip:${number}@127.0.0.1>;tag=${channel.uuid.slice(0, 8)}`);
  set('sip_full_to', `<sip:${options.destination}@127.0.0.1>`);
  set('sip_req_user', options.destination);
  set('sip_req_uri', `${options.destination}@127.0.0.1`);
  set('sip_req_host', '127.0.0.1');
  set('sip_to_user', options.destination);
  set('sip_to_uri', `${options.destination}@127.0.0.1`);
  set('sip_to_host', '127.0.0.1');
  set('sip_contact_user', number);
  set('sip_contact_uri', `${number}@127.0.0.1`);
  set('sip_contact_host', '127.0.0.1');
  set('sip_via_host', '127.0.0.1');
  set('max_forwards', '70');
  set('ep_codec_string', 'CORE_PCM_MODULE.PCMU@8000h@20i@64000b');
  set('rtp_use_codec_name', 'PCMU');
  set('rtp_use_codec_rate', '8000');
  set('rtp_use_codec_ptime', '20');
  set('read_codec', 'PCMU');
  set('read_rate', '8000');
  set('write_codec', 'PCMU');
  set('write_rate', '8000');
  set('dtmf_type', 'rfc2833');
  set('endpoint_disposition', 'RECEIVED');
  for (const [name, value] of options.variables) set(name, value);
  return channel;
}
