import { lastOf } from '../switch-config/configuration.js';
import type { Param, SwitchConfiguration } from '../switch-config/configuration.js';
import type { Place } from '../switch-config/places.js';
import { isTrue } from '../switch-config/truth.js';
import { childOf, childrenOf } from '../switch-config/xml.js';
import type { XmlNode } from '../switch-config/xml.js';
import { isLoopback, listNamed } from './network-lists.js';
import type { NetworkList } from './network-lists.js';

export interface SipProfile {
  readonly name: string;
  readonly place: Place;
  readonly context: string;
  readonly dialplan: string;
  /** `auth-calls`: who is in none of its lists is asked for a password. */
  readonly authCalls: boolean;
  readonly blindAuth: Param | undefined;
  readonly blindRegistration: Param | undefined;
  readonly acls: readonly ProfileAcl[];
  /** It listens on the machine's own address only. */
  readonly local: boolean;
  readonly gateways: readonly Gateway[];
}

export interface ProfileAcl extends Param {
  readonly list: string;
  readonly state: 'open' | 'closed' | 'unknown';
  /** Where those go who pass, and those who don't, when it is said. */
  readonly passContext: string | undefined;
  readonly failContext: string | undefined;
}

export interface Gateway {
  readonly name: string;
  readonly place: Place;
  /** Where its calls go; a caller who knows the name gets there too (`sip:gw+name@…`, sofia.c). */
  readonly context: string | undefined;
  /** The number that its calls are for; undefined: the one that they ask for. */
  readonly extension: string | undefined;
}

/** The SIP profiles as mod_sofia reads them (sofia.c config_sofia). */
export function sipProfiles(
  configuration: SwitchConfiguration,
  lists: ReadonlyMap<string, NetworkList>,
): SipProfile[] {
  const profiles = childOf(configuration.configuration('sofia.conf'), 'profiles');
  return childrenOf(profiles, 'profile').map((node) => readProfile(configuration, node, lists));
}

function readProfile(
  configuration: SwitchConfiguration,
  node: XmlNode,
  lists: ReadonlyMap<string, NetworkList>,
): SipProfile {
  const params = configuration.params(childOf(node, 'settings'));
  const truth = (name: string): boolean => isTrue(lastOf(params, name)?.value);
  const when = (name: string): Param | undefined => (truth(name) ? lastOf(params, name) : undefined);
  const aclOnly = truth('auth-calls-acl-only');
  return {
    name: node.attributes.get('name') ?? '',
    place: configuration.placeOf(node),
    context: lastOf(params, 'context')?.value ?? 'default',
    dialplan: lastOf(params, 'dialplan')?.value ?? 'XML',
    authCalls: truth('auth-calls'),
    // With auth-calls-acl-only who is in no list is refused before.
    blindAuth: aclOnly || !truth('auth-calls') ? undefined : when('accept-blind-auth'),
    blindRegistration: when('accept-blind-reg'),
    acls: readAcls(params, lists),
    local: isLoopback(lastOf(params, 'sip-ip')?.value ?? ''),
    gateways: childrenOf(childOf(node, 'gateways'), 'gateway').map((gateway) =>
      readGateway(configuration, gateway),
    ),
  };
}

function readAcls(params: readonly Param[], lists: ReadonlyMap<string, NetworkList>): ProfileAcl[] {
  let acls: ProfileAcl[] = [];
  for (const param of params) {
    if (param.name.toLowerCase() !== 'apply-inbound-acl' || param.value === '') continue;
    if (param.value.toLowerCase() === 'none') {
      acls = [];
      continue;
    }
    const [list = '', pass, fail] = param.value.split(':');
    acls.push({
      ...param,
      list,
      state: listNamed(list, lists),
      passContext: pass || undefined,
      failContext: fail || undefined,
    });
  }
  return acls;
}

function readGateway(configuration: SwitchConfiguration, node: XmlNode): Gateway {
  const params = configuration.params(node);
  const extension = lastOf(params, 'extension')?.value;
  const asked = extension === 'auto' || extension === 'auto_to_user';
  return {
    name: node.attributes.get('name') ?? '',
    place: configuration.placeOf(node),
    context: lastOf(params, 'context')?.value,
    extension: asked ? undefined : (extension ?? lastOf(params, 'username')?.value),
  };
}
