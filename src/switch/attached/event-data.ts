import { jsonObject } from '../../esl/json-object.js';
import type { ChannelData } from '../channel.js';

export interface Headers {
  get(name: string): string | undefined;
}

/** The channel as an event or `uuid_dump` described it. */
export class EventData implements ChannelData {
  #headers: Headers | undefined;

  constructor(headers: Headers) {
    this.#headers = headers;
  }

  header(name: string): string | undefined {
    return this.#headers?.get(name);
  }

  variable(name: string): string | undefined {
    return this.#headers?.get(`variable_${name}`);
  }

  /** Lets go of some 10 kB that nobody needs any more when the last segment is under way. */
  forget(): void {
    this.#headers = undefined;
  }

  /** It was kept after all. */
  renew(headers: Headers): void {
    this.#headers = headers;
  }
}

/** Headers with further variables, or others; `''` stands for none. */
export function withVariables(headers: Headers, variables: Readonly<Record<string, string>>): Headers {
  const own = new Map(
    Object.entries(variables).map(([name, value]) => [`variable_${name}`.toLowerCase(), value]),
  );
  return {
    get: (name) => {
      const value = own.get(name.toLowerCase());
      return value === undefined ? headers.get(name) : value || undefined;
    },
  };
}

/** What `uuid_dump <uuid> json` answered; undefined when there is no such channel. */
export function readDump(text: string): Headers | undefined {
  const parsed = jsonObject(text);
  if (parsed === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === 'string') headers.set(name.toLowerCase(), value);
    else if (Array.isArray(value)) headers.set(name.toLowerCase(), `ARRAY::${value.map(String).join('|:')}`);
  }
  return { get: (name) => headers.get(name.toLowerCase()) };
}

/** It has hung up, and is there for as long as that takes (switch_types.h switch_channel_state_t). */
export function isHangingUp(headers: Headers): boolean {
  return /^CS_(?:HANGUP|REPORTING|DESTROY)$/.test(headers.get('Channel-State') ?? '');
}

/**
 * Where a channel is: what changes when somebody transfers, parks or bridges it (switch_channel.c counts its caller
 * profiles, and each of the three brings it into another state).
 */
export function placeOf(headers: Headers): string {
  return `${headers.get('Channel-State') ?? ''}/${headers.get('Caller-Profile-Index') ?? ''}`;
}
