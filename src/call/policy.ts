import type { Action } from './action.js';
import type { PolicyProfile } from './policy-profile.js';
import { APPLICATION_RULES } from './policy/application-rules.js';
import { checkData, checkExpansion } from './policy/data-rules.js';
import { checkDial } from './policy/dial-rules.js';
import type { Concurrency } from './policy/dial-rules.js';
import { compilePattern } from '../safe-pattern.js';
import { compileNames } from './policy/pattern.js';
import type { Checked, CompiledProfile, Refusal, RuleContext } from './policy/rule.js';
import { refuse, shown } from './policy/rule.js';
import { takeScope } from './policy/scope-rules.js';

/** What the policy says to one action. Every rule is explained in docs/guide/policy.md. */
export type Verdict =
  | {
      readonly allowed: true;
      /** No more than `max` calls under `key` may have this action running at the same time. */
      readonly concurrency?: Concurrency;
    }
  | ({ readonly allowed: false } & Refusal);

/** A named profile of what HTTP apps and flows may do to a call. */
export class Policy {
  readonly name: string;
  readonly #profile: CompiledProfile;

  /** @param profile what the schema has made of the configuration; `policyProfileSchema.parse({})` is the default */
  constructor(name: string, profile: PolicyProfile) {
    this.name = name;
    this.#profile = compile(profile);
  }

  /**
   * Whether an action may run on a call. Never throws on what an app sent: what cannot be read is refused.
   * @param call what is known of the channel, for variables that change how FreeSWITCH reads data
   */
  check(action: Pick<Action, 'application' | 'data'>, call: RuleContext['call']): Verdict {
    const context: RuleContext = { profile: this.#profile, call };
    const { application } = action;
    if (!this.#profile.applications.has(application)) {
      return verdict(
        refuse('application', `${shown(application)} is not among the applications of ${this.name}`),
      );
    }
    const refusal = checkData(action.data) ?? checkDollar(action, context);
    if (refusal !== undefined) return verdict(refusal);
    const scope = takeScope(action.data, context);
    if ('refusal' in scope) return verdict(scope.refusal);
    if (application === 'bridge') {
      const dial = checkDial(scope.rest, this.name, context);
      if ('refusal' in dial) return verdict(dial.refusal);
      return { allowed: true, ...dial };
    }
    return verdict(APPLICATION_RULES.get(application)?.(scope.rest, context));
  }

  /** Whether a call may be placed to there, whatever applications the profile allows. */
  checkDial(dialString: string): Verdict {
    const context: RuleContext = { profile: this.#profile, call: { get: () => undefined } };
    const refusal = checkData(dialString) ?? checkExpansion('bridge', dialString, context);
    if (refusal !== undefined) return verdict(refusal);
    const dial = checkDial(dialString, this.name, context);
    return 'refusal' in dial ? verdict(dial.refusal) : { allowed: true, ...dial };
  }
}

function verdict(refusal: Checked): Verdict {
  return refusal === undefined ? { allowed: true } : { allowed: false, ...refusal };
}

/**
 * play_and_get_digits takes a regular expression in which `$` is an anchor: there it is no reference as long as
 * no brace follows, and application-rules.ts looks at what follows.
 */
function checkDollar(action: Pick<Action, 'application' | 'data'>, context: RuleContext): Checked {
  const anchored =
    action.application === 'play_and_get_digits'
      ? action.data.replace(/\$(?=[|)]|'? |'?$)/g, '')
      : action.data;
  return checkExpansion(action.application, anchored, context);
}

function compile(source: PolicyProfile): CompiledProfile {
  const all = (patterns: readonly string[]) => patterns.map(compilePattern);
  const { dial } = source;
  return {
    source,
    applications: new Set(source.applications),
    settable: compileNames(source.variables.set),
    dialVariables: compileNames(source.variables.dial),
    digitVariables: compileNames(source.variables.digits),
    expandable: compileNames(source.expansion.variables),
    callerIdNumbers: all(source.caller_id.numbers),
    callerIdNames: all(source.caller_id.names),
    users: all(dial.users),
    domains: all(dial.domains),
    groups: all(dial.groups),
    gateways: new Map(
      Object.entries(dial.gateways).map(([name, { numbers, max_concurrent: max }]) => [
        name,
        { numbers: all(numbers), ...(max === undefined ? {} : { max }) },
      ]),
    ),
    sipUris: dial.sip_uris.map(({ profile, uri }) => ({ profile, uri: compilePattern(uri) })),
    loopback: dial.loopback.map(({ extension, context }) => ({
      extension: compilePattern(extension),
      context,
    })),
    endpoints: dial.endpoints.map(({ endpoint, data }) => ({ endpoint, data: compilePattern(data) })),
    transfers: source.transfer.destinations.map((to) => ({ ...to, extension: compilePattern(to.extension) })),
    queues: all(source.callcenter.queues),
    fifos: all(source.fifo.queues),
    conferences: all(source.conference.rooms),
  };
}
