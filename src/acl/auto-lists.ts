import type { Address } from './address.js';
import type { RuleList } from './decide.js';
import { EVERY_PORT, rulesOfCidr, rulesOfHostAndMask, unknownRules } from './rule.js';
import type { Rule } from './rule.js';

/** The addresses that FreeSWITCH found for itself, which two of its own lists are made of. */
export interface LocalNetwork {
  readonly address: string;
  readonly mask: string;
}

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];
const NOT_PUBLIC = ['0.0.0.0/8', ...PRIVATE, '169.254.0.0/16', '100.64.0.0/10'];

interface AutoList {
  readonly allowByDefault: boolean;
  /** Networks that get the opposite of the default. */
  readonly except: readonly string[];
  /** What the switch's own network gets, put first. */
  readonly local?: boolean;
}

/** The lists that FreeSWITCH makes itself (switch_core.c `switch_load_network_lists`). */
const AUTO_LISTS: Readonly<Record<string, AutoList>> = {
  'rfc6598.auto': { allowByDefault: false, except: ['100.64.0.0/10'] },
  'rfc1918.auto': { allowByDefault: false, except: [...PRIVATE, 'fe80::/10'] },
  'wan.auto': { allowByDefault: true, except: [...NOT_PUBLIC, 'fe80::/10'] },
  'wan_v6.auto': { allowByDefault: true, except: ['0.0.0.0/0', 'fe80::/10'] },
  'wan_v4.auto': { allowByDefault: true, except: [...NOT_PUBLIC, '::/0'] },
  'any_v6.auto': { allowByDefault: true, except: ['0.0.0.0/0'] },
  'any_v4.auto': { allowByDefault: true, except: ['::/0'] },
  'nat.auto': { allowByDefault: false, except: [...PRIVATE, '100.64.0.0/10'], local: false },
  'loopback.auto': { allowByDefault: false, except: ['127.0.0.0/8', '::1/128'] },
  'localnet.auto': { allowByDefault: false, except: [], local: true },
};

export const AUTO_LIST_NAMES: readonly string[] = Object.keys(AUTO_LISTS);

/**
 * A list that exists without being written.
 * @param local without it, what depends on it is not known
 */
export function autoList(name: string, local: LocalNetwork | undefined): RuleList | undefined {
  const auto = Object.hasOwn(AUTO_LISTS, name) ? AUTO_LISTS[name] : undefined;
  if (auto === undefined) return undefined;
  const rules: Rule[] = [];
  if (auto.local !== undefined) {
    const read =
      local === undefined
        ? unknownRules("the switch's own network", auto.local, 'only FreeSWITCH knows its own network')
        : rulesOfHostAndMask(local.address, local.mask, auto.local, EVERY_PORT);
    rules.push(...read.rules);
  }
  for (const cidr of auto.except) rules.push(...rulesOfCidr(cidr, !auto.allowByDefault, EVERY_PORT).rules);
  return { allowByDefault: auto.allowByDefault, rules };
}

/**
 * A list name that is itself a network, or several, as `10.0.0.0/8,192.0.2.0/24`: FreeSWITCH takes those too where
 * it asks for a list (switch_core.c `switch_check_network_list_ip_port_token`).
 */
export function listOfNetworks(name: string, asked: Address): RuleList | undefined {
  if (!name.includes('/')) return undefined;
  // Any of them is enough, so their order and length play no part.
  const { rules } = rulesOfCidr(name, true, EVERY_PORT);
  // Here FreeSWITCH compares across families: what comes of it depends on what was in its memory.
  const other = (rule: Rule): boolean => rule.family !== asked.family;
  return {
    allowByDefault: false,
    rules: rules.map((rule) => (other(rule) ? { ...rule, family: 'both', net: undefined } : rule)),
  };
}
