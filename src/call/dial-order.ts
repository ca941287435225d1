import { AppError } from '../errors.js';
import type { ReleaseTarget } from '../switch/attached/release-target.js';
import { formatDialString, parseDialString } from '../switch/dial-string.js';
import type { DialString, DialVariable } from '../switch/dial-string.js';

/** Whom to call, as somebody asks for it. */
export interface DialOrder {
  /** A dial string: `user/1000`, `sofia/gateway/carrier/4930123456`. */
  readonly to: string;
  /** How long it may ring. */
  readonly timeoutSeconds: number;
  readonly callerNumber?: string;
  readonly callerName?: string;
}

/** What FreeSWITCH is told, and what the policy has to agree to. */
export interface DialCommand {
  /** For the policy: the dial string with the caller id in it. */
  readonly judged: string;
  /** After `bgapi`. */
  readonly command: string;
  /** The longest that FreeSWITCH may take for it. */
  readonly longestMs: number;
}

/** The channel variable by which the legs of a call that is placed are found. */
export const DIAL_ID = 'cti_dial';

/**
 * A channel that is left parked by a daemon that died in between ends by itself (switch_ivr.c switch_ivr_park reads
 * and takes away `park_timeout`).
 */
const PARKED_SECONDS = 30;
const GRACE_MS = 10_000;

const NUMBER = /^[A-Za-z0-9+*#._-]{1,64}$/;
const NAME = /^[\p{L}\p{N}_.+@()/&-](?:[\p{L}\p{N} _.+@()/&-]{0,62}[\p{L}\p{N}_.+@()/&-])?$/u;

/**
 * The arguments of `originate`, which are split at blanks, with quotes and backslashes taken off
 * (mod_commands.c originate_function).
 * @param then an extension of the dialplan; undefined: the channel is parked when it answers
 * @throws AppError `invalid_request`
 */
export function dialCommand(order: DialOrder, id: string, then: ReleaseTarget | undefined): DialCommand {
  const { to, timeoutSeconds, callerNumber, callerName } = order;
  const parsed = parseDialString(to);
  if (!parsed.ok) throw new AppError('invalid_request', `to: ${parsed.detail}`);
  const { dialString } = parsed;
  if (callerNumber !== undefined && !NUMBER.test(callerNumber))
    throw new AppError('invalid_request', 'caller_number: expected digits and letters');
  if (callerName !== undefined && !NAME.test(callerName))
    throw new AppError('invalid_request', 'caller_name: expected letters, digits, blanks and "_.+@()/&-"');
  refuseOwn(dialString);
  const shown = variables([
    ['origination_caller_id_number', callerNumber],
    ['origination_caller_id_name', callerName],
  ]);
  const own = variables([
    [DIAL_ID, id],
    ['originate_timeout', String(timeoutSeconds)],
    ['park_timeout', then === undefined ? String(PARKED_SECONDS) : undefined],
    // A ringing tone, or an announcement of the network, is no answer.
    ['ignore_early_media', says(dialString, 'ignore_early_media') ? undefined : 'true'],
  ]);
  const sent = formatDialString(withVariables(dialString, own));
  if (/[\s'"\\$]/.test(sent))
    throw new AppError('invalid_request', 'to: no blanks, quotes, backslashes and dollar signs in values');
  const target =
    then === undefined ? '&park() XML default' : `${then.extension} ${then.dialplan} ${then.context}`;
  const name = callerName === undefined ? 'undef' : `'${callerName}'`;
  const tries = dialString.groups.reduce((sum, { attempts }) => sum + attempts.length, 0);
  return {
    judged: shown.length === 0 ? to : formatDialString(withVariables(dialString, shown)),
    command: `originate ${sent} ${target} ${name} ${callerNumber ?? 'undef'} ${timeoutSeconds}`,
    longestMs: timeoutSeconds * 1000 * tries + GRACE_MS,
  };
}

/** For each group of legs; what stands first counts (switch_event.c switch_event_get_header). */
function withVariables(dialString: DialString, own: readonly DialVariable[]): DialString {
  return {
    ...dialString,
    groups: dialString.groups.map((group) => ({ ...group, variables: [...own, ...group.variables] })),
  };
}

function variables(given: readonly (readonly [string, string | undefined])[]): DialVariable[] {
  return given.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function namesIn({ variables: all, groups }: DialString): string[] {
  const legs = groups.flatMap(({ attempts }) => attempts.flat());
  return [...all, ...groups.flatMap((group) => group.variables), ...legs.flatMap((leg) => leg.variables)].map(
    ({ name }) => name.toLowerCase(),
  );
}

function says(dialString: DialString, name: string): boolean {
  return namesIn(dialString).includes(name);
}

function refuseOwn(dialString: DialString): void {
  for (const name of [DIAL_ID, 'originate_timeout', 'park_timeout'])
    if (says(dialString, name)) throw new AppError('invalid_request', `to: ${name} is set by the daemon`);
}
