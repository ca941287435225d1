import type { Channel } from '../channel.js';

/** One dialplan application and what FreeSWITCH knows of it (its `SAF_` flags, `show application`). */
export interface Application {
  readonly name: string;
  /** False: an inbound channel without media is pre-answered before it runs. */
  readonly noMedia: boolean;
  /** It runs on a channel that has hung up, too (`SAF_ZOMBIE_EXEC`). */
  readonly zombie: boolean;
  readonly run: (channel: Channel, data: string) => void | Promise<void>;
}

export function application(
  name: string,
  flags: { readonly noMedia?: boolean; readonly zombie?: boolean },
  run: Application['run'],
): Application {
  return { name, noMedia: flags.noMedia ?? false, zombie: flags.zombie ?? false, run };
}
