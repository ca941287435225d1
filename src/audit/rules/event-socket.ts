import { lastOf } from '../../switch-config/configuration.js';
import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import type { Collector } from '../collector.js';
import { isLoopback, listNamed } from '../network-lists.js';
import type { NetworkList } from '../network-lists.js';
import { isDefault, weaknessOf } from '../passwords.js';

const FILE = 'event_socket.conf';

/** mod_event_socket.c config(): without a password ClueCon, without a list loopback.auto, without listen-ip 127.0.0.1. */
export function checkEventSocket(
  configuration: SwitchConfiguration,
  lists: ReadonlyMap<string, NetworkList>,
  found: Collector,
): void {
  const node = configuration.configuration(FILE);
  if (node === undefined || !configuration.loads('mod_event_socket')) return;
  const settings = configuration.settings(FILE);
  const place = configuration.placeOf(node);
  const password = lastOf(settings, 'password');
  const listen = lastOf(settings, 'listen-ip');
  const reachable = listen !== undefined && listen.value !== '' && !isLoopback(listen.value);
  const acls = settings.filter(
    ({ name, value }) => name.toLowerCase() === 'apply-inbound-acl' && value !== '',
  );
  // Every list must let an address in.
  const open = acls.length > 0 && acls.every(({ value }) => listNamed(value, lists) === 'open');
  const weakness = weaknessOf(password?.value || 'ClueCon', []);

  if (weakness !== undefined) {
    const severity = isDefault(password?.value || 'ClueCon') || (reachable && open) ? 'error' : 'warning';
    found.add(
      'event-socket-password',
      severity,
      password?.place ?? place,
      `The Event Socket has ${weakness}.`,
    );
  }
  if (!reachable) return;
  if (acls.length === 0) {
    found.add(
      'event-socket-no-acl',
      'warning',
      listen.place,
      `The Event Socket listens on ${listen.value} and has no apply-inbound-acl.`,
    );
  } else if (open) {
    const names = acls.map(({ value }) => value).join(', ');
    found.add(
      'event-socket-open',
      'error',
      acls[0]?.place ?? listen.place,
      `The Event Socket listens on ${listen.value}, and its list ${names} lets the Internet in.`,
    );
  }
}
