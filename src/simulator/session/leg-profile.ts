import { cloneProfile, newCallerProfile, newTimes, type CallerProfile } from '../caller-profile.js';
import type { Core } from '../core.js';
import type { NamedValues } from '../variables.js';
import type { DialLeg } from './dial-string.js';
import type { OriginateOptions } from './originate.js';

/** Without a caller there is this number to show (SWITCH_DEFAULT_CLID_NUMBER). */
const DEFAULT_NUMBER = '0000000000';

/** Who calls, as the callee is to see it: the caller's own id, what overrides it, what the dial string says. */
export function newLegProfile(
  core: Core,
  options: OriginateOptions,
  leg: DialLeg,
  variables: NamedValues,
): CallerProfile {
  const { caller } = options;
  const now = core.clock.microseconds();
  const base = options.profile ?? caller?.huntProfile ?? caller?.profile;
  const profile =
    base === undefined ? newCallerProfile({ dialplan: '', context: '' }, now) : cloneProfile(base);
  if (base === undefined) {
    profile.callerIdName = options.callerIdName ?? '';
    profile.callerIdNumber = options.callerIdNumber ?? DEFAULT_NUMBER;
  } else {
    profile.callerIdName = caller?.getVariable('effective_caller_id_name') ?? profile.callerIdName;
    profile.callerIdNumber = caller?.getVariable('effective_caller_id_number') ?? profile.callerIdNumber;
  }
  profile.callerIdName = variables.get('origination_caller_id_name') ?? profile.callerIdName;
  profile.callerIdNumber = variables.get('origination_caller_id_number') ?? profile.callerIdNumber;
  if (base === undefined) {
    profile.ani = profile.callerIdNumber;
    profile.origCallerIdName = profile.callerIdName;
    profile.origCallerIdNumber = profile.callerIdNumber;
  }
  profile.times = newTimes(now);
  profile.destinationNumber = leg.target === '' ? 'service' : leg.target;
  profile.calleeIdName = 'Outbound Call';
  profile.calleeIdNumber = sanitizeNumber(profile.destinationNumber);
  return profile;
}

/** switch_sanitize_number: what stands behind the last slash, without host and scheme. */
function sanitizeNumber(text: string): string {
  const last = text.split('/').at(-1) ?? text;
  return last.replace(/@.*$/s, '').replace(/^sips?:/, '');
}
