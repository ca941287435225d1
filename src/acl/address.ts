import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address as the lists are asked for it. `value` in network order: 32 bits of IPv4, 128 of IPv6. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export function widthOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** The mask of a prefix; 0 for none. */
export function maskOf(family: 4 | 6, bits: number): bigint {
  const width = widthOf(family);
  const ones = (1n << BigInt(width)) - 1n;
  return ones ^ (ones >> BigInt(bits));
}

/** `inet_pton(AF_INET, …)`: four decimal numbers without leading zeros, nothing around them. */
export function readIpv4(text: string): bigint | undefined {
  if (!isIPv4(text)) return undefined;
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** `inet_pton(AF_INET6, …)`: no brackets, no zone. */
export function readIpv6(text: string): bigint | undefined {
  if (text.includes('%') || !isIPv6(text)) return undefined;
  return ipaddr.IPv6.parse(text)
    .toByteArray()
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

const MAPPED = /^::ffff:/i;

/** What is behind `::ffff:`; FreeSWITCH goes by the text (switch_utils.c `switch_network_ipv4_mapped_ipv6_addr`). */
export function withoutMappedPrefix(text: string): string {
  return text.replace(MAPPED, '');
}

/**
 * An address that somebody asks about. IPv4 written as IPv6 is IPv4.
 * @returns nothing when it is none
 */
export function parseAddress(text: string): Address | undefined {
  const plain = text.trim();
  const v4 = readIpv4(MAPPED.test(plain) ? withoutMappedPrefix(plain) : plain);
  if (v4 !== undefined) return { family: 4, value: v4 };
  const v6 = readIpv6(plain);
  if (v6 === undefined) return undefined;
  const mapped = v6 >> 32n === 0xffffn;
  return mapped ? { family: 4, value: v6 & 0xffffffffn } : { family: 6, value: v6 };
}

export function formatAddress(address: Address): string {
  if (address.family === 4)
    return [24n, 16n, 8n, 0n].map((shift) => String((address.value >> shift) & 0xffn)).join('.');
  const bytes = Array.from({ length: 16 }, (_, index) =>
    Number((address.value >> BigInt(8 * (15 - index))) & 0xffn),
  );
  return new ipaddr.IPv6(bytes).toRFC5952String();
}

/** A network as users write it on the command line. */
export interface Network extends Address {
  readonly bits: number;
}

export type ReadNetwork =
  { readonly network: Network; readonly note?: string } | { readonly problem: string };

/**
 * `address`, `address/bits` or `address/mask` (IPv4), in the only form that FreeSWITCH reads without surprise:
 * with a prefix, and no bit set behind it.
 */
export function readNetwork(text: string): ReadNetwork {
  const [host = '', suffix, ...more] = text.trim().split('/');
  const address = more.length === 0 ? parseAddress(host) : undefined;
  if (address === undefined) return { problem: `"${printable(text)}" is not an address or network` };
  const bits = suffix === undefined ? widthOf(address.family) : prefixOf(address.family, suffix, host);
  if (bits === undefined)
    return {
      problem: `"/${printable(suffix ?? '')}" is neither a prefix of 0 to ${widthOf(address.family)} nor a contiguous mask`,
    };
  const value = address.value & maskOf(address.family, bits);
  const network: Network = { family: address.family, value, bits };
  return value === address.value
    ? { network }
    : { network, note: `written as ${formatNetwork(network)}: bits behind the prefix don't count` };
}

function prefixOf(family: 4 | 6, suffix: string, host: string): number | undefined {
  if (/^[0-9]{1,3}$/.test(suffix)) {
    // `::ffff:10.0.0.0/104` counts the bits of the IPv6 address.
    const bits = Number(suffix) - (family === 4 && host.includes(':') ? 96 : 0);
    return bits >= 0 && bits <= widthOf(family) ? bits : undefined;
  }
  if (family === 6) return undefined;
  const mask = readIpv4(suffix);
  return mask === undefined ? undefined : contiguousBits(mask);
}

/** The prefix length of an IPv4 mask; nothing when its ones have gaps. */
export function contiguousBits(mask: bigint): number | undefined {
  const bits = popCount(mask);
  return maskOf(4, bits) === mask ? bits : undefined;
}

export function popCount(value: bigint): number {
  let count = 0;
  for (let rest = value; rest > 0n; rest >>= 1n) count += Number(rest & 1n);
  return count;
}

export function formatNetwork(network: Network): string {
  return `${formatAddress(network)}/${network.bits}`;
}

/** For messages: no control characters, at most 80 characters. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  const plain = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\u00b7');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}
