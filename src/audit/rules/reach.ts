import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import { dialplanOf } from '../../switch-config/dialplan.js';
import type { Place } from '../../switch-config/places.js';
import type { XmlNode } from '../../switch-config/xml.js';
import type { Collector } from '../collector.js';
import type { Severity } from '../finding.js';
import type { SipProfile } from '../profiles.js';
import { ANYTHING, forgetLanguages, literal, withEffort } from '../language/language.js';
import type { Language } from '../language/language.js';
import type { Dialled, Outcome } from '../reach/trail.js';
import { Walker } from '../reach/walk.js';
import type { OpenVerto } from './verto.js';

/** Where a caller without a password comes in. */
interface Entrance {
  readonly context: string;
  readonly dialplan: string;
  readonly what: string;
  readonly place: Place;
  /** Undefined: whatever the caller dials. */
  readonly number?: Language;
}

const SEVERITY: Readonly<Record<Dialled['freedom'], Severity>> = {
  arbitrary: 'error',
  'any-host': 'error',
  'any-number': 'error',
  'few-numbers': 'warning',
  'unknown-number': 'warning',
  'one-number': 'note',
};

/**
 * Follows callers without a password through the dialplan.
 * @param effort the steps for each entrance, and for all contexts once more
 * @returns false when not all ways could be followed
 */
export function checkReach(
  configuration: SwitchConfiguration,
  profiles: readonly SipProfile[],
  verto: readonly OpenVerto[],
  found: Collector,
  effort: number,
): boolean {
  forgetLanguages();
  const walker = new Walker(configuration);
  let complete = true;
  for (const entrance of entrancesOf(profiles, verto)) {
    const { context, dialplan, what, place, number } = entrance;
    const followed = withinStack(() => withEffort(effort, () => walker.from(context, dialplan, number)));
    complete &&= followed?.result.complete === true && followed.enough;
    if (followed === undefined) continue;
    const { result } = followed;
    for (const outcome of result.outcomes) {
      tell({ ...outcome, trail: [{ what, place }, ...outcome.trail] }, what, found);
    }
    for (const { place: at, what: left } of result.unfollowed) {
      found.remark(at, `reached by callers without a password, and decided elsewhere: ${left}`);
    }
  }
  const told = withinStack(() => withEffort(effort, () => tellOfKnownCallers(configuration, walker, found)));
  return complete && told?.result === true && told.enough;
}

/** Expressions that are nested deeper than the stack holds are not followed. */
function withinStack<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * A password, or an address on a list, says who calls: not that his name, or the number that a provider passes on, is
 * fit to be run. So every context is followed once more for those who may call there.
 * @returns false when not all ways could be followed
 */
function tellOfKnownCallers(configuration: SwitchConfiguration, walker: Walker, found: Collector): boolean {
  const sections = [
    configuration.section('dialplan'),
    configuration.section('directory'),
    configuration.configuration('ivr.conf'),
  ];
  if (!sections.some(mayRun)) return true;
  let complete = true;
  for (const context of dialplanOf(configuration).values()) {
    const result = walker.from(context.name, 'XML', ANYTHING, true);
    complete &&= result.complete;
    const what = `whoever may call context ${context.name}`;
    const place = configuration.placeOf(context.node);
    for (const outcome of result.outcomes) {
      if (outcome.kind === 'dialled') continue;
      tellOfWritten(
        { ...outcome, trail: [{ what, place }, ...outcome.trail] },
        `A caller (${what})`,
        'warning',
        found,
      );
    }
  }
  return complete;
}

function entrancesOf(profiles: readonly SipProfile[], verto: readonly OpenVerto[]): Entrance[] {
  const entrances: Entrance[] = verto.map(({ name, context, dialplan, place }) => ({
    context,
    dialplan,
    place,
    what: `Verto profile ${name}, no login, context ${context}`,
  }));
  for (const profile of profiles) {
    if (profile.local) continue;
    for (const { context, why, place } of openingsOf(profile)) {
      const what = `SIP profile ${profile.name}, ${why}, context ${context}`;
      entrances.push({ context, dialplan: profile.dialplan, place, what });
    }
    if (openingsOf(profile).length === 0) continue;
    for (const { name, context, extension, place } of profile.gateways) {
      if (context === undefined || context === profile.context) continue;
      entrances.push({
        context,
        dialplan: profile.dialplan,
        place,
        what: `SIP profile ${profile.name}, a call to gw+${name}, context ${context}`,
        ...(extension !== undefined && { number: literal(extension) }),
      });
    }
  }
  return entrances;
}

interface Opening {
  readonly context: string;
  readonly why: string;
  readonly place: Place;
}

function openingsOf(profile: SipProfile): Opening[] {
  const { context, place, acls, authCalls, blindAuth } = profile;
  const openings: Opening[] = [];
  if (!authCalls && acls.length === 0) openings.push({ context, place, why: 'no password, no ACL' });
  for (const acl of acls) {
    if (acl.state === 'open') {
      openings.push({
        context: acl.passContext ?? context,
        place: acl.place,
        why: `the list ${acl.list} is open`,
      });
    }
    if (!authCalls && acl.failContext !== undefined) {
      openings.push({ context: acl.failContext, place: acl.place, why: `not in the list ${acl.list}` });
    }
  }
  if (blindAuth !== undefined)
    openings.push({ context, place: blindAuth.place, why: 'every password is right' });
  return openings;
}

function tell(outcome: Outcome, entrance: string, found: Collector): void {
  if (outcome.kind !== 'dialled') {
    tellOfWritten(outcome, `A caller without a password (${entrance})`, 'error', found);
    return;
  }
  const { freedom, explanation, target } = outcome.dialled;
  const rule = freedom === 'arbitrary' ? 'dial-string-injection' : 'toll-fraud';
  const message = `A caller without a password (${entrance}) reaches ${target}: ${explanation}.`;
  found.add(rule, SEVERITY[freedom], outcome.place, message, outcome.trail);
}

/** What runs commands and scripts, by application, API command or file to play. */
const RUNS =
  /\b(?:lua|luarun|perl|perlrun|javascript|jsrun|jsapi|python3?|pyrun|java|managed|managedrun|basic|shell_stream|(?:bg_?)?(?:system|spawn\w*))\b/i;

/** Whether there is anything of that kind that is not wholly written down. Most configurations have none. */
function mayRun(node: XmlNode | undefined): boolean {
  if (node === undefined) return false;
  const written = [...node.attributes.values(), node.children.length === 0 ? node.text : ''].join(' ');
  return (written.includes('$') && RUNS.test(written)) || node.children.some(mayRun);
}

function tellOfWritten(
  { kind, label, place, trail }: Exclude<Outcome, { kind: 'dialled' }>,
  who: string,
  severity: Severity,
  found: Collector,
): void {
  if (kind === 'command') {
    found.add(
      'command-injection',
      severity,
      place,
      `${who} writes a part of a system command: ${label}`,
      trail,
    );
  } else {
    const message = `${who} writes a part of the program that an interpreter runs: ${label}`;
    found.add('script-injection', severity, place, message, trail);
  }
}
