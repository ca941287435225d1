import { profileField, type CallerProfile } from '../caller-profile.js';
import type { Channel, Extension, PlannedApplication } from '../channel.js';
import { channelScope, expandIn } from '../expansion.js';
import { matchRegex } from '../regex.js';
import { equalsIgnoringCase, isTrue, separate } from '../text.js';
import type { Condition, DialplanAction, DialplanExtension, Test } from './contexts.js';

/** Runs an action that is marked `inline`, while the dialplan is still looked up. */
export type RunInline = (channel: Channel, application: string, data: string) => Promise<unknown>;

/** More than these items of an inline list stay in the last one (mod_dptools.c). */
const MAX_INLINE_ITEMS = 128;

/**
 * Looks up what a channel is to run, in the dialplans that its profile names (`XML`, `inline`), one after the
 * other. Undefined when none has anything.
 */
export async function hunt(
  channel: Channel,
  profile: CallerProfile,
  runInline: RunInline,
): Promise<Extension | undefined> {
  for (const entry of separate(profile.dialplan, ',', 25)) {
    const colon = entry.indexOf(':');
    const name = colon < 0 ? entry : entry.slice(0, colon);
    const argument = colon < 0 ? '' : entry.slice(colon + 1);
    let found: Extension | undefined;
    if (equalsIgnoringCase(name, 'inline')) found = huntInline(profile, argument);
    else if (equalsIgnoringCase(name, 'XML')) found = await huntXml(channel, profile, runInline);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The dialplan `inline`: `app:data,app:data`, or `m:^:app:data^app:data` with a separator of one's own. */
function huntInline(profile: CallerProfile, argument: string): Extension | undefined {
  let target = argument === '' ? profile.destinationNumber : argument;
  if (target === '') return undefined;
  let delimiter = ',';
  if (target.startsWith('m:') && target.charAt(3) === ':') {
    delimiter = target.charAt(2);
    target = target.slice(4);
  }
  const applications = separate(target, delimiter, MAX_INLINE_ITEMS).map((item): PlannedApplication => {
    const colon = item.indexOf(':');
    if (colon < 0) return { application: item.trimStart(), data: '' };
    return { application: item.slice(0, colon).trimStart(), data: item.slice(colon + 1) };
  });
  profile.destinationNumber = profile.rdnis;
  profile.rdnis = '';
  return { name: 'inline', applications, next: 0 };
}

/** Collects what matching extensions want to be run. */
interface Hunt {
  readonly channel: Channel;
  readonly runInline: RunInline;
  readonly profile: CallerProfile;
  readonly applications: PlannedApplication[];
  name: string | undefined;
}

async function huntXml(
  channel: Channel,
  profile: CallerProfile,
  runInline: RunInline,
): Promise<Extension | undefined> {
  const { contexts } = channel.core.configuration;
  const context = contexts.get(profile.context) ?? contexts.get('global');
  if (context === undefined) return undefined;
  const state: Hunt = { channel, runInline, profile, applications: [], name: undefined };
  for (const extension of fromAutoHunt(channel, context.extensions, profile.destinationNumber)) {
    const proceed = await checkConditions(state, extension, extension.conditions, true);
    if (proceed && !extension.continues) break;
  }
  if (state.name === undefined) return undefined;
  return { name: state.name, applications: state.applications, next: 0 };
}

/** `auto_hunt`: begins with the extension that is named like the number dialled. */
function fromAutoHunt(
  channel: Channel,
  extensions: readonly DialplanExtension[],
  number: string,
): readonly DialplanExtension[] {
  if (!isTrue(channel.getVariable('auto_hunt'))) return extensions;
  const first = extensions.findIndex((extension) => extension.name === number);
  return first < 0 ? extensions : extensions.slice(first);
}

interface Match {
  readonly groups: readonly string[];
  /** The expression has a group, so `$1` in the actions means something. */
  readonly captures: boolean;
}

function runTest(state: Hunt, test: Test): Match | undefined {
  if (test.field === undefined) return { groups: [], captures: false };
  const scope = channelScope(state.channel);
  const value = test.field.includes('$')
    ? expandIn(scope, test.field)
    : (profileField(state.profile, test.field) ?? '');
  const expression = expandIn(scope, test.expression);
  const groups = matchRegex(value, expression);
  return groups === undefined ? undefined : { groups, captures: expression.includes('(') };
}

function runRule(state: Hunt, condition: Condition): Match | undefined {
  const results = condition.tests.map((test) => runTest(state, test));
  const passed = results.filter((result) => result !== undefined);
  const passes =
    condition.rule === 'all'
      ? passed.length === results.length
      : condition.rule === 'xor'
        ? passed.length === 1
        : passed.length > 0;
  if (!passes) return undefined;
  return passed.findLast((match) => match.captures) ?? { groups: [], captures: false };
}

async function checkConditions(
  state: Hunt,
  extension: DialplanExtension,
  conditions: readonly Condition[],
  required: boolean,
): Promise<boolean> {
  let proceed = false;
  for (const condition of conditions) {
    const match = condition.rule === undefined ? runTest(state, condition.test) : runRule(state, condition);
    proceed = match !== undefined;
    if (match === undefined) {
      for (const action of condition.antiActions) {
        await take(state, extension, action, action.data);
        proceed = true;
      }
    } else {
      if (match.captures) rememberMatch(state.channel, match);
      for (const action of condition.actions) {
        await take(
          state,
          extension,
          action,
          match.captures ? substitute(action.data, match.groups) : action.data,
        );
      }
    }
    if (breaks(condition, match !== undefined)) break;
    if (proceed && condition.nested.length > 0) {
      proceed = await checkConditions(state, extension, condition.nested, condition.requireNested);
      if (!proceed && condition.break !== 'never') break;
    }
  }
  return required ? proceed : true;
}

function breaks(condition: Condition, matched: boolean): boolean {
  if (condition.break === 'always') return true;
  return condition.break === (matched ? 'on-true' : 'on-false');
}

/** `DP_MATCH` holds what the last expression caught. */
function rememberMatch(channel: Channel, match: Match): void {
  channel.setVariable('DP_MATCH', undefined);
  for (const group of match.groups) channel.variables.push('DP_MATCH', group);
}

/** `$1` and `${1}` become what the expression caught; everything else with a `$` stays (switch_regex.c). */
export function substitute(data: string, groups: readonly string[]): string {
  return data.replace(/\$(?:\{(\d+)\}|(\d+))/g, (_, braced: string | undefined, bare: string | undefined) => {
    return groups[Number(braced ?? bare)] ?? '';
  });
}

async function take(
  state: Hunt,
  extension: DialplanExtension,
  action: DialplanAction,
  data: string,
): Promise<void> {
  state.name ??= extension.name;
  for (let i = 0; i < action.loop; i += 1) {
    if (action.inline) await state.runInline(state.channel, action.application, data);
    else state.applications.push({ application: action.application, data });
  }
}
