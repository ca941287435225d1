import ipaddr from 'ipaddr.js';
import type { SwitchConfiguration } from '../switch-config/configuration.js';
import type { DirectoryUser } from '../switch-config/directory.js';
import type { Place } from '../switch-config/places.js';
import { isTrue } from '../switch-config/truth.js';
import { childOf, childrenOf } from '../switch-config/xml.js';

interface Entry {
  readonly allow: boolean;
  readonly family: 'ipv4' | 'ipv6';
  /** As bits, `0101…`, as many as the prefix is long. */
  readonly prefix: string;
}

export interface NetworkList {
  readonly name: string;
  readonly place: Place;
  readonly hasDefault: boolean;
  readonly defaultAllows: boolean;
  readonly entries: readonly Entry[];
}

/** FreeSWITCH's own lists that hold the Internet (switch_core.c switch_load_network_lists). */
const OPEN_AUTO: ReadonlySet<string> = new Set([
  'wan.auto',
  'wan_v4.auto',
  'wan_v6.auto',
  'any_v4.auto',
  'any_v6.auto',
]);
const CLOSED_AUTO: ReadonlySet<string> = new Set([
  'rfc6598.auto',
  'rfc1918.auto',
  'nat.auto',
  'loopback.auto',
  'localnet.auto',
]);
/** Not the Internet: what a list says about these does not make it open. */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
].flatMap((cidr) => entryOf(cidr, true) ?? []);
const PUBLIC_V6 = '001';
/** A list that passes more of the Internet than a /8 (of IPv6: a /16) is open. */
const OPEN_SHARE = { ipv4: 2 ** -8, ipv6: 2 ** -16 };

/** The lists of acl.conf; of two with one name FreeSWITCH keeps the last. */
export function networkLists(
  configuration: SwitchConfiguration,
  users: readonly DirectoryUser[],
): ReadonlyMap<string, NetworkList> {
  const lists = new Map<string, NetworkList>();
  const parent = childOf(configuration.configuration('acl.conf'), 'network-lists');
  for (const node of childrenOf(parent, 'list')) {
    const name = node.attributes.get('name') ?? '';
    if (name === '') continue;
    const written = node.attributes.get('default');
    const defaultAllows = written === undefined || isTrue(written);
    const entries = childrenOf(node, 'node').flatMap((entry) => {
      const type = entry.attributes.get('type');
      const allow = type === undefined ? defaultAllows : isTrue(type);
      const domain = entry.attributes.get('domain');
      if (domain !== undefined) {
        return users
          .filter((user) => user.domain === domain && user.cidr !== undefined)
          .flatMap((user) => entryOf(user.cidr ?? '', allow) ?? []);
      }
      const cidr = entry.attributes.get('cidr');
      const host = entry.attributes.get('host');
      const mask = entry.attributes.get('mask');
      const bits = mask === undefined ? undefined : bitsOfMask(mask);
      const text = cidr ?? (host === undefined || bits === undefined ? '' : `${host}/${bits}`);
      return entryOf(text, allow) ?? [];
    });
    lists.set(name, {
      name,
      place: configuration.placeOf(node),
      hasDefault: written !== undefined,
      defaultAllows,
      entries,
    });
  }
  return lists;
}

/** What a name stands for where an ACL is asked for. */
export function listNamed(
  name: string,
  lists: ReadonlyMap<string, NetworkList>,
): 'open' | 'closed' | 'unknown' {
  const list = lists.get(name);
  if (list !== undefined) return isOpen(list) ? 'open' : 'closed';
  if (OPEN_AUTO.has(name)) return 'open';
  if (CLOSED_AUTO.has(name)) return 'closed';
  if (!name.includes('/')) return 'unknown';
  const entries = name.split(',').flatMap((cidr) => entryOf(cidr.trim(), true) ?? []);
  return passes(entries, false) ? 'open' : 'closed';
}

export function isOpen(list: NetworkList): boolean {
  return passes(list.entries, list.defaultAllows);
}

function passes(entries: readonly Entry[], defaultAllows: boolean): boolean {
  const v4 = entries.filter(({ family }) => family === 'ipv4');
  const v6 = entries.filter(({ family }) => family === 'ipv6');
  return (
    share(v4, NOT_PUBLIC, '', defaultAllows) >= OPEN_SHARE.ipv4 ||
    share(v6, [], PUBLIC_V6, decisionAt(v6, PUBLIC_V6, defaultAllows)) * 8 >= OPEN_SHARE.ipv6
  );
}

/** The part of all addresses below a prefix that is let in and public: the longest prefix decides, then the first. */
function share(entries: readonly Entry[], hidden: readonly Entry[], prefix: string, above: boolean): number {
  if (hidden.some((entry) => entry.prefix === prefix)) return 0;
  const here = entries.find((entry) => entry.prefix === prefix);
  const decision = here?.allow ?? above;
  const below = entries.filter(
    (entry) => entry.prefix.length > prefix.length && entry.prefix.startsWith(prefix),
  );
  const hiddenBelow = hidden.filter((entry) => entry.prefix.startsWith(prefix));
  if (below.length === 0 && hiddenBelow.length === 0) return decision ? 2 ** -prefix.length : 0;
  return ['0', '1'].reduce((sum, bit) => sum + share(below, hiddenBelow, prefix + bit, decision), 0);
}

function decisionAt(entries: readonly Entry[], prefix: string, defaultAllows: boolean): boolean {
  const above = entries.filter((entry) => prefix.startsWith(entry.prefix));
  const longest = Math.max(...above.map((entry) => entry.prefix.length));
  return above.find((entry) => entry.prefix.length === longest)?.allow ?? defaultAllows;
}

function entryOf(text: string, allow: boolean): Entry | undefined {
  const [address = '', length] = text.split('/');
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.parse(address);
  const bits = parsed
    .toByteArray()
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const count = length === undefined ? bits.length : Number(length);
  if (!Number.isInteger(count) || count < 0 || count > bits.length) return undefined;
  return { allow, family: parsed.kind(), prefix: bits.slice(0, count) };
}

function bitsOfMask(mask: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(mask)) return undefined;
  return ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() ?? undefined;
}

/** Whether an address to listen on can be reached from other machines. */
export function isLoopback(address: string): boolean {
  return /^(?:127\.|::1$|\[::1\]|localhost$)/i.test(address.trim());
}
