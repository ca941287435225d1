import type { DialEndpoint } from '../../switch/dial-endpoint.js';
import { formatEndpoint } from '../../switch/dial-endpoint.js';
import type { DialString } from '../../switch/dial-string.js';
import { legsOf, parseDialString } from '../../switch/dial-string.js';
import { matchesAny } from './pattern.js';
import type { Checked, Refusal, RuleContext, RuleName } from './rule.js';
import { firstRefusal, refuse, shown } from './rule.js';
import { checkSetting } from './variable-rules.js';

export interface Concurrency {
  readonly key: string;
  readonly max: number;
}

export type DialVerdict = { readonly refusal: Refusal } | { readonly concurrency?: Concurrency };

// Whatever the patterns say: beyond these shapes FreeSWITCH would read more than a name or a number. A group's
// name is put into ${group_call(…)} and expanded (mod_dptools.c: group_outgoing_channel); an `@` or `;` in a
// gateway's number replaces the gateway's own host (mod_sofia.c: sofia_outgoing_channel).
const USER = /^[A-Za-z0-9_.+#*-]{1,64}$/;
const DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,126}[A-Za-z0-9])?$/;
const GROUP = /^[A-Za-z0-9_.-]{1,64}$/;
const NUMBER = /^[A-Za-z0-9+*#._-]{1,64}$/;
const SIP_URI =
  /^[A-Za-z0-9_.+*#-]{1,64}(?:@(?:[A-Za-z0-9.-]{1,128}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?(?:;transport=(?:udp|tcp|tls))?)?$/;

/** A dial string, parsed; what the parser cannot account for is refused. */
export function checkDial(data: string, profileName: string, context: RuleContext): DialVerdict {
  const result = parseDialString(data);
  if (!result.ok) return { refusal: refuse('dial.syntax', `${result.detail} in ${shown(data)}`) };
  const refusal = checkDialString(result.dialString, context);
  if (refusal !== undefined) return { refusal };
  return concurrencyOf(result.dialString, profileName, context);
}

function checkDialString(dialString: DialString, context: RuleContext): Checked {
  const legs = legsOf(dialString);
  const max = context.profile.source.dial.max_legs;
  if (legs.length > max) return refuse('dial.legs', `${legs.length} legs, allowed are ${max}`);
  const variables = [
    ...dialString.variables,
    ...dialString.groups.flatMap((group) => group.variables),
    ...legs.flatMap((leg) => leg.variables),
  ];
  return (
    firstRefusal(variables, ({ name, value }) => checkSetting(name, value, context, 'dial')) ??
    firstRefusal(legs, (leg) => checkEndpoint(leg.endpoint, context))
  );
}

function checkEndpoint(endpoint: DialEndpoint, context: RuleContext): Checked {
  const { profile } = context;
  const text = shown(formatEndpoint(endpoint));
  const unless = (allowed: boolean, rule: RuleName, why: string): Checked =>
    allowed ? undefined : refuse(rule, `${text} ${why}`);
  switch (endpoint.type) {
    case 'user':
      return (
        unless(
          USER.test(endpoint.user) && matchesAny(profile.users, endpoint.user),
          'dial.user',
          'is not a user of dial.users',
        ) ?? checkDomain(endpoint.domain, context)
      );
    case 'group':
      return (
        unless(
          GROUP.test(endpoint.group) &&
            matchesAny(profile.groups, endpoint.group) &&
            /^[AFE]?$/.test(endpoint.order ?? ''),
          'dial.group',
          'is not a group of dial.groups',
        ) ?? checkDomain(endpoint.domain, context)
      );
    case 'gateway': {
      const gateway = profile.gateways.get(endpoint.gateway);
      if (gateway === undefined)
        return refuse('dial.gateway', `${text} is not through a gateway of dial.gateways`);
      return unless(
        NUMBER.test(endpoint.number) && matchesAny(gateway.numbers, endpoint.number),
        'dial.number',
        `is not a number allowed through ${endpoint.gateway}`,
      );
    }
    case 'sofia':
      return unless(
        SIP_URI.test(endpoint.uri) &&
          profile.sipUris.some(
            ({ profile: name, uri }) => name === endpoint.profile && matchesAny([uri], endpoint.uri),
          ),
        'dial.sip_uri',
        'is not an address of dial.sip_uris',
      );
    case 'loopback':
      return unless(
        NUMBER.test(endpoint.extension) &&
          endpoint.dialplan === 'XML' &&
          profile.loopback.some(
            ({ extension, context: name }) =>
              name === endpoint.context && matchesAny([extension], endpoint.extension),
          ),
        'dial.loopback',
        'is not an extension of dial.loopback, with its context and /XML',
      );
    case 'loopback_app':
      return refuse('dial.loopback_app', `${text} would run an application`);
    case 'error':
      return unless(
        profile.source.dial.errors && /^[A-Z_]{1,40}$/.test(endpoint.cause),
        'dial.error',
        'is not allowed: dial.errors is off',
      );
    case 'pickup':
      return checkOther('pickup', endpoint.key, text, context);
    case 'verto':
      return checkOther(endpoint.endpoint, endpoint.user, text, context);
    case 'other':
      return checkOther(endpoint.endpoint, endpoint.data, text, context);
  }
}

function checkDomain(domain: string | undefined, context: RuleContext): Checked {
  if (domain === undefined) return undefined;
  return DOMAIN.test(domain) && matchesAny(context.profile.domains, domain)
    ? undefined
    : refuse('dial.domain', `${shown(domain)} is not a domain of dial.domains`);
}

function checkOther(name: string, data: string, text: string, context: RuleContext): Checked {
  const known = context.profile.endpoints.some(
    ({ endpoint, data: pattern }) => endpoint === name && matchesAny([pattern], data),
  );
  return known ? undefined : refuse('dial.endpoint', `${text} is not of a kind in dial.endpoints`);
}

/** The tightest limit that holds for the dial string: of a gateway in it, or of the profile. */
function concurrencyOf(dialString: DialString, profileName: string, context: RuleContext): DialVerdict {
  const limits: Concurrency[] = [];
  const ofProfile = context.profile.source.dial.max_concurrent;
  if (ofProfile !== undefined) limits.push({ key: `dial:${profileName}`, max: ofProfile });
  for (const { endpoint } of legsOf(dialString)) {
    if (endpoint.type !== 'gateway') continue;
    const max = context.profile.gateways.get(endpoint.gateway)?.max;
    if (max !== undefined) limits.push({ key: `dial:${profileName}:gateway:${endpoint.gateway}`, max });
  }
  const [tightest] = limits.sort((a, b) => a.max - b.max);
  return tightest === undefined ? {} : { concurrency: tightest };
}
