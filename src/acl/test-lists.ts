import { formatAddress, printable } from './address.js';
import type { Address } from './address.js';
import { AUTO_LIST_NAMES, autoList, listOfNetworks } from './auto-lists.js';
import type { LocalNetwork } from './auto-lists.js';
import { decide } from './decide.js';
import type { Decision, RuleList } from './decide.js';
import { shown } from './document.js';
import type { AclDocument } from './document.js';
import type { AclList } from './lists.js';
import type { Rule } from './rule.js';
import { entryView, word } from './views.js';
import type { EntryView, TestAnswer, TestView, Word } from './views.js';

/** A running FreeSWITCH. */
export interface SwitchPort {
  /** One API command. Rejects when FreeSWITCH can't be asked. */
  api(command: string): Promise<string>;
}

export interface TestRequest {
  /** Without one, each list is tried with the first address of its first entries. */
  readonly address?: Address;
  /** Without one, every list. */
  readonly list?: string | undefined;
  readonly port: number;
  readonly freeswitch: SwitchPort | undefined;
}

interface Candidate {
  readonly name: string;
  readonly rules: RuleList;
  readonly list: AclList | undefined;
}

/** How many entries of a list are tried when no address is given. */
const PROBES = 5;

export async function testLists(document: AclDocument, request: TestRequest): Promise<TestAnswer> {
  const local = await localNetworkOf(request.freeswitch);
  const notes = new Set<string>();
  const tests: TestView[] = [];
  for (const candidate of candidatesOf(document, request, local)) {
    const addresses = request.address === undefined ? probesOf(candidate.rules) : [request.address];
    for (const address of addresses) tests.push(await testOne(document, candidate, address, request, notes));
  }
  if (request.freeswitch === undefined) notes.add('FreeSWITCH was not asked');
  if (tests.some(({ agrees }) => agrees === false))
    notes.add(
      'FreeSWITCH says otherwise: it may not have read the file since it was changed (switchhook acl apply), or have its lists from elsewhere (mod_xml_curl, another file)',
    );
  return { tests, notes: [...notes] };
}

function candidatesOf(
  document: AclDocument,
  { list: wanted, address }: TestRequest,
  local: LocalNetwork | undefined,
): Candidate[] {
  if (wanted !== undefined) {
    const list = document.list(Buffer.from(wanted, 'utf8').toString('latin1'));
    // What no list is called denies everybody, unless it is a network itself.
    const none: RuleList = { allowByDefault: false, rules: [] };
    const networks = address === undefined ? undefined : listOfNetworks(wanted, address);
    const rules = list ?? autoList(wanted, local) ?? networks ?? none;
    return [{ name: wanted, rules, list }];
  }
  const effective = document.lists.filter((list) => document.list(list.name) === list);
  const written = effective.map((list) => ({ name: shown(list.name), rules: list, list }));
  if (address === undefined) return written;
  const builtin = AUTO_LIST_NAMES.filter((name) => document.list(name) === undefined).flatMap((name) => {
    const rules = autoList(name, local);
    return rules === undefined ? [] : [{ name, rules, list: undefined }];
  });
  return [...written, ...builtin];
}

async function testOne(
  document: AclDocument,
  { name, rules, list }: Candidate,
  address: Address,
  { port, freeswitch }: TestRequest,
  notes: Set<string>,
): Promise<TestView> {
  const decision = decide(rules, address, port);
  const text = formatAddress(address);
  const answer: TestView['answer'] = decision.allowed === undefined ? 'unknown' : word(decision.allowed);
  const entryOf = (rule: Rule): EntryView => viewOf(document, list, rule);
  const view: TestView = {
    address: text,
    ...(port === 0 ? {} : { port }),
    list: name,
    builtin: list === undefined && AUTO_LIST_NAMES.includes(name),
    answer,
    because: reasonOf(name, list, decision),
    ...(decision.rule === undefined ? {} : { entry: entryOf(decision.rule) }),
    outranked: decision.outranked.map(entryOf),
  };
  if (freeswitch === undefined) return view;
  if (port !== 0) {
    notes.add('FreeSWITCH can not be asked about ports');
    return view;
  }
  const second = await ask(freeswitch, text, name, notes);
  if (second === undefined) return view;
  return { ...view, freeswitch: second, ...(answer === 'unknown' ? {} : { agrees: second === answer }) };
}

/** `acl <ip> <list>` (mod_commands.c `acl_function`): its words are separated by blanks, with quotes and escapes. */
async function ask(
  freeswitch: SwitchPort,
  address: string,
  list: string,
  notes: Set<string>,
): Promise<Word | undefined> {
  if (/[\s\p{C}'"\\]|^\^\^/u.test(list) || list === '') {
    notes.add(
      `FreeSWITCH can not be asked about the list "${printable(list)}": its name has blanks or quotes`,
    );
    return undefined;
  }
  try {
    const answer = (await freeswitch.api(`acl ${address} ${list}`)).trim();
    if (answer === 'true') return 'allow';
    if (answer === 'false') return 'deny';
    notes.add(`FreeSWITCH answered: ${printable(answer)}`);
  } catch (error) {
    notes.add(`FreeSWITCH was not asked: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

function reasonOf(name: string, list: AclList | undefined, decision: Decision): string {
  const known = list !== undefined || AUTO_LIST_NAMES.includes(name) || name.includes('/');
  if (!known) return 'no list has that name, which means deny';
  if (decision.allowed === undefined && decision.unknown.length > 0)
    return `it depends on ${decision.unknown.map(({ text }) => printable(text)).join(', ')}, which only FreeSWITCH knows`;
  const { rule } = decision;
  if (rule === undefined) {
    const missing =
      list !== undefined && list.default === undefined ? ', which is missing and means allow' : '';
    return `no entry is for the address: the default decides${missing}`;
  }
  if (rule.family === 4 && rule.bits === 32 && rule.net === 0n)
    return '0.0.0.0/32 matches every IPv4 address';
  const rivals = decision.outranked.filter((other) => other.allow !== rule.allow);
  if (rivals.length === 0) return 'the entry decides';
  const [rival] = rivals;
  return rival?.bits === rule.bits
    ? 'of equal prefixes the first decides'
    : `the longest prefix decides, before ${printable(rival?.text ?? '')}`;
}

function viewOf(document: AclDocument, list: AclList | undefined, rule: Rule): EntryView {
  const entry = list?.entries.find(({ rules }) => rules.includes(rule));
  if (entry !== undefined) return entryView(document, entry);
  const file = list === undefined ? 'FreeSWITCH' : document.path;
  return { type: word(rule.allow), kind: 'cidr', text: rule.text, file, line: 0 };
}

/** What to ask FreeSWITCH to see whether it has the list as it is written. */
function probesOf(list: RuleList): Address[] {
  const probes: Address[] = [{ family: 4, value: 0xc6336401n }];
  for (const { family, net } of list.rules.slice(0, PROBES))
    if (net !== undefined) probes.push({ family: family === 6 ? 6 : 4, value: net });
  return probes;
}

/** What `nat.auto` and `localnet.auto` are made of, as far as FreeSWITCH tells. */
export async function localNetworkOf(freeswitch: SwitchPort | undefined): Promise<LocalNetwork | undefined> {
  if (freeswitch === undefined) return undefined;
  try {
    const address = (await freeswitch.api('global_getvar local_ip_v4')).trim();
    const mask = (await freeswitch.api('global_getvar local_mask_v4')).trim();
    const plain = /^[0-9]+(?:\.[0-9]+){3}$/;
    return plain.test(address) && plain.test(mask) ? { address, mask } : undefined;
  } catch {
    return undefined;
  }
}
