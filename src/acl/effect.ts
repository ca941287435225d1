import { formatNetwork, maskOf, printable, widthOf } from './address.js';
import type { Address, Network } from './address.js';
import type { RuleList } from './decide.js';
import { isNetwork } from './edit.js';
import { hasPorts, ruleMatches } from './rule.js';
import type { Rule } from './rule.js';

/** What an entry that is to be added would do. */
export interface Note {
  readonly code: NoteCode;
  /** `danger` wants to be confirmed. */
  readonly severity: 'info' | 'warning' | 'danger';
  readonly text: string;
}

export type NoteCode =
  | 'already_there'
  | 'no_effect'
  | 'same_as_default'
  | 'outranked'
  | 'partly_outranked'
  | 'opens_world'
  | 'rewritten'
  | 'ports_not_asked'
  | 'matches_everything'
  | 'shadowed_list';

/** Shorter prefixes than these allow more than any one organisation has. */
const WORLD_BITS = { 4: 8, 6: 16 } as const;
/** How many comparisons are spent on finding out whether anything changes at all. */
const MAX_STEPS = 2_000_000;

/** @param added the rule as it will stand at the end of the list */
export function notesOfAdding(
  list: RuleList & { readonly name: string },
  network: Network,
  added: Rule,
): Note[] {
  const notes: Note[] = [];
  const text = formatNetwork(network);
  const word = added.allow ? 'allow' : 'deny';
  if (network.family === 4 && network.bits === 32 && network.value === 0n)
    notes.push({
      code: 'matches_everything',
      severity: 'danger',
      text: `0.0.0.0/32 matches every IPv4 address, and outranks every other entry: FreeSWITCH shifts its mask away`,
    });
  else if (added.allow && network.bits < WORLD_BITS[network.family])
    notes.push({
      code: 'opens_world',
      severity: 'danger',
      text:
        network.bits === 0
          ? `opens the list to every ${network.family === 4 ? 'IPv4' : 'IPv6'} address in the world`
          : `opens the list to ${2 ** (widthOf(network.family) - network.bits)} addresses`,
    });
  if (hasPorts(added.ports))
    notes.push({
      code: 'ports_not_asked',
      severity: 'info',
      text: 'ports count for IPv4 on SIP profiles with use-port-for-acl-check only; the acl command does not look at them',
    });

  const twin = list.rules.find((rule) => isNetwork(rule, network) && !hasPorts(rule.ports));
  if (twin !== undefined) {
    const same = twin.allow === added.allow;
    notes.push({
      code: same ? 'already_there' : 'outranked',
      severity: same ? 'info' : 'warning',
      text: same
        ? `the list has ${printable(twin.text)} (${word}) already`
        : `changes nothing: of equal prefixes the first decides, and ${printable(twin.text)} (${twin.allow ? 'allow' : 'deny'}) stands before it; remove that one`,
    });
    return notes;
  }
  const longer = list.rules.filter((rule) => isInside(rule, network));
  const against = longer.filter((rule) => rule.allow !== added.allow);
  if (changes(list, network, added) === false) {
    const covering = against[0];
    if (covering !== undefined)
      notes.push({
        code: 'outranked',
        severity: 'warning',
        text: `changes nothing: longer prefixes decide, such as ${printable(covering.text)} (${covering.allow ? 'allow' : 'deny'})`,
      });
    else if (list.allowByDefault === added.allow)
      notes.push({
        code: 'same_as_default',
        severity: 'warning',
        text: `changes nothing: ${word} is the default of the list, and no entry says otherwise for ${text}`,
      });
    else
      notes.push({
        code: 'no_effect',
        severity: 'warning',
        text: `changes nothing: other entries say ${word} for all of ${text} already`,
      });
  } else if (against.length > 0) {
    const some = against
      .slice(0, 3)
      .map((rule) => printable(rule.text))
      .join(', ');
    notes.push({
      code: 'partly_outranked',
      severity: 'info',
      text: `longer prefixes in it decide for themselves: ${some}${against.length > 3 ? ` and ${against.length - 3} more` : ''}`,
    });
  }
  return notes;
}

/** Whether the rule is for a part of the network only, and outranks it there. */
function isInside(rule: Rule, network: Network): boolean {
  if (rule.net === undefined || rule.bits === undefined || rule.bits <= network.bits) return false;
  if (rule.family !== network.family && !(rule.family === 'both' && network.family === 4)) return false;
  return (rule.net & maskOf(network.family, network.bits)) === network.value;
}

/**
 * Whether any address gets another answer. Between the borders of the rules nothing can change, so one address of
 * each stretch is enough.
 * @returns nothing when that would take too long, or can't be known
 */
export function changes(list: RuleList, network: Network, added: Rule): boolean | undefined {
  const { family } = network;
  const last = network.value | (maskOf(family, widthOf(family)) ^ maskOf(family, network.bits));
  const borders = new Set([network.value]);
  let exact = true;
  const near = list.rules.filter((rule) => rule.family === family || rule.family === 'both');
  for (const rule of near) {
    const mask = rule.bits === undefined ? 0n : maskOf(family, rule.bits);
    const plain = rule.net !== undefined && (rule.mask === mask || (family === 4 && rule.bits === 32));
    if (rule.net === undefined || !plain || (rule.family === 'both' && family === 6)) {
      exact = false;
      continue;
    }
    const start = rule.net & mask;
    const end = start | (maskOf(family, widthOf(family)) ^ mask);
    for (const border of [start, end + 1n, rule.net, rule.net + 1n])
      if (border >= network.value && border <= last) borders.add(border);
  }
  if (borders.size * near.length > MAX_STEPS) return undefined;
  for (const value of borders) {
    const address: Address = { family, value };
    const winner = winnerOf(near, address);
    if (winner === 'unknown') return undefined;
    const outranked = winner !== undefined && (winner.bits ?? 0) >= (added.bits ?? 0);
    if (!outranked && (winner?.allow ?? list.allowByDefault) !== added.allow) return true;
  }
  return exact ? false : undefined;
}

function winnerOf(rules: readonly Rule[], address: Address): Rule | 'unknown' | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (best !== undefined && (rule.bits ?? Infinity) <= (best.bits ?? 0)) continue;
    const match = ruleMatches(rule, address);
    if (match === undefined) return 'unknown';
    if (match) best = rule;
  }
  return best;
}
