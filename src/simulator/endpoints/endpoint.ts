import type { Channel } from '../channel.js';

/** What a channel tells its other end. */
export type Indication = 'answer' | 'progress' | 'ringing';

/** The end of a channel that is not FreeSWITCH's core: a SIP phone, a loopback partner (switch_endpoint_interface). */
export interface Endpoint {
  /** Part of the `Caller-Source` header: `mod_sofia`, `mod_loopback`. */
  readonly module: string;
  readonly codec: 'PCMU' | 'L16';
  /** CS_INIT: sets up the other end. */
  onInit(channel: Channel): void;
  /** CS_HANGUP: lets the other end go. */
  onHangup(channel: Channel): void;
  indicate(channel: Channel, indication: Indication): void;
  /** A digit that the channel sends to its other end. */
  sendDigits(channel: Channel, digits: string): void;
  /** The `respond` application: a final SIP answer. */
  respond?(channel: Channel, data: string): void;
}
