import ipaddr from 'ipaddr.js';

/** What an operator wrote under `egress`. */
export interface EgressRules {
  /** When set, these are asked and nothing else. */
  readonly allowed_origins?: readonly string[] | undefined;
  readonly allowed_addresses: readonly string[];
  readonly denied_addresses: readonly string[];
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/**
 * What a call must never make the daemon connect to, unless it is listed. Loopback and private networks are not
 * among them: that is where apps live.
 */
const REFUSED: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['::/128', 'unspecified'],
  ['169.254.0.0/16', 'link-local'],
  ['fe80::/10', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],
  ['240.0.0.0/4', 'reserved or broadcast'],
  // Clouds that serve instance credentials elsewhere than on 169.254.169.254: Amazon (IMDS and pod identity over
  // IPv6), Google over IPv6, Alibaba, Oracle, Azure's host agent.
  ['fd00:ec2::/32', 'cloud metadata'],
  ['fd20:ce::254/128', 'cloud metadata'],
  ['100.100.100.200/32', 'cloud metadata'],
  ['192.0.0.192/32', 'cloud metadata'],
  ['168.63.129.16/32', 'cloud metadata'],
];

/** Decides which origins may be asked and which addresses may be connected to. */
export class Egress {
  readonly #origins: ReadonlySet<string> | undefined;
  readonly #allowed: readonly Range[];
  readonly #denied: readonly Range[];
  readonly #refused: readonly { range: Range; kind: string }[];

  constructor(settings: EgressRules) {
    this.#origins =
      settings.allowed_origins && new Set(settings.allowed_origins.map((text) => new URL(text).origin));
    this.#allowed = settings.allowed_addresses.map(parseRange);
    this.#denied = settings.denied_addresses.map(parseRange);
    this.#refused = REFUSED.map(([text, kind]) => ({ range: parseRange(text), kind }));
  }

  /** @returns why the origin may not be asked, or undefined */
  refusesOrigin(origin: string): string | undefined {
    if (this.#origins !== undefined && !this.#origins.has(origin)) {
      return `${origin} is not in egress.allowed_origins`;
    }
    const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
    // An origin that is listed with its address is listed on purpose.
    if (!ipaddr.isValid(host) || this.#origins?.has(origin) === true) return undefined;
    return this.refusesAddress(host);
  }

  /** Whether connections to `origin` need no check of their address, since the operator wrote it down. */
  listsAddressOf(origin: string): boolean {
    const host = new URL(origin).hostname.replace(/^\[|\]$/g, '');
    return this.#origins?.has(origin) === true && ipaddr.isValid(host);
  }

  /** @returns why the address may not be connected to, or undefined */
  refusesAddress(text: string): string | undefined {
    const bare = text.replace(/%.*$/s, '');
    if (!ipaddr.isValid(bare)) return `${text} is not an address`;
    const addresses = withEmbedded(ipaddr.parse(bare));
    if (addresses.some((address) => this.#allowed.some((range) => contains(range, address))))
      return undefined;
    for (const address of addresses) {
      if (this.#denied.some((range) => contains(range, address))) {
        return `${text} is in egress.denied_addresses`;
      }
      const found = this.#refused.find(({ range }) => contains(range, address));
      if (found !== undefined)
        return `${text} is ${found.kind}; list it in egress.allowed_addresses if it is meant`;
    }
    return undefined;
  }
}

function parseRange(text: string): Range {
  if (text.includes('/')) {
    const [address, bits] = ipaddr.parseCIDR(text);
    return [address, bits];
  }
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function contains([base, bits]: Range, address: Address): boolean {
  if (base instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(base, bits);
  return address instanceof ipaddr.IPv6 && address.match(base, bits);
}

/**
 * The address, and the IPv4 address that it carries inside: packets to IPv4-mapped (::ffff:0:0/96), NAT64
 * (64:ff9b::/96), 6to4 (2002::/16) and IPv4-compatible (::/96) addresses may arrive there.
 */
function withEmbedded(address: Address): Address[] {
  if (address instanceof ipaddr.IPv4) return [address];
  const bytes = address.toByteArray();
  const tail = new ipaddr.IPv4(bytes.slice(12));
  if (address.isIPv4MappedAddress()) return [address, tail];
  const prefix = address.toNormalizedString();
  if (prefix.startsWith('64:ff9b:0:0:0:0:')) return [address, tail];
  if (bytes[0] === 0x20 && bytes[1] === 0x02) return [address, new ipaddr.IPv4(bytes.slice(2, 6))];
  const compatible = bytes.slice(0, 12).every((byte) => byte === 0) && !/^0:0:0:0:0:0:0:[01]$/.test(prefix);
  return compatible ? [address, tail] : [address];
}
