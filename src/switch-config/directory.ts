import type { Param, SwitchConfiguration } from './configuration.js';
import type { Place } from './places.js';
import { childOf, childrenOf } from './xml.js';
import type { XmlNode } from './xml.js';

export interface DirectoryUser {
  readonly id: string;
  readonly domain: string;
  readonly groups: readonly string[];
  /** Its own, then its group's, then its domain's (switch_xml_merge_user): the first of a name is in force. */
  readonly params: readonly Param[];
  readonly variables: readonly Param[];
  /** Addresses from which it is known without a password, when an ACL names its domain. */
  readonly cidr: string | undefined;
  readonly place: Place;
}

/** The users of all domains, in the order in which they are written; pointers only add to the groups. */
export function usersOf(configuration: SwitchConfiguration): DirectoryUser[] {
  return childrenOf(configuration.section('directory'), 'domain').flatMap((domain) =>
    usersOfDomain(configuration, domain),
  );
}

interface Member {
  readonly node: XmlNode;
  readonly group: XmlNode | undefined;
}

function usersOfDomain(configuration: SwitchConfiguration, domain: XmlNode): DirectoryUser[] {
  const members = membersOf(domain);
  const groups = new Map<string, string[]>();
  for (const { node, group } of members) {
    const id = node.attributes.get('id') ?? '';
    if (group !== undefined) groups.set(id, [...(groups.get(id) ?? []), group.attributes.get('name') ?? '']);
  }
  const all = (node: XmlNode | undefined, container: string, tag: string): Param[] =>
    configuration.named(childrenOf(childOf(node, container), tag));
  return members
    .filter(({ node }) => node.attributes.get('type') !== 'pointer')
    .map(({ node, group }) => {
      const id = node.attributes.get('id') ?? '';
      const merged = (container: string, tag: string): Param[] =>
        [node, group, domain].flatMap((holder) => all(holder, container, tag));
      return {
        id,
        domain: domain.attributes.get('name') ?? '',
        groups: groups.get(id) ?? [],
        params: merged('params', 'param'),
        variables: merged('variables', 'variable'),
        cidr: node.attributes.get('cidr'),
        place: configuration.placeOf(node),
      };
    });
}

/** Users stand in `<groups><group><users>`, in `<users>`, or right below the domain. */
function membersOf(domain: XmlNode): Member[] {
  const grouped = childrenOf(domain, 'groups').flatMap((groups) =>
    childrenOf(groups, 'group').flatMap((group) =>
      childrenOf(group, 'users').flatMap((users) =>
        childrenOf(users, 'user').map((node) => ({ node, group })),
      ),
    ),
  );
  const single = [domain, ...childrenOf(domain, 'users')].flatMap((holder) =>
    childrenOf(holder, 'user').map((node) => ({ node, group: undefined })),
  );
  return [...grouped, ...single];
}

/** The value in force of a user's parameter. */
export function paramOf(user: DirectoryUser, name: string): Param | undefined {
  return user.params.find((param) => param.name.toLowerCase() === name);
}
