import type { Channel } from '../channel.js';

/** Resolves at the next change of any of the channels since the versions were read, or after `ms`. */
export function waitAny(
  channels: readonly Channel[],
  versions: readonly number[],
  ms = Number.POSITIVE_INFINITY,
): Promise<void> {
  if (ms <= 0 || channels.some((channel, index) => channel.version !== versions[index]))
    return Promise.resolve();
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    const done = (): void => {
      for (const task of undo.splice(0)) task();
      resolve();
    };
    for (const channel of channels) undo.push(channel.watch(done));
    const first = channels[0];
    if (first !== undefined) undo.push(first.core.clock.after(ms, done));
  });
}

/** Waits until `condition` holds or `ms` have passed; looks again at every change of the channels. */
export async function waitUntil(
  channels: readonly Channel[],
  condition: () => boolean,
  ms = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  const clock = channels[0]?.core.clock;
  const deadlineMs = (clock?.now() ?? 0) + ms;
  for (;;) {
    const versions = channels.map((channel) => channel.version);
    if (condition()) return true;
    const left = deadlineMs - (clock?.now() ?? 0);
    if (left <= 0) return false;
    await waitAny(channels, versions, left);
  }
}
