import type { CallView } from '../source/port.js';
import type { ChannelData } from '../switch/channel.js';
import type { Outcome } from './outcome.js';

/**
 * FreeSWITCH's own names for the fields of a caller profile (switch_caller.c switch_caller_get_field_by_name) and
 * the headers that carry them.
 */
const PROFILE_FIELDS: Readonly<Record<string, string>> = {
  dialplan: 'Caller-Dialplan',
  username: 'Caller-Username',
  caller_id_name: 'Caller-Caller-ID-Name',
  caller_id_number: 'Caller-Caller-ID-Number',
  orig_caller_id_name: 'Caller-Orig-Caller-ID-Name',
  orig_caller_id_number: 'Caller-Orig-Caller-ID-Number',
  callee_id_name: 'Caller-Callee-ID-Name',
  callee_id_number: 'Caller-Callee-ID-Number',
  network_addr: 'Caller-Network-Addr',
  ani: 'Caller-ANI',
  aniii: 'Caller-ANI-II',
  rdnis: 'Caller-RDNIS',
  destination_number: 'Caller-Destination-Number',
  uuid: 'Unique-ID',
  source: 'Caller-Source',
  transfer_source: 'Caller-Transfer-Source',
  context: 'Caller-Context',
  chan_name: 'Caller-Channel-Name',
  profile_index: 'Caller-Profile-Index',
};

/**
 * What is known of a call: the channel as it was handed over, and what its actions have left since. To FreeSWITCH
 * upper and lower case of a variable's name are the same (switch_event.c: switch_event_get_header_ptr).
 */
export class KnownCall implements CallView {
  readonly uuid: string;
  readonly #data: ChannelData;
  // Made when there is something in them: most calls have nothing to be masked, and there are thousands of calls.
  #since: Map<string, string> | undefined;
  #masked: Set<string> | undefined;
  #entered: Set<string> | undefined;

  constructor(uuid: string, data: ChannelData) {
    this.uuid = uuid;
    this.#data = data;
  }

  get(name: string): string | undefined {
    const known = this.#since?.get(name.toLowerCase()) ?? this.#data.variable(name);
    if (known !== undefined) return known;
    const header = Object.hasOwn(PROFILE_FIELDS, name) ? PROFILE_FIELDS[name] : undefined;
    return header === undefined ? undefined : this.#data.header(header);
  }

  isMasked(name: string): boolean {
    return this.#masked?.has(name.toLowerCase()) ?? false;
  }

  isEntered(name: string): boolean {
    return this.#entered?.has(name.toLowerCase()) ?? false;
  }

  /** From now on these are nobody's business. */
  mask(names: readonly string[]): void {
    for (const name of names) (this.#masked ??= new Set()).add(name.toLowerCase());
  }

  /** What an action has left. */
  learnFrom({ application, variables }: Pick<Outcome, 'application' | 'variables'>): void {
    if (application === 'read' || application === 'play_and_get_digits') {
      for (const name of Object.keys(variables))
        if (!name.startsWith('read_')) (this.#entered ??= new Set()).add(name.toLowerCase());
    }
    this.learn(variables);
  }

  learn(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values))
      (this.#since ??= new Map()).set(name.toLowerCase(), value);
  }
}
