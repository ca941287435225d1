import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import { childOf, childrenOf, findChild } from '../../switch-config/xml.js';
import type { XmlNode } from '../../switch-config/xml.js';
import { matcherOf } from '../language/match.js';
import { fixed, valueIn } from './value.js';
import type { Captures } from './expand.js';

/** What a choice of an IVR menu runs. */
export interface MenuChoice {
  readonly application: string;
  readonly data: string;
  readonly captures: Captures;
  readonly node: XmlNode;
}

/** The choices of a menu and of those below it (mod_dptools.c ivr_application_function, switch_ivr_menu.c). */
export function choicesOf(configuration: SwitchConfiguration, menu: string): MenuChoice[] {
  const menus = childOf(configuration.configuration('ivr.conf'), 'menus');
  const found: MenuChoice[] = [];
  const seen = new Set<string>();
  const queue = [menu];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const node of childrenOf(findChild(menus, 'menu', 'name', name), 'entry')) {
      const action = node.attributes.get('action') ?? '';
      const param = node.attributes.get('param') ?? '';
      if (action === 'menu-sub') queue.push(param);
      if (action !== 'menu-exec-app') continue;
      const [application = '', ...rest] = param.split(' ');
      const digits = node.attributes.get('digits') ?? '';
      found.push({ application, data: rest.join(' '), captures: capturesOf(digits), node });
    }
  }
  return found;
}

/** `digits` may be an expression: `/^(10[01][0-9])$/`. */
function capturesOf(digits: string): Captures {
  if (!digits.startsWith('/')) return () => fixed('');
  const matcher = matcherOf(digits);
  return (group) => valueIn(matcher.capture(group, matcher.matches), 'caller', `$${group}`);
}
