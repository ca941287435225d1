import { aclReferences } from '../../switch-config/acl-references.js';
import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import type { Collector } from '../collector.js';
import { isOpen, listNamed } from '../network-lists.js';
import type { NetworkList } from '../network-lists.js';

/** What is wrong with the lists themselves, and with the names by which they are asked for. */
export function checkAcls(
  configuration: SwitchConfiguration,
  lists: ReadonlyMap<string, NetworkList>,
  found: Collector,
): void {
  const references = aclReferences(configuration);
  for (const list of lists.values()) {
    const users = references.filter((reference) => reference.list === list.name);
    if (!list.hasDefault) {
      found.add(
        'acl-no-default',
        'warning',
        list.place,
        `The list ${list.name} has no default, so it lets everybody in who is not named.`,
      );
    }
    if (!isOpen(list)) continue;
    const owners = [...new Set(users.map(({ owner, parameter }) => `${owner} (${parameter})`))].join(', ');
    found.add(
      'acl-open',
      users.some(({ parameter }) => GATES.test(parameter)) ? 'error' : 'note',
      list.place,
      owners === ''
        ? `The list ${list.name} lets the Internet in; nothing that is known here uses it.`
        : `The list ${list.name} lets the Internet in; it is used by ${owners}.`,
    );
  }
  for (const { list, parameter, owner, place } of references) {
    if (listNamed(list, lists) !== 'unknown') continue;
    found.add(
      'acl-unknown',
      'warning',
      place,
      `${owner} names the list ${list} in ${parameter}; there is none.`,
    );
  }
}

/** Parameters by which somebody is let in. The others tell where the network ends, or which addresses of media count. */
const GATES = /^apply-(?:inbound|register|proxy|connection)-acl$/;
