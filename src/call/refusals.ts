import type { OwnList } from './own-list.js';
import type { Policy } from './policy.js';

/** An action of a list that the policy does not allow. */
export interface Refused {
  readonly index: number;
  readonly application: string;
  readonly rule: string;
  readonly detail: string;
}

/** What the policy says to a list before any of it runs. An unknown profile allows nothing. */
export function refusalsOf(
  policies: ReadonlyMap<string, Policy>,
  { actions, policy: name }: OwnList,
  call: { get(name: string): string | undefined },
): Refused[] {
  const policy = policies.get(name);
  return actions.flatMap((action, index): Refused[] => {
    const verdict = policy?.check(action, call) ?? {
      allowed: false,
      rule: 'policy',
      detail: `there is no profile ${JSON.stringify(name)}`,
    };
    if (verdict.allowed) return [];
    return [{ index, application: action.application, rule: verdict.rule, detail: verdict.detail }];
  });
}
