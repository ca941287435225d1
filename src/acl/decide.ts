import type { Address } from './address.js';
import { portMatches, ruleMatches } from './rule.js';
import type { Rule } from './rule.js';

/** What is needed of a list to decide. */
export interface RuleList {
  /** What addresses get that no entry is for. Nothing: not known. */
  readonly allowByDefault: boolean | undefined;
  /** In the order of the file. */
  readonly rules: readonly Rule[];
}

export interface Decision {
  /** Nothing: it depends on something that can't be known here. */
  readonly allowed: boolean | undefined;
  /** The rule that decides, as far as can be seen; none: the default does. */
  readonly rule: Rule | undefined;
  /** Further rules that are for the address, in the order in which they would decide. */
  readonly outranked: readonly Rule[];
  /** Rules of which it can't be known whether they are for the address, and which would outrank. */
  readonly unknown: readonly Rule[];
}

/**
 * What a list says of an address (switch_utils.c `switch_network_list_validate_ip_port_token` and its IPv6 sister).
 * The longest prefix wins, of equals the first.
 * @param port 0: none, as the `acl` command and most of FreeSWITCH ask; IPv6 never looks at ports
 */
export function decide(list: RuleList, address: Address, port = 0): Decision {
  const asked = address.family === 4 ? port : 0;
  const ranked = list.rules
    .map((rule, index) => ({ rule, index, rank: rule.bits ?? Infinity, match: ruleMatches(rule, address) }))
    .filter(({ rule, match }) => match !== false && portMatches(rule.ports, asked))
    .sort((a, b) => b.rank - a.rank || a.index - b.index);
  const known = ranked.filter(({ match }) => match === true).map(({ rule }) => rule);
  const [rule, ...outranked] = known;
  const above =
    rule === undefined
      ? ranked
      : ranked.slice(
          0,
          ranked.findIndex((one) => one.rule === rule),
        );
  const unknown = above.map((one) => one.rule);
  const seen = rule === undefined ? list.allowByDefault : rule.allow;
  const allowed = unknown.every((one) => one.allow === seen) ? seen : undefined;
  return { allowed, rule, outranked, unknown };
}
