import { printable } from './address.js';
import { isTrue } from './c-text.js';
import type { RuleList } from './decide.js';
import { attribute } from './markup.js';
import type { Element, Markup } from './markup.js';
import { EVERY_PORT, readPorts, rulesOfCidr, rulesOfHostAndMask, unknownRules } from './rule.js';
import type { Flaw, Ports, ReadRules, Rule } from './rule.js';

/** A `<node>` of a list. */
export interface AclEntry {
  readonly element: Element;
  readonly allow: boolean;
  /** What the file says: nothing when `type` is missing, which means the list's default. */
  readonly type: string | undefined;
  readonly kind: 'cidr' | 'host' | 'domain' | 'nothing';
  /** The network, host and mask, or domain as written. */
  readonly text: string;
  readonly ports: Ports;
  /** What FreeSWITCH makes of it; none when it leaves it out. */
  readonly rules: readonly Rule[];
  readonly flaws: readonly Flaw[];
}

export interface AclList extends RuleList {
  readonly name: string;
  readonly element: Element;
  readonly allowByDefault: boolean;
  /** What the file says; nothing when `default` is missing, which means allow. */
  readonly default: string | undefined;
  readonly entries: readonly AclEntry[];
}

/** The lists of one file, as FreeSWITCH loads them (switch_core.c `switch_load_network_lists`). */
export interface AclLists {
  /** In the order of the file; of two with the same name the last counts. */
  readonly lists: readonly AclList[];
  /** The element whose lists count. */
  readonly container: Element | undefined;
  /** How the container was found: as a file to be included, or inside a whole `<document>`. */
  readonly wrapper: 'none' | 'section' | 'document';
}

/** A user's network, which an entry with a domain takes into the list. */
export interface UserNetwork {
  readonly cidr: string;
  /** Users outside of groups are taken without the ports of the entry. */
  readonly ported: boolean;
}

/** What a list depends on beside its own text. */
export interface ListSurroundings {
  /** What FreeSWITCH alone knows of an element's content. */
  readonly gapsIn: (element: Element) => readonly string[];
  /** Nothing: the directory is not known, or the domain is not in it. */
  readonly networksOfDomain?: ((domain: string) => readonly UserNetwork[] | undefined) | undefined;
}

export function readLists(markup: Markup, around: ListSurroundings): AclLists {
  const { configuration, wrapper } = findConfiguration(markup.top);
  const container = configuration?.children.find(({ name }) => name === 'network-lists');
  const lists = (container?.children ?? [])
    .filter((element) => element.name === 'list' && (attribute(element, 'name') ?? '') !== '')
    .map((element) => readList(element, around));
  return { lists, container, wrapper };
}

/** Names of elements are compared exactly, values of attributes in any case (switch_xml.c `switch_xml_find_child`). */
export function isAclConfiguration(element: Element): boolean {
  return element.name === 'configuration' && attribute(element, 'name')?.toLowerCase() === 'acl.conf';
}

function findConfiguration(top: readonly Element[]): {
  readonly configuration: Element | undefined;
  readonly wrapper: AclLists['wrapper'];
} {
  const plain = top.find(isAclConfiguration);
  if (plain !== undefined) return { configuration: plain, wrapper: 'none' };
  const document = top.find(({ name }) => name === 'document');
  const sections = (document?.children ?? top).filter(
    (element) => element.name === 'section' && attribute(element, 'name')?.toLowerCase() === 'configuration',
  );
  const configuration = sections[0]?.children.find(isAclConfiguration);
  return { configuration, wrapper: document === undefined ? 'section' : 'document' };
}

function readList(element: Element, around: ListSurroundings): AclList {
  const written = attribute(element, 'default');
  const allowByDefault = written === undefined || isTrue(written);
  const entries = element.children
    .filter(({ name }) => name === 'node')
    .map((node) => readEntry(node, allowByDefault, around));
  const unknown = around.gapsIn(element).map((what) => unknownRules(what, !allowByDefault, what));
  return {
    name: attribute(element, 'name') ?? '',
    element,
    allowByDefault,
    default: written,
    entries,
    rules: [...entries.flatMap(({ rules }) => rules), ...unknown.flatMap(({ rules }) => rules)],
  };
}

function readEntry(element: Element, allowByDefault: boolean, around: ListSurroundings): AclEntry {
  const get = (name: string): string | undefined => attribute(element, name);
  const type = get('type');
  const allow = type === undefined ? allowByDefault : isTrue(type);
  const { ports, flaws: portFlaws } = readPorts(get);
  const [cidr, host, mask, domain] = [get('cidr'), get('host'), get('mask'), get('domain')];
  const common = { element, allow, type };
  const flaws = [...portFlaws];
  // The order in which FreeSWITCH looks for them.
  if (domain !== undefined) {
    const { rules, flaws: more } = rulesOfDomain(domain, allow, ports, around);
    if (cidr !== undefined || host !== undefined)
      flaws.push({ code: 'misread', detail: 'beside domain, FreeSWITCH looks neither at cidr nor at host' });
    return { ...common, kind: 'domain', text: domain, ports, rules, flaws: [...flaws, ...more] };
  }
  if (cidr !== undefined) {
    const { rules, flaws: more } = rulesOfCidr(cidr, allow, ports);
    if (host !== undefined)
      flaws.push({ code: 'misread', detail: 'beside cidr, FreeSWITCH does not look at host and mask' });
    return { ...common, kind: 'cidr', text: cidr, ports, rules, flaws: [...flaws, ...more] };
  }
  if (host !== undefined && mask !== undefined) {
    const { rules, flaws: more } = rulesOfHostAndMask(host, mask, allow, ports);
    return {
      ...common,
      kind: 'host',
      text: `${host} mask ${mask}`,
      ports,
      rules,
      flaws: [...flaws, ...more],
    };
  }
  const missing = host === undefined ? 'neither cidr nor host and mask nor domain' : 'a host without a mask';
  flaws.push({ code: 'skipped', detail: `the entry has ${missing}: FreeSWITCH leaves it out` });
  return { ...common, kind: 'nothing', text: host ?? mask ?? '', ports: EVERY_PORT, rules: [], flaws };
}

/** The networks of the users of a domain (switch_core.c `switch_load_network_lists`). */
function rulesOfDomain(domain: string, allow: boolean, ports: Ports, around: ListSurroundings): ReadRules {
  const networks = around.networksOfDomain?.(domain);
  if (networks === undefined)
    return unknownRules(
      `domain ${domain}`,
      allow,
      `the users of the domain "${printable(domain)}" bring networks that only FreeSWITCH knows`,
    );
  const read = networks.map(({ cidr, ported }) => rulesOfCidr(cidr, allow, ported ? ports : EVERY_PORT));
  return { rules: read.flatMap(({ rules }) => rules), flaws: read.flatMap(({ flaws }) => flaws) };
}
