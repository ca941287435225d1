import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import { isTrue } from '../../switch-config/truth.js';
import { childOf, childrenOf } from '../../switch-config/xml.js';
import type { XmlNode } from '../../switch-config/xml.js';
import type { Severity } from '../finding.js';
import type { Collector } from '../collector.js';

/** Applications by which the answer of a URL gets at the machine, or at everything. */
const DANGEROUS =
  /^(?:system|bgsystem|bg_system|spawn|lua|javascript|python3?|perl|java|managed|set_global|socket|bridge|transfer|execute_extension|originate|curl|eavesdrop|intercept)$/;

/** mod_httapi.c do_config(); its lists take their default from the <permission>, not from the list. */
export function checkHttapi(configuration: SwitchConfiguration, found: Collector): void {
  if (!configuration.loads('mod_httapi')) return;
  const profiles = childOf(configuration.configuration('httapi.conf'), 'profiles');
  for (const profile of childrenOf(profiles, 'profile')) {
    const name = profile.attributes.get('name') ?? '';
    const say = (severity: Severity, node: XmlNode, what: string): void => {
      found.add(
        'httapi-permissions',
        severity,
        configuration.placeOf(node),
        `httapi profile ${name}: ${what}`,
      );
    };
    for (const permission of childrenOf(childOf(profile, 'permissions'), 'permission')) {
      if (isTrue(permission.attributes.get('value'))) checkPermission(permission, say);
    }
  }
}

function checkPermission(
  permission: XmlNode,
  say: (severity: Severity, node: XmlNode, what: string) => void,
): void {
  switch (permission.attributes.get('name')?.toLowerCase() ?? '') {
    case 'all':
      say('error', permission, '"all" grants every permission.');
      break;
    case 'none':
      // memset(&profile->perms, none, …) with 1.
      say('error', permission, '"none" with the value true grants every permission; write false.');
      break;
    case 'execute-apps':
      executeApps(permission, say);
      break;
    case 'expand-vars':
      if (unlimited(permission, 'api-list')) {
        say('error', permission, 'expand-vars without an api-list that denies runs any API command in ${…}.');
      } else if (unlimited(permission, 'variable-list')) {
        say('warning', permission, 'expand-vars without a variable-list that denies reads every variable.');
      }
      break;
    case 'set-vars':
      if (unlimited(permission, 'variable-list')) {
        say(
          'error',
          permission,
          'set-vars without a variable-list that denies sets every variable, also those that run something (api_hangup_hook).',
        );
      }
      break;
    case 'get-vars':
      if (unlimited(permission, 'variable-list')) {
        say('note', permission, 'get-vars without a variable-list that denies reads every variable.');
      }
      break;
    case 'dial-full-originate':
      say('error', permission, 'dial-full-originate dials any dial string.');
      break;
    case 'dial-set-context':
    case 'dial-set-dialplan':
      say(
        'warning',
        permission,
        `${permission.attributes.get('name') ?? ''} lets a call go into any context.`,
      );
      break;
    default:
  }
}

function executeApps(
  permission: XmlNode,
  say: (severity: Severity, node: XmlNode, what: string) => void,
): void {
  if (unlimited(permission, 'application-list')) {
    say('error', permission, 'execute-apps without an application-list that denies runs every application.');
    return;
  }
  for (const application of childrenOf(childOf(permission, 'application-list'), 'application')) {
    const name = application.attributes.get('name') ?? '';
    if (application.attributes.get('type')?.toLowerCase() === 'deny' || !DANGEROUS.test(name)) continue;
    say('warning', application, `execute-apps allows the application ${name}.`);
  }
}

/** No list, or one that allows what it does not name. */
function unlimited(permission: XmlNode, list: string): boolean {
  if (childOf(permission, list) === undefined) return true;
  return permission.attributes.get('default')?.toLowerCase() === 'allow';
}
