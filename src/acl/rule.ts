import {
  contiguousBits,
  maskOf,
  popCount,
  printable,
  readIpv4,
  readIpv6,
  widthOf,
  withoutMappedPrefix,
} from './address.js';
import type { Address } from './address.js';
import { atoi, isPlainNumber, separate } from './c-text.js';

/** Which ports an entry is for; all 0 and empty: every port (switch_utils.c `is_port_in_node`). */
export interface Ports {
  readonly port: number;
  readonly ports: readonly number[];
  readonly min: number;
  readonly max: number;
}

/** One node of a list in FreeSWITCH's memory. */
export interface Rule {
  readonly allow: boolean;
  /** The longest wins. Nothing: not known here. */
  readonly bits: number | undefined;
  /** Nodes made of host and mask have no family, and are held against both. */
  readonly family: 4 | 6 | 'both';
  /** Nothing: FreeSWITCH takes whatever its memory holds, or it is not known here. */
  readonly net: bigint | undefined;
  readonly mask: bigint;
  readonly ports: Ports;
  /** As it is written. */
  readonly text: string;
}

/** Something that FreeSWITCH reads otherwise than it looks, or not at all. */
export interface Flaw {
  readonly code: FlawCode;
  readonly detail: string;
}

export type FlawCode =
  | 'skipped' // FreeSWITCH leaves the entry out
  | 'unpredictable' // it takes an address from uninitialised memory
  | 'misread' // it reads something else than is written
  | 'unknown' // only FreeSWITCH knows: a variable or a command
  | 'harmless';

export interface ReadRules {
  readonly rules: readonly Rule[];
  readonly flaws: readonly Flaw[];
}

/** switch_utils.c: `char *argv[32]`. */
const MAX_CIDRS = 32;
/** switch_utils.h `MAX_NETWORK_PORTS`. */
const MAX_PORTS = 10;
/** switch_utils.c `char host[128]`, of which `switch_copy_string` is given 127. */
const MAX_CIDR_LENGTH = 126;

export const EVERY_PORT: Ports = { port: 0, ports: [], min: 0, max: 0 };

/** A `cidr` attribute (switch_utils.c `switch_network_list_add_cidr_port_token`). */
export function rulesOfCidr(cidr: string, allow: boolean, ports: Ports): ReadRules {
  if (cidr.includes('$${'))
    return unknownRule(cidr, allow, `${printable(cidr)} has a variable that is not known here`);
  const flaws: Flaw[] = [];
  const rules: Rule[] = [];
  const parts = cidr.includes(',') ? separate(cidr, ',', MAX_CIDRS) : [cidr];
  const last = parts[MAX_CIDRS - 1];
  if (last?.includes(',') === true)
    flaws.push({ code: 'skipped', detail: `only ${MAX_CIDRS} networks are read; the rest is left out` });
  for (const part of parts) {
    const rule = ruleOf(part, allow, ports, flaws);
    if (rule !== undefined) rules.push(rule);
  }
  return { rules, flaws };
}

function unknownRule(text: string, allow: boolean, detail: string): ReadRules {
  const rule: Rule = {
    allow,
    bits: undefined,
    family: 'both',
    net: undefined,
    mask: 0n,
    ports: EVERY_PORT,
    text,
  };
  return { rules: [rule], flaws: [{ code: 'unknown', detail }] };
}

/** A domain of the directory, whose users bring networks of their own; and everything else that can't be seen here. */
export function unknownRules(text: string, allow: boolean, detail: string): ReadRules {
  return unknownRule(text, allow, detail);
}

/** One network (switch_utils.c `switch_network_list_perform_add_cidr_token`, `switch_parse_cidr`). */
function ruleOf(written: string, allow: boolean, ports: Ports, flaws: Flaw[]): Rule | undefined {
  const text = withoutMappedPrefix(written).slice(0, MAX_CIDR_LENGTH);
  const said = `"${printable(written)}"`;
  const slash = text.indexOf('/');
  if (slash < 0) {
    flaws.push({ code: 'skipped', detail: `${said} has no prefix (such as /32): FreeSWITCH leaves it out` });
    return undefined;
  }
  const family = withoutMappedPrefix(written).includes(':') ? 6 : 4;
  const host = text.slice(0, slash);
  const suffix = text.slice(slash + 1);
  const bits = atoi(suffix);
  if (bits < 0 || bits > widthOf(family)) {
    flaws.push({
      code: 'skipped',
      detail: `${said} has a prefix beyond /${widthOf(family)}${suffix.includes('.') ? ' (a mask is not read there)' : ''}: FreeSWITCH leaves it out`,
    });
    return undefined;
  }
  if (!isPlainNumber(suffix.trim()))
    flaws.push({ code: 'misread', detail: `${said} is read with the prefix /${bits}` });
  const net = family === 4 ? readIpv4(host) : readIpv6(host);
  if (net === undefined)
    flaws.push({
      code: 'unpredictable',
      detail: `${said} has no address that FreeSWITCH can read: it takes one from uninitialised memory`,
    });
  else flawsOfNetwork(said, { family, value: net }, bits, flaws);
  // IPv4: `0xFFFFFFFF >> 32` shifts by 0 on x86 and ARM, so /32 has an empty mask, which then means "equal".
  const mask = family === 4 && bits === 32 ? 0n : maskOf(family, bits);
  return { allow, bits, family, net, mask, ports, text: written };
}

function flawsOfNetwork(said: string, { family, value }: Address, bits: number, flaws: Flaw[]): void {
  if (family === 4 && bits === 32 && value === 0n)
    flaws.push({ code: 'misread', detail: `${said} matches every IPv4 address` });
  else if (bits === 0 && value !== 0n)
    flaws.push({
      code: 'misread',
      detail: `${said} matches that one address alone, and any longer prefix outranks it`,
    });
  else if ((value & maskOf(family, bits)) !== value)
    flaws.push({ code: 'harmless', detail: `${said} has bits behind its prefix, which don't count` });
}

/** `host` and `mask` (switch_utils.c `switch_network_list_add_host_port_mask`): IPv4, but of no family. */
export function rulesOfHostAndMask(host: string, mask: string, allow: boolean, ports: Ports): ReadRules {
  const text = `${host} mask ${mask}`;
  if (text.includes('$${'))
    return unknownRule(text, allow, `${printable(text)} has a variable that is not known here`);
  const net = readIpv4(host);
  const maskBits = readIpv4(mask);
  if (net === undefined || maskBits === undefined) {
    const detail = `"${printable(net === undefined ? host : mask)}" is no IPv4 address: FreeSWITCH takes one from uninitialised memory`;
    const rule: Rule = {
      allow,
      bits: maskBits === undefined ? undefined : popCount(maskBits),
      family: 'both',
      net: undefined,
      mask: 0n,
      ports,
      text,
    };
    return { rules: [rule], flaws: [{ code: 'unpredictable', detail }] };
  }
  const flaws: Flaw[] = [];
  if (contiguousBits(maskBits) === undefined)
    flaws.push({ code: 'misread', detail: `the mask ${mask} has gaps; it ranks as /${popCount(maskBits)}` });
  if (maskBits === 0n && net !== 0n)
    flaws.push({ code: 'misread', detail: `${text} matches that one address alone` });
  return {
    rules: [{ allow, bits: popCount(maskBits), family: 'both', net, mask: maskBits, ports, text }],
    flaws,
  };
}

/** The attributes `port`, `ports`, `port-min` and `port-max`. */
export function readPorts(get: (name: string) => string | undefined): {
  readonly ports: Ports;
  readonly flaws: readonly Flaw[];
} {
  const flaws: Flaw[] = [];
  const number = (text: string, name: string): number => {
    const value = atoi(text);
    if (!isPlainNumber(text.trim()) || value < 1 || value > 65_535)
      flaws.push({ code: 'misread', detail: `${name}="${printable(text)}" is read as ${value}` });
    return value;
  };
  const one = (name: string): number => {
    const text = get(name);
    return text === undefined ? 0 : number(text, name);
  };
  const listed = get('ports');
  const parts = listed === undefined ? [] : separate(listed, ',', MAX_PORTS);
  if (parts[MAX_PORTS - 1]?.includes(',') === true)
    flaws.push({ code: 'skipped', detail: `only ${MAX_PORTS} ports are read; the rest is left out` });
  const ports = parts.map((part) => number(part, 'ports'));
  // The first 0 ends the list.
  const end = ports.indexOf(0);
  const result: Ports = {
    port: one('port'),
    ports: end < 0 ? ports : ports.slice(0, end),
    min: one('port-min'),
    max: one('port-max'),
  };
  return { ports: result, flaws };
}

export function hasPorts(ports: Ports): boolean {
  return ports.port !== 0 || ports.ports.length > 0 || ports.min !== 0 || ports.max !== 0;
}

/** Asked without a port (0), as `acl` and most of FreeSWITCH ask, every entry is for it. */
export function portMatches(ports: Ports, port: number): boolean {
  if (port === 0) return true;
  if (ports.port !== 0 && ports.port !== port) return false;
  if (ports.ports.length > 0) return ports.ports.includes(port);
  if (ports.min !== 0 || ports.max !== 0) return port >= ports.min && port <= ports.max;
  return true;
}

/** Whether the entry is for that address. Nothing: that can't be known. */
export function ruleMatches(rule: Rule, address: Address): boolean | undefined {
  if (rule.family !== 'both' && rule.family !== address.family) return false;
  if (rule.net === undefined) return undefined;
  if (rule.family === 'both' && address.family === 6)
    // FreeSWITCH holds the number, in the byte order of the machine, against the first four bytes of the address.
    return equalUnder(swapped(rule.mask), swapped(rule.net), address.value);
  return equalUnder(rule.mask, rule.net, address.value);
}

/** An empty mask means "equal", and with an empty net "any" (switch_utils.h `switch_test_subnet`). */
function equalUnder(mask: bigint, net: bigint, value: bigint): boolean {
  if (mask !== 0n) return (net & mask) === (value & mask);
  return net === 0n || net === value;
}

/** A 32 bit number as a little-endian machine has it in the first four bytes of an IPv6 address. */
function swapped(value: bigint): bigint {
  let result = 0n;
  for (let shift = 0n; shift < 32n; shift += 8n) result = (result << 8n) | ((value >> shift) & 0xffn);
  return result << 96n;
}
