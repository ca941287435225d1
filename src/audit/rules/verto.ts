import { lastOf } from '../../switch-config/configuration.js';
import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import { isTrue } from '../../switch-config/truth.js';
import { childOf, childrenOf } from '../../switch-config/xml.js';
import type { Place } from '../../switch-config/places.js';
import type { Collector } from '../collector.js';
import { isLoopback } from '../network-lists.js';

/** A Verto profile that anybody can call. */
export interface OpenVerto {
  readonly name: string;
  readonly context: string;
  readonly dialplan: string;
  readonly place: Place;
}

/** mod_verto.c: a login is asked for when there is userauth or a root-password; blind-reg lets unknown users in. */
export function checkVerto(configuration: SwitchConfiguration, found: Collector): OpenVerto[] {
  if (!configuration.loads('mod_verto')) return [];
  const open: OpenVerto[] = [];
  const profiles = childOf(configuration.configuration('verto.conf'), 'profiles');
  for (const node of childrenOf(profiles, 'profile')) {
    const params = configuration.params(node);
    const binds = params.filter(({ name }) => name.toLowerCase() === 'bind-local');
    if (binds.length === 0 || binds.every(({ value }) => isLoopback(value))) continue;
    const name = node.attributes.get('name') ?? '';
    const userAuth = lastOf(params, 'userauth')?.value ?? '';
    const root = lastOf(params, 'root-password')?.value ?? '';
    const blind = lastOf(params, 'blind-reg');
    const none = userAuth === '' && root === '';
    if (!none && !isTrue(blind?.value)) continue;
    const place = none ? configuration.placeOf(node) : (blind?.place ?? configuration.placeOf(node));
    const what = none ? 'asks for no login' : 'has blind-reg';
    found.add('verto-without-auth', 'error', place, `Verto profile ${name} ${what}.`);
    open.push({
      name,
      place,
      context: lastOf(params, 'context')?.value || 'default',
      dialplan: lastOf(params, 'dialplan')?.value || 'XML',
    });
  }
  return open;
}
