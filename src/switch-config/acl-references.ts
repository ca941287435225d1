import type { Param, SwitchConfiguration } from './configuration.js';
import type { Place } from './places.js';
import { childOf, childrenOf } from './xml.js';

/** A parameter that names a network list. */
export interface AclReference {
  /** As it is written there: a list of acl.conf.xml, one of FreeSWITCH's own (`loopback.auto`), or a CIDR. */
  readonly list: string;
  readonly parameter: string;
  /** What it belongs to, in words: `SIP profile internal`. */
  readonly owner: string;
  readonly place: Place;
}

/** sofia.c config_sofia(); `none` empties what stood before. */
const SOFIA = [
  'apply-inbound-acl',
  'apply-register-acl',
  'apply-proxy-acl',
  'apply-nat-acl',
  'apply-candidate-acl',
  'local-network-acl',
];
const VERTO = ['apply-candidate-acl', 'local-network', 'apply-connection-acl'];

/** Every network list that a configuration names somewhere. */
export function aclReferences(configuration: SwitchConfiguration): AclReference[] {
  const found: AclReference[] = [];
  const collect = (params: readonly Param[], names: readonly string[], owner: string): void => {
    for (const { name, value, place } of params) {
      const parameter = name.toLowerCase();
      if (!names.includes(parameter) || value === '' || value.toLowerCase() === 'none') continue;
      // On a SIP profile `list:pass-context:fail-context` may stand there.
      const list =
        parameter === 'apply-inbound-acl' && owner.startsWith('SIP') ? value.split(':', 1)[0] : value;
      found.push({ list: list ?? value, parameter, owner, place });
    }
  };
  for (const profile of childrenOf(
    childOf(configuration.configuration('sofia.conf'), 'profiles'),
    'profile',
  )) {
    const owner = `SIP profile ${profile.attributes.get('name') ?? ''}`;
    collect(configuration.params(childOf(profile, 'settings')), SOFIA, owner);
  }
  for (const profile of childrenOf(
    childOf(configuration.configuration('verto.conf'), 'profiles'),
    'profile',
  )) {
    collect(configuration.params(profile), VERTO, `Verto profile ${profile.attributes.get('name') ?? ''}`);
  }
  collect(configuration.settings('event_socket.conf'), ['apply-inbound-acl'], 'the Event Socket');
  collect(configuration.settings('xml_rpc.conf'), ['apply-inbound-acl'], 'XML-RPC');
  return found;
}
