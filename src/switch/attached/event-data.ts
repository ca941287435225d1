import type { ChannelData } from '../channel.js';
import type { Headers } from '../dump.js';

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
