import type { CallerProfile } from '../caller-profile.js';
import { toCause } from '../cause.js';
import type { Channel } from '../channel.js';
import type { Core } from '../core.js';
import { NOBODY_THERE } from '../endpoints/behaviour.js';
import { newCalleeChannel } from '../endpoints/callee.js';
import { newLoopbackChannel } from '../endpoints/loopback.js';
import { channelScope, expandIn, type ExpansionScope } from '../expansion.js';
import { fromBytes, toInteger } from '../text.js';
import { NamedValues } from '../variables.js';
import type { DialLeg } from './dial-string.js';
import type { OriginateOptions, OriginateResult } from './originate.js';

/** A new leg, or why there is none. */
export type Outgoing = { readonly channel: Channel } | { readonly cause: string };

export interface OutgoingRequest {
  readonly core: Core;
  readonly caller: Channel | undefined;
  readonly leg: DialLeg;
  readonly profile: CallerProfile;
  /** The variables of `{}` and `[]` together. */
  readonly variables: NamedValues;
  /** Several legs are tried: a user's own dial string must not block. */
  readonly forked: boolean;
  readonly timeoutSeconds: number;
  readonly originate: (core: Core, options: OriginateOptions) => Promise<OriginateResult>;
}

/** switch_core_session_outgoing_channel: by the name of the endpoint. */
export async function makeOutgoing(request: OutgoingRequest): Promise<Outgoing> {
  const { core, caller, leg, profile, variables } = request;
  switch (leg.endpoint.toLowerCase()) {
    case 'loopback':
      return { channel: newLoopbackChannel(core, caller, leg.target, profile, variables) };
    case 'error':
      return { cause: toCause(leg.target) };
    case 'user':
      return dialUser(request);
    case 'group':
      return dialGroup(request);
    case 'sofia':
      return dialSip(request);
    case 'null':
      return {
        channel: newCalleeChannel(core, `null/${leg.target}`, { kind: 'answers' }, profile, variables),
      };
    default:
      return { cause: 'CHAN_NOT_IMPLEMENTED' };
  }
}

function dialSip({ core, leg, profile, variables }: OutgoingRequest): Outgoing {
  const slash = leg.target.indexOf('/');
  if (slash < 0) return { cause: 'INVALID_URL' };
  const name = leg.target.slice(0, slash);
  let target = leg.target.slice(slash + 1);
  let gateway: string | undefined;
  if (name.toLowerCase() === 'gateway') {
    const next = target.indexOf('/');
    gateway = next < 0 ? target : target.slice(0, next);
    target = next < 0 ? '' : target.slice(next + 1);
  }
  const behaviour = core.callees({
    profile: fromBytes(name),
    target: fromBytes(target),
    ...(gateway !== undefined && { gateway: fromBytes(gateway) }),
  });
  if (behaviour === undefined) {
    if (gateway !== undefined && !core.configuration.gateways.has(gateway))
      return { cause: 'INVALID_GATEWAY' };
    if (gateway === undefined && !core.configuration.sipProfiles.has(name))
      return { cause: 'INVALID_PROFILE' };
  }
  profile.destinationNumber = target;
  profile.calleeIdNumber = target.replace(/@.*$/s, '');
  const channelName = gateway === undefined ? `sofia/${name}/${target}` : `sofia/internal/${target}`;
  return { channel: newCalleeChannel(core, channelName, behaviour ?? NOBODY_THERE, profile, variables) };
}

/** mod_dptools' `user`: dials the user's own dial string, and waits for it unless several legs are tried. */
async function dialUser(request: OutgoingRequest): Promise<Outgoing> {
  const { core, caller, leg, variables } = request;
  const at = leg.target.indexOf('@');
  const id = at < 0 ? leg.target : leg.target.slice(0, at);
  const domain =
    at < 0 ? (core.globals.get('domain') ?? core.globals.get('local_ip_v4') ?? '') : leg.target.slice(at + 1);
  const user = core.configuration.users.find((each) => each.id === id && each.domain === domain);
  if (user === undefined) return { cause: 'SUBSCRIBER_ABSENT' };
  const own = copy(variables);
  own.set('dialed_user', id);
  own.set('dialed_domain', domain);
  own.set('presence_id', `${id}@${domain}`);
  if (user.dialString === undefined) return { cause: 'MANDATORY_IE_MISSING' };
  caller?.setVariable('dialed_user', id);
  caller?.setVariable('dialed_domain', domain);
  const scope: ExpansionScope =
    caller === undefined
      ? { core, channel: undefined, lookUp: (name) => own.get(name) ?? core.globals.get(name) }
      : channelScope(caller);
  const dialString = expandIn(scope, user.dialString);
  if (dialString.includes(`user/${id}`)) return { cause: 'INVALID_IE_CONTENTS' };
  const timeout = caller?.getVariable('call_timeout') ?? own.get('leg_timeout') ?? own.get('call_timeout');
  const result = await request.originate(core, {
    caller,
    dialString,
    timeoutSeconds: timeout === undefined ? 60 : toInteger(timeout),
    variables: own,
    profile: request.profile,
    blocks: !request.forked,
  });
  if (!result.ok) return { cause: result.cause };
  for (const [name, value] of user.variables) result.channel.setVariable(name, value);
  return { channel: result.channel };
}

async function dialGroup(request: OutgoingRequest): Promise<Outgoing> {
  const { core, leg } = request;
  const [name = '', domain = core.globals.get('domain') ?? ''] = leg.target.split('@');
  const members = core.configuration.users.filter(
    (user) => user.groups.includes(name) && user.domain === domain,
  );
  if (members.length === 0) return { cause: 'NO_ROUTE_DESTINATION' };
  const result = await request.originate(core, {
    caller: request.caller,
    dialString: members.map((user) => `user/${user.id}@${user.domain}`).join(','),
    timeoutSeconds: request.timeoutSeconds,
    variables: copy(request.variables),
    profile: request.profile,
    blocks: true,
  });
  return result.ok ? { channel: result.channel } : { cause: result.cause };
}

export function copy(variables: NamedValues): NamedValues {
  const result = new NamedValues();
  for (const [name, value] of variables) result.set(name, value);
  return result;
}
