import type { CallTable } from '../call/call-table.js';
import type { Config } from '../config/schema.js';
import type { AttachedChannel } from '../switch/attached/attached-channel.js';
import { defaultInstance } from '../switch/instance.js';
import { SwitchLink, SwitchLinks } from '../switch/switch-link.js';
import type { LinkOptions } from '../switch/switch-link.js';
import type { Logger } from '../telemetry/log.js';

/** The connections to the switches of the configuration; the calls that come over them go into the table. */
export function linksOf(
  inForce: () => Config,
  table: CallTable,
  log: Logger,
  told: Pick<LinkOptions, 'onState' | 'onAnswered'>,
): SwitchLinks {
  const config = inForce();
  const instance = config.instance ?? defaultInstance();
  const options = {
    instance,
    log,
    isFull: () => table.size >= inForce().limits.calls,
    isDraining: () => table.draining,
    ...told,
  };
  const links = Object.entries(config.switches).map(
    ([name, { host, port, password, attach, release, guard_s: guardSeconds }]) =>
      new SwitchLink(
        { name, host, port, password, attach, guardSeconds, ...(release === undefined ? {} : { release }) },
        {
          ...options,
          onChannel: (channel: AttachedChannel) =>
            table.take(channel, () => channel.abandon(), { origin: { kind: 'attached', switch: name } }),
        },
      ),
  );
  return new SwitchLinks(links);
}
